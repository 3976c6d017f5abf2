"""Who may ask for what."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from indexer.errors import BertrieveError
from search.server.context import Shared
from search.server.keys import Scope

__all__ = ["READ", "WRITE", "ForbiddenError", "UnauthorisedError"]


class UnauthorisedError(BertrieveError):
    """Answered 401."""


class ForbiddenError(BertrieveError):
    """Answered 403."""


_bearer = HTTPBearer(auto_error=False, description="A key made by `bertrieve keys add`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class _Allowed:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def __call__(self, request: Request, context: Shared, credentials: Credentials) -> None:
        keys = context.settings.keys
        if keys is None:
            return
        key = keys.find(credentials.credentials) if credentials else None
        if key is None:
            raise UnauthorisedError("a valid API key is needed: Authorization: Bearer btr_…")
        request.state.key = key.id
        context.rate.take(key.id)
        if self._scope not in key.scopes:
            raise ForbiddenError(f"the key {key.id} has no scope {self._scope}")


READ, WRITE = Depends(_Allowed("read")), Depends(_Allowed("write"))

"""What is settled before a request is understood: whom it is for, where it comes from, how long it is.

A pure ASGI layer outside everything else: a body is counted as it arrives, and never held beyond the limit.
"""

import asyncio
import json
import logging
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search.server.metrics import Metrics
from search.server.settings import Settings

__all__ = ["Guard", "error_body"]

access = logging.getLogger("bertrieve.access")


def error_body(kind: str, sentence: str) -> dict[str, Any]:
    """The one form that every error has."""
    return {"error": {"type": kind, "message": sentence}}


class _RefusedError(Exception):
    def __init__(self, status: int, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.kind = status, kind


class Guard:
    """Refuses what isn't for this server or is too large; logs and counts every request."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app, self._settings, self._metrics = app, settings, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        scope.setdefault("state", {})

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            _require_known_host(scope, self._settings)
            _require_one_length(scope)
            body = await self._body(scope, receive)
            await self._app(scope, _replayed(body, receive), observed)
        except _RefusedError as error:
            await _answer(observed, error)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        most = self._settings.max_body
        stated = _header(scope, b"content-length") or "0"
        if stated.isdigit() and int(stated) > most:
            raise _too_large(most)
        try:
            async with asyncio.timeout(self._settings.body_seconds):
                return await _collected(receive, most)
        except TimeoutError:
            raise _RefusedError(408, "timeout", "the request's body took too long to arrive") from None

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        # The route's pattern, never the path: a path is the client's text, and without end.
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.observe(scope["method"], route, status, seconds)
        record = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "key": scope["state"].get("key", ""),
        }
        if self._settings.log_questions and "question" in scope["state"]:
            record["question"] = scope["state"]["question"]
        access.info(json.dumps(record, ensure_ascii=False))


def _require_known_host(scope: Scope, settings: Settings) -> None:
    host = _header(scope, b"host") or ""
    if _without_port(host).lower() not in settings.hosts:
        raise _RefusedError(
            421, "wrong_host", "this server doesn't go by that name; see --host-name of bertrieve serve"
        )
    origin = _header(scope, b"origin")
    own = (f"http://{host}", f"https://{host}")
    if origin is not None and origin not in (*own, *settings.origins):
        raise _RefusedError(403, "wrong_origin", "pages of that origin may not ask; see --origin")


def _require_one_length(scope: Scope) -> None:
    # A proxy in front may go by the other one, and take a request's end for the next request.
    if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}:
        raise _RefusedError(
            400, "invalid_request", "a body has a Content-Length or comes in chunks, not both"
        )


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


async def _collected(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _RefusedError(400, "disconnected", "the client went away")
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(most: int) -> _RefusedError:
    return _RefusedError(413, "too_large", f"the request's body is larger than {most:,} bytes")


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _header(scope: Scope, name: bytes) -> str | None:
    """A header; "" where it comes more than once, so that two can't be told apart by two readers."""
    found = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    if not found:
        return None
    return found[0] if len(found) == 1 else ""


async def _answer(send: Send, error: _RefusedError) -> None:
    body = json.dumps(error_body(error.kind, str(error))).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    # What is left of the body isn't read: the connection can't be used again.
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

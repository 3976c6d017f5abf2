"""API keys: a small file of hashes. A key is 32 random bytes, so one SHA-256 is as good as a slow hash."""

import hashlib
import hmac
import json
import os
import secrets
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock

from indexer.errors import BertrieveError, UsageError

__all__ = ["Key", "KeyFile", "Scope"]

Scope = Literal["read", "write"]


@dataclass(frozen=True, slots=True)
class Key:
    """What the file knows of a key: not the key itself.

    digest   SHA-256 of the whole key, hexadecimal
    created  ISO 8601, UTC
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    digest: str
    created: str


class KeyFile:
    """The keys in a file that only its owner can read. A change is seen by a running server at once.

    Raises BertrieveError where the file can't be read as keys.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._loading = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._keys: dict[str, Key] = {}

    def keys(self) -> list[Key]:
        """All keys, in order of creation."""
        with self._loading:
            self._refresh()
            return list(self._keys.values())

    def find(self, presented: str) -> Key | None:
        """The key that was presented, or None where it is unknown or revoked."""
        with self._loading:
            self._refresh()
            found = self._keys.get(presented.split("_")[1] if presented.count("_") == 2 else "")
        digest = _digest(presented)
        return found if found and hmac.compare_digest(found.digest, digest) else None

    def add(self, name: str, scopes: Sequence[Scope] = ("read",)) -> str:
        """A new key, which is shown this once. Raises UsageError for a scope there isn't."""
        if unknown := set(scopes) - set(get_args(Scope)):
            raise UsageError(f"there is no scope {min(unknown)!r}; it is one of {', '.join(get_args(Scope))}")
        key_id = secrets.token_hex(4)
        # Hexadecimal, so that "_" only ever parts the three.
        key = f"btr_{key_id}_{secrets.token_hex(32)}"
        created = datetime.now(UTC).isoformat(timespec="seconds")
        with self._changing():
            self._write([*self.keys(), Key(key_id, name, tuple(scopes), _digest(key), created)])
        return key

    def revoke(self, key_id: str) -> None:
        """Remove a key. Raises UsageError where there is none with that id."""
        with self._changing():
            kept = [key for key in self.keys() if key.id != key_id]
            if len(kept) == len(self.keys()):
                raise UsageError(f"there is no key {key_id!r}; bertrieve keys list shows them")
            self._write(kept)

    def _changing(self) -> FileLock:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.path.with_name(f"{self.path.name}.lock"))

    def _refresh(self) -> None:
        try:
            status = self.path.stat()
            stamp = status.st_mtime_ns, status.st_ino
            if stamp != self._stamp:
                self._keys = {row["id"]: _key(row) for row in json.loads(self.path.read_bytes())["keys"]}
                self._stamp = stamp
        except FileNotFoundError:
            self._keys, self._stamp = {}, None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BertrieveError(
                f"{self.path} can't be read as a file of keys ({error}); remove it and add the keys again"
            ) from error

    def _write(self, keys: list[Key]) -> None:
        # mkstemp makes it readable by its owner alone, before anything stands in it.
        number, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump({"keys": [asdict(key) for key in keys]}, file, indent=1)
        Path(name).replace(self.path)


def _key(row: dict[str, Any]) -> Key:
    return Key(**{**row, "scopes": tuple(row["scopes"])})


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

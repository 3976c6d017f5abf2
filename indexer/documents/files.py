"""Opening a file that may be anything: a device, a pipe, gone, growing, or larger than memory."""

import os
import stat
from pathlib import Path

from indexer.errors import DocumentError

__all__ = ["MAX_BYTES", "head", "load"]

MAX_BYTES = 200_000_000

# Opening a FIFO without a writer would wait for ever. Regular files ignore the flag; Windows has neither.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def load(path: Path) -> bytes:
    """The whole file, at most `MAX_BYTES` bytes.

    Raises DocumentError: "too large", or "failed" when it is not a regular file, can't be opened,
    or changed while it was being read.
    """
    return _read(path, MAX_BYTES)


def head(path: Path, size: int = 8192) -> bytes:
    """The first `size` bytes; raises as `load` does."""
    return _read(path, MAX_BYTES, size)


def _read(path: Path, limit: int, size: int = -1) -> bytes:
    try:
        # Not even opened when it is a device: opening a tape or a terminal can have effects.
        _check_regular(path.stat())
        with os.fdopen(os.open(path, _OPEN_FLAGS), "rb") as file:
            before = os.fstat(file.fileno())
            _check_regular(before)
            if before.st_size > limit:
                raise DocumentError(
                    f"the file has {before.st_size:,} bytes and at most {limit:,} are read; split it",
                    "too large",
                )
            data = file.read(limit + 1 if size < 0 else size)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise DocumentError(f"the file can't be opened: {error.strerror or error}") from None
    except ValueError as error:  # a path with a NUL in it
        raise DocumentError(f"the path can't be opened: {error}") from None
    if size < 0 and (len(data) != before.st_size or before.st_mtime_ns != after.st_mtime_ns):
        raise DocumentError("the file changed while it was being read; index again once it is finished")
    return data


def _check_regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise DocumentError("this is a folder, not a file", "unsupported")
    if not stat.S_ISREG(status.st_mode):
        raise DocumentError("this is a device, pipe or socket, not a regular file", "unsupported")

"""A folder -> the files in it, and what is passed over with its reason."""

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.selection import Selection

__all__ = ["TOOL_FOLDERS", "Found", "discover", "discover_at", "shown"]

# Folders that tools keep for themselves: no document of anyone's.
TOOL_FOLDERS = {".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".bertrieve"}


@dataclass(frozen=True, slots=True)
class Found:
    r"""A file below the folder, or something passed over.

    where        its full path; `file` is the same as a Path, which takes longer to make than to find
    path         relative to the folder, "/" between its parts on every system; as `shown`
    excluded     why it is passed over; "" for a file to index
    size         bytes
    modified_ns  time of the last change, nanoseconds since 1970
    """

    where: str
    path: str
    excluded: str = ""
    size: int = 0
    modified_ns: int = 0

    @property
    def file(self) -> Path:
        return Path(self.where)


UNLISTED = "the folder can't be listed"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def shown(name: str) -> str:
    r"""A name as people get it: bytes that aren't UTF-8, and control characters, are written as \xNN."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda at: f"\\x{ord(at[0]):02x}", text)


def discover(folder: Path, index: Path, selection: Selection | None = None) -> Iterator[Found]:
    """All that lies below `folder`, in order of path; `index` itself, if it lies there, is left out.

    `selection` and the folder's own ignore files say what is passed over besides tools' folders.

    Links are never followed: one to a file of the folder would be that file twice, and others lead
    out of it. Pipes, sockets and devices are never opened.
    """
    yield from _below(folder, "", index.resolve(), selection or Selection())


def discover_at(
    folder: Path, index: Path, selection: Selection | None, paths: Iterable[str]
) -> Iterator[Found]:
    """What of that stands at `paths`, and below them; where a folder on the way is passed over, that folder.

    paths  relative to the folder, with "/" between their parts
    """
    for path in paths:
        yield from _at(folder, path, index.resolve(), selection or Selection())


def _at(folder: Path, path: str, index: Path, selection: Selection) -> Iterator[Found]:
    prefix = ""
    for name in path.split("/"):
        selection = selection.within(folder, prefix)
        folder = folder / name
        if folder.is_symlink() or not folder.is_dir():
            # What would lie below a file or a link is no file of the folder.
            if prefix + name == path and os.path.lexists(folder):
                yield _file(folder, str(folder), path, selection)
            return
        if folder.resolve() == index:
            return
        prefix += f"{name}/"
        if reason := _no_documents(folder) or selection.refusal(prefix):
            yield Found(str(folder), prefix, excluded=reason)
            return
    yield from _below(folder, prefix, index, selection)


def _below(folder: Path, prefix: str, index: Path, selection: Selection) -> Iterator[Found]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Found(str(folder), prefix, excluded=f"{UNLISTED} ({error.strerror})")
        return
    selection = selection.within(folder, prefix)
    for entry in entries:
        path = prefix + shown(entry.name)
        if entry.is_dir(follow_symlinks=False):
            if Path(entry.path).resolve() == index:
                continue
            reason = _no_documents(Path(entry.path)) or selection.refusal(f"{path}/")
            if reason:
                yield Found(entry.path, f"{path}/", excluded=reason)
            else:
                yield from _below(Path(entry.path), f"{path}/", index, selection)
        else:
            yield _file(entry, entry.path, path, selection)


def _no_documents(folder: Path) -> str:
    """Why a folder holds no documents for us; "" where it can."""
    if folder.name in TOOL_FOLDERS:
        return "a tool's own folder"
    if not os.access(folder, os.R_OK | os.X_OK):
        return f"{UNLISTED} ({os.strerror(errno.EACCES)})"
    if (folder / "metadata.sqlite").is_file() and (folder / "LOCK").exists():
        return "an index"
    return ""


def _file(entry: os.DirEntry[str] | Path, where: str, path: str, selection: Selection) -> Found:
    if reason := selection.refusal(path):
        return Found(where, path, excluded=reason)
    if entry.is_symlink():
        return Found(where, path, excluded="a link; index the place it leads to")
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Found(where, path, excluded=f"can't be looked at ({error.strerror})")
    if not stat.S_ISREG(found.st_mode):
        return Found(where, path, excluded="not a regular file")
    return Found(where, path, size=found.st_size, modified_ns=found.st_mtime_ns)

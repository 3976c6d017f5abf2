"""The folder against the ledger: all of its files, or those that a few changed paths can matter to.

A file's fate hangs on the files of the same content alone: the first of them is indexed, the others are its
copies, and a file that moved is found by its content. So where some paths have changed, they and all files
that share a content with them, as they were or as they are, come out as a comparison of everything would
have it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import xxhash

from indexer.discovery import Found, shown
from indexer.ledger import Ledger
from indexer.store import Writer
from indexer.uncollected import uncollected

__all__ = ["Compared", "compare_all", "compare_changed"]

# More changed paths than this are no quicker to follow one by one.
MANY = 1_000

EXCLUDED = "excluded"


@dataclass(frozen=True)
class Compared:
    """Files that were looked at, and what the ledger says of them.

    found     each, whatever it is
    contents  those that hold or may hold a document, with the XXH3-128 of their bytes; in order of path
    """

    ledger: Ledger
    found: list[Found] = field(default_factory=list)
    contents: list[tuple[Found, bytes]] = field(default_factory=list)

    def look_at(self, found: Iterable[Found]) -> None:
        """Settle what is passed over and what is as it was; take up the contents of the rest."""
        for at in found:
            self.found.append(at)
            if at.excluded:
                self.ledger.note(at, EXCLUDED, at.excluded)
            elif content := self.ledger.known_content(at):
                self.contents.append((at, content))
            elif self.ledger.as_it_was(at):
                self.ledger.keep(at)
            else:
                try:
                    self.contents.append((at, _file_hash(at.file)))
                except OSError as error:
                    # -1: looked at again next time, for what may be read changes no size and no time.
                    closed = replace(at, modified_ns=-1)
                    self.ledger.note(closed, "failed", f"it can't be opened ({error.strerror})")


@uncollected()
def compare_all(writer: Writer, folder: str, found: Iterable[Found], *, ocr: bool) -> Compared:
    """All files of a folder."""
    compared = Compared(Ledger(folder, ocr=ocr))
    compared.ledger.admit(writer.known())
    compared.look_at(found)
    return compared


def compare_changed(
    writer: Writer,
    folder: str,
    paths: Iterable[str],
    look: Callable[[Iterable[str]], Iterable[Found]],
    *,
    ocr: bool,
) -> Compared | None:
    """The files at `paths` and below, and those of the same contents; None where all must be compared.

    paths  relative to the folder, as in `Found.path`
    look   says what stands at paths now: `discover_at`
    """
    compared = Compared(Ledger(folder, ocr=ocr))
    seen: set[str] = set()
    asked: set[bytes] = set()
    todo = set(paths)
    while todo:
        seen |= todo
        # A name that isn't UTF-8, or holds a control character, can't be looked up as it is shown.
        if len(seen) > MANY or any("\\x" in shown(path) or "\ufffd" in path for path in todo):
            return None
        here = {at.path: at for at in look(todo)}
        known = writer.known_at(folder, todo | _outer_folders(todo) | {path.rstrip("/") for path in here})
        compared.ledger.admit(known)
        looked_at = {at.path for at in compared.found}
        compared.look_at(at for path, at in here.items() if path not in looked_at)
        contents = {content for _, content in compared.contents} | compared.ledger.contents()
        same = writer.known_as(contents - asked)
        asked |= contents
        compared.ledger.admit_elsewhere(same.documents)
        todo = {at.path for at in same.rows if at.folder == folder}
        todo |= {at.path for at in same.documents if at.folder == folder}
        # A folder that was passed over and no longer is: all of it counts as changed.
        todo |= {row.path[:-1] for row in known.rows if row.path.endswith("/") and row.path not in here}
        todo -= seen | compared.ledger.known_paths()
    compared.contents.sort(key=lambda at: at[0].path.split("/"))
    return compared


def _outer_folders(paths: Iterable[str]) -> set[str]:
    """Every folder above `paths`, as the ledger names one that is passed over: "a/b/c" -> "a/", "a/b/"."""
    return {path[: at + 1] for path in paths for at, mark in enumerate(path) if mark == "/"}


def _file_hash(file: Path) -> bytes:
    digest = xxhash.xxh3_128()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.digest()

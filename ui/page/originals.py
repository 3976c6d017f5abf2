"""The file that a document was made from: whether it is still the same, and its bytes.

Only a document of the index has one, and only under the path that the index itself has: nothing that a
person or an address names is ever opened.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from indexer.store import DocumentRow

__all__ = ["Original", "original_of"]

State = Literal["same", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Original:
    """`path` is None where the document never was a file of its own: a collection's, or an attachment's."""

    path: Path | None
    state: State

    def read(self) -> bytes:
        """The file's bytes. Raises OSError."""
        return self.path.read_bytes() if self.path is not None else b""


def original_of(document: DocumentRow) -> Original:
    """Where a document's file is and whether it has changed since it was indexed."""
    if not document.folder:
        return Original(None, "same")
    path = Path(document.folder, document.path)
    try:
        now = path.stat()
    except OSError:
        # What is attached to a mail has a path that goes on behind the mail's own.
        return (
            Original(None, "same")
            if any(above.is_file() for above in path.parents)
            else Original(path, "gone")
        )
    same = (now.st_size, now.st_mtime_ns) == (document.size, document.modified_ns)
    return Original(path, "same" if same and path.is_file() else "changed")

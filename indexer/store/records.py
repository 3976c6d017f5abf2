"""What goes into the store and comes out of it: plain, frozen rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from indexer.store.certificate import Certificate

__all__ = [
    "Changes",
    "DocumentRow",
    "IndexInfo",
    "LedgerRow",
    "NewDocument",
    "NewPassage",
    "PassageRow",
    "StoredDocument",
    "stored",
    "vector_bytes",
    "vectors_from",
]


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage to store. `content_hash` (16 bytes) covers all that is embedded or worded, so equal
    hashes mean equal vectors and equal words."""

    start: int
    end: int
    text: str
    prefix: str
    tokens: int
    page: int | None
    heading: tuple[str, ...]
    line: int | None
    last_line: int | None
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to store under (folder, path), in place of the one that stands there.

    vectors  `(len(passages), dim)` float32 or float16, unit rows
    """

    folder: str
    path: str
    size: int
    modified_ns: int
    content_hash: bytes
    title: str
    pages: int | None
    metadata: Mapping[str, str]
    passages: tuple[NewPassage, ...]
    vectors: NDArray[Any]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document's row, without its passages."""

    id: int
    folder: str
    path: str
    size: int
    modified_ns: int
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as it is told about. `size` in bytes; `modified_ns` since 1970; `passages` counts them."""

    id: int
    folder: str
    path: str
    title: str
    size: int
    modified_ns: int
    pages: int | None
    passages: int


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What became of one file. `size` (bytes) and `modified_ns` tell whether it has changed since;
    `content_hash` (XXH3-128, b"" where it was not opened) which other files are its copies."""

    folder: str
    path: str
    status: str
    reason: str = ""
    passages: int = 0
    pages: int | None = None
    tokens: int = 0
    size: int = 0
    modified_ns: int = 0
    content_hash: bytes = b""


@dataclass(frozen=True, slots=True)
class Changes:
    """One commit: all of it is seen, or none.

    moved    document id -> its row as it is now; its passages stay as they are
    removed  document ids
    ledger   rows to write, in place of those under the same folder and path
    forgotten  (folder, path) of ledger rows to drop
    """

    documents: tuple[NewDocument, ...] = ()
    moved: tuple[StoredDocument, ...] = ()
    removed: tuple[int, ...] = ()
    ledger: tuple[LedgerRow, ...] = ()
    forgotten: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage with its document, as a hit needs it. What was embedded is `prefix + text`.

    kind, language  of the document, "" where it has none; modified_ns is 0 then
    """

    id: int
    document_id: int
    folder: str
    path: str
    title: str
    start: int
    end: int
    page: int | None
    heading: tuple[str, ...]
    line: int | None
    last_line: int | None
    text: str
    prefix: str
    kind: str
    language: str
    modified_ns: int


class PassageText(NamedTuple):
    """A passage without its place, for those that only have to be compared."""

    id: int
    document_id: int
    text: str


Row = TypeVar("Row", StoredDocument, DocumentRow, LedgerRow, PassageRow)


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """The state of an index, for people.

    bytes        its size on disk, by part
    certificate  of the compressed vectors; None where all are searched exactly
    """

    path: str
    generation: int
    documents: int
    passages: int
    tokens: int
    segments: int
    recent: int
    deleted: int
    encoder: Mapping[str, Any]
    statuses: Mapping[str, int]
    bytes: Mapping[str, int] = field(default_factory=dict)
    certificate: Certificate | None = None


def stored(kind: type[Row], row: Mapping[Any, Any]) -> Row:
    """A record of what a table's row holds under the record's names."""
    return kind(*[row[name] for name in kind.__match_args__])


def vector_bytes(vectors: NDArray[Any]) -> list[bytes]:
    """Each row as little-endian float16 bytes, as SQLite holds it."""
    return [row.tobytes() for row in np.ascontiguousarray(vectors).astype("<f2")]


def vectors_from(rows: list[bytes], dimension: int) -> NDArray[np.float32]:
    """`(n, dim)` float32 from what `vector_bytes` made."""
    return np.frombuffer(b"".join(rows), "<f2").reshape(-1, dimension).astype(np.float32)

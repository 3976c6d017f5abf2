"""A document that was read, on its way to the rows of the index."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xxhash
from numpy.typing import NDArray

from indexer.discovery import Found
from indexer.documents import Document
from indexer.passages import Passage
from indexer.store import LedgerRow, NewDocument, NewPassage

__all__ = ["INDEXED", "Pending", "settled_time", "unwritable", "whole_passage"]

INDEXED = "indexed"

# A file changed this recently may change again within the clock's grain: it is hashed again next time.
FRESH_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Pending:
    """A read document that waits for its vectors and its commit."""

    folder: str
    found: Found
    content_hash: bytes
    document: Document
    passages: tuple[NewPassage, ...]

    @classmethod
    def of(
        cls, folder: str, found: Found, content_hash: bytes, document: Document, passages: list[Passage]
    ) -> "Pending":
        """Of the passages that a document was split into."""
        return cls(
            folder, found, content_hash, document, tuple(_new_passage(document, at) for at in passages)
        )

    def texts(self) -> dict[bytes, str]:
        """Content hash -> what is embedded, of each passage."""
        return {passage.content_hash: passage.prefix + passage.text for passage in self.passages}

    def row(self) -> LedgerRow:
        """What the ledger says of it."""
        return LedgerRow(
            folder=self.folder,
            path=self.found.path,
            status=INDEXED,
            reason="; ".join(self.document.gaps),
            passages=len(self.passages),
            pages=self.document.pages,
            tokens=sum(passage.tokens for passage in self.passages),
            size=self.found.size,
            modified_ns=settled_time(self.found),
            content_hash=self.content_hash,
        )

    def with_vectors(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> NewDocument:
        """What is stored of it. `vectors`: content hash -> `(dim,)` float32, for every passage."""
        return NewDocument(
            folder=self.folder,
            path=self.found.path,
            size=self.found.size,
            modified_ns=self.found.modified_ns,
            content_hash=self.content_hash,
            title=self.document.title,
            pages=self.document.pages,
            metadata=self.document.metadata,
            passages=self.passages,
            vectors=np.stack([vectors[passage.content_hash] for passage in self.passages]),
        )


def _new_passage(document: Document, passage: Passage) -> NewPassage:
    covered = "\0".join((document.title, *passage.heading, passage.prefix, passage.text))
    return NewPassage(
        **{name: getattr(passage, name) for name in Passage.__slots__},
        content_hash=xxhash.xxh3_128_digest(covered.encode()),
    )


def settled_time(found: Found) -> int:
    """The time to compare with in the next run; -1, which no file has, while the file is fresh."""
    return -1 if time.time_ns() - found.modified_ns < FRESH_NS else found.modified_ns


def unwritable(document: Document) -> str:
    """Why a document can't be stored; "" if it can."""
    try:
        "".join((document.title, document.text, *document.metadata, *document.metadata.values())).encode()
    except UnicodeEncodeError:
        return "its text holds half a character (a lone surrogate); write it as whole characters"
    return ""


def whole_passage(document: Document) -> Passage:
    """A document as one passage, however long."""
    prefix = f"{document.title}\n" if document.title else ""
    return Passage(0, len(document.text), document.text, prefix, tokens=0)

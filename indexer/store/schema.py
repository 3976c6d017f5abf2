"""The SQLite tables: the one place that says what an index holds, and how a damaged row is told.

SQLite has no checksums of its own: a flipped bit changes a text, or makes a row vanish, without a word. So a
row that is read alone carries a CRC over its other columns, and a table that a reader loads as a whole has
the fold of its ids in the settings (`indexer.store.state`). JSON is kept as text, so that it is only read
once its row is known to be whole.
"""

import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

__all__ = [
    "FORMAT",
    "crc_of",
    "crc_of_values",
    "dead_vectors",
    "dead_words",
    "documents",
    "fields",
    "intact",
    "ledger",
    "passages",
    "recent_vectors",
    "sealed",
    "segments",
    "settings",
    "tables",
]

# Raised when a released version can no longer read what this one writes.
FORMAT = 3

tables = MetaData()


def _crc() -> Column[int]:
    return Column("crc", Integer, nullable=False)


# A JSON value each, by the names in `indexer.store.state`.
settings = Table(
    "settings",
    tables,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
    _crc(),
)

documents = Table(
    "documents",
    tables,
    Column("id", Integer, primary_key=True),
    Column("folder", String, nullable=False),  # absolute path of the indexed folder; "" for a collection
    Column("path", String, nullable=False),  # relative to the folder, with "/" on every system
    Column("size", Integer, nullable=False, index=True),
    Column("modified_ns", Integer, nullable=False, index=True),
    Column("content_hash", LargeBinary, nullable=False, index=True),  # XXH3-128 of the file's bytes
    Column("title", String, nullable=False),
    Column("pages", Integer),
    Column("metadata", String, nullable=False),  # JSON object
    Column("kind", String, nullable=False, index=True),  # `fields.kind_of` the path
    Column("language", String, nullable=False, index=True),  # `fields.language_of` the metadata
    _crc(),
    UniqueConstraint("folder", "path"),
)

# What a filter finds documents by, each value compared without case: see `indexer.store.fields`.
fields = Table(
    "fields",
    tables,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("folded", String, primary_key=True),
    Column("value", String, nullable=False),
    Column("number", Float),  # where the value is one
    Column("listed", Boolean, nullable=False),  # whether people see it among the values; else a whole list
    Index("ix_fields_name_folded", "name", "folded"),
    sqlite_with_rowid=False,
)

# Ids are never given out twice: FAISS and tantivy know a passage by its id alone.
passages = Table(
    "passages",
    tables,
    Column("id", Integer, primary_key=True),
    Column("document_id", ForeignKey("documents.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("page", Integer),
    Column("heading", String, nullable=False),  # JSON list
    Column("line", Integer),
    Column("last_line", Integer),
    Column("text", String, nullable=False),
    Column("prefix", String, nullable=False),
    Column("tokens", Integer, nullable=False),
    # XXH3-128 of all that is embedded or worded
    Column("content_hash", LargeBinary, nullable=False, index=True),
    _crc(),
    # With the page, so that a filter never reads the texts.
    Index("ix_passages_document_id", "document_id", "page"),
    Index("ix_passages_ordinal", "document_id", "ordinal"),
)

# Vectors that no segment holds yet.
recent_vectors = Table(
    "recent_vectors",
    tables,
    Column("passage_id", ForeignKey("passages.id"), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float16, little-endian
    _crc(),
)

segments = Table(
    "segments",
    tables,
    Column("id", Integer, primary_key=True),
    Column("first", Integer, nullable=False),  # passage ids lie in first..last
    Column("last", Integer, nullable=False),
    Column("vectors", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("checksum", LargeBinary, nullable=False),  # XXH3-128 of the file
    Column("moments", LargeBinary, nullable=False),  # see vectors.Moments
    _crc(),
)

# Passages that are gone from `passages` and still stand in a segment; in the lexical index.
dead_vectors = Table("dead_vectors", tables, Column("passage_id", Integer, primary_key=True))
dead_words = Table("dead_words", tables, Column("passage_id", Integer, primary_key=True))

# What became of every file that was found.
ledger = Table(
    "ledger",
    tables,
    Column("folder", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("status", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("pages", Integer),
    Column("tokens", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("modified_ns", Integer, nullable=False),
    # As of the document; b"" where the file was not opened. Copies are found by it.
    Column("content_hash", LargeBinary, nullable=False, index=True),
    _crc(),
)


def crc_of(table: Table, row: Mapping[Any, Any]) -> int:
    """CRC-32 of a row's values, `crc` itself left out."""
    return crc_of_values([row[name] for name in _covered(table)])


def crc_of_values(row: Iterable[Any]) -> int:
    """The same of its values in the order of the table's columns."""
    # A vector's bytes written out would take six times as long. In brackets, for no bytes are not 0.
    values = [[zlib.crc32(value)] if isinstance(value, bytes) else value for value in row]
    return zlib.crc32(repr(values).encode("utf-8", "backslashreplace"))


@cache
def _covered(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column.name != "crc")


def sealed(table: Table, row: Mapping[Any, Any]) -> dict[str, Any]:
    """The row with its CRC, ready to insert."""
    return {**row, "crc": crc_of(table, row)}


def intact(table: Table, row: Mapping[Any, Any]) -> bool:
    """Whether a row's CRC holds."""
    return bool(row["crc"] == crc_of(table, row))

"""The SQLite tables: the one place that says what an index holds."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
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
    "deletions",
    "documents",
    "ledger",
    "passages",
    "recent_vectors",
    "segments",
    "settings",
    "tables",
]

# Raised when a released version can no longer read what this one writes.
FORMAT = 1

tables = MetaData()

# "format", "encoder", "analyser", "generation": one JSON value each.
settings = Table(
    "settings", tables, Column("key", String, primary_key=True), Column("value", JSON, nullable=False)
)

documents = Table(
    "documents",
    tables,
    Column("id", Integer, primary_key=True),
    Column("folder", String, nullable=False),  # absolute path of the indexed folder; "" for a collection
    Column("path", String, nullable=False),  # relative to the folder, with "/" on every system
    Column("size", Integer, nullable=False),
    Column("modified_ns", Integer, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),  # XXH3-128 of the file's bytes
    Column("title", String, nullable=False),
    Column("pages", Integer),
    Column("metadata", JSON, nullable=False),
    UniqueConstraint("folder", "path"),
    Index("documents_by_content", "content_hash"),
    sqlite_autoincrement=True,
)

# Ids are never given out twice (AUTOINCREMENT): FAISS and tantivy know a passage by its id alone.
passages = Table(
    "passages",
    tables,
    Column("id", Integer, primary_key=True),
    Column("document_id", ForeignKey("documents.id"), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("page", Integer),
    Column("heading", JSON, nullable=False),
    Column("line", Integer),
    Column("text", String, nullable=False),
    Column("prefix", String, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("crc", Integer, nullable=False),  # CRC-32 of prefix and text
    Column(
        "content_hash", LargeBinary, nullable=False, index=True
    ),  # XXH3-128 of all that is embedded or worded
    Column("segment_id", ForeignKey("segments.id"), index=True),  # NULL: the vector is in recent_vectors
    sqlite_autoincrement=True,
)

recent_vectors = Table(
    "recent_vectors",
    tables,
    Column("passage_id", ForeignKey("passages.id"), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float16, little-endian
    Column("crc", Integer, nullable=False),
)

segments = Table(
    "segments",
    tables,
    Column("id", Integer, primary_key=True),
    Column("vectors", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("checksum", LargeBinary, nullable=False),  # XXH3-128 of the file
    Column("moments", LargeBinary, nullable=False),  # see vectors.Moments
    sqlite_autoincrement=True,
)

# Passages that are gone from `passages` and still stand in a segment, or in the lexical index.
deletions = Table(
    "deletions",
    tables,
    Column("passage_id", Integer, primary_key=True),
    Column("segment_id", ForeignKey("segments.id"), index=True),
    Column("in_lexical", Boolean, nullable=False),
)

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
)

"""The index folder: SQLite as the truth, FAISS and tantivy derived from it. Knows no model and no parser."""

from indexer.store.certificate import Certificate
from indexer.store.facets import Facets
from indexer.store.filters import Filter
from indexer.store.known import Known
from indexer.store.lexical import Wording
from indexer.store.location import default_index
from indexer.store.reader import Reader, View
from indexer.store.records import (
    Changes,
    DocumentRow,
    IndexInfo,
    LedgerRow,
    NewDocument,
    NewPassage,
    PassageRow,
    PassageText,
    StoredDocument,
)
from indexer.store.scripts import Script
from indexer.store.vectors import Moments, Ranked
from indexer.store.writer import Writer

__all__ = [
    "Certificate",
    "Changes",
    "DocumentRow",
    "Facets",
    "Filter",
    "IndexInfo",
    "Known",
    "LedgerRow",
    "Moments",
    "NewDocument",
    "NewPassage",
    "PassageRow",
    "PassageText",
    "Ranked",
    "Reader",
    "Script",
    "StoredDocument",
    "View",
    "Wording",
    "Writer",
    "default_index",
]

"""What the index says of files: of all, of those at some paths, of those with some contents."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Table, or_, select

from indexer.errors import DamagedIndexError
from indexer.store.records import LedgerRow, StoredDocument
from indexer.store.rows import batches
from indexer.store.schema import crc_of_values, documents, ledger

__all__ = ["Known", "known", "known_as", "known_at", "load"]

Kind = TypeVar("Kind", LedgerRow, StoredDocument)


@dataclass(frozen=True, slots=True)
class Known:
    """Rows of the ledger, and documents, of any folder."""

    rows: list[LedgerRow]
    documents: list[StoredDocument]


def known(connection: Connection) -> Known:
    """All. Raises DamagedIndexError for a wrong CRC, as the others do."""
    return Known(load(connection, LedgerRow), load(connection, StoredDocument))


def known_at(connection: Connection, folder: str, paths: Iterable[str]) -> Known:
    """Those at `paths` of one folder, and below."""
    found = Known([], [])
    for path in sorted(paths):
        found.rows.extend(load(connection, LedgerRow, *_at(ledger, folder, path)))
        found.documents.extend(load(connection, StoredDocument, *_at(documents, folder, path)))
    return found


def known_as(connection: Connection, contents: Iterable[bytes]) -> Known:
    """Those with a content hash of `contents`, in all folders."""
    found = Known([], [])
    for batch in batches(sorted(contents)):
        found.rows.extend(load(connection, LedgerRow, ledger.c.content_hash.in_(batch)))
        found.documents.extend(load(connection, StoredDocument, documents.c.content_hash.in_(batch)))
    return found


def load(connection: Connection, kind: type[Kind], *where: ColumnElement[bool]) -> list[Kind]:
    """Rows as records. They are read by position: by name, 50,000 of them take twice as long."""
    table = ledger if kind is LedgerRow else documents
    covered = [column for column in table.columns if column.name != "crc"]
    names = [column.name for column in covered]
    pick = itemgetter(*map(names.index, kind.__match_args__))
    found = []
    for *values, crc in connection.execute(select(*covered, table.c.crc).where(*where)):
        if crc != crc_of_values(values):
            raise DamagedIndexError(f"a row of {table.name} is damaged; run bertrieve check --repair")
        found.append(kind(*pick(values)))
    return found


def _at(table: Table, folder: str, path: str) -> tuple[ColumnElement[bool], ...]:
    # Between "path" and "path0" lie also "path-1" and "path.txt", which are no part of it ("0" comes after
    # "/"): one range is found by the index, and so is looked through in no time.
    own = or_(table.c.path == path, table.c.path >= f"{path}/")
    return table.c.folder == folder, table.c.path >= path, table.c.path < f"{path}0", own

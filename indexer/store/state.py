"""What the settings table holds: format, encoder, and the state that every commit moves on."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from indexer.errors import DamagedIndexError, FormatVersionError
from indexer.store.folder import Folder, not_yet, readable
from indexer.store.schema import FORMAT, intact, sealed, settings

__all__ = ["State", "fold", "load_ids", "put_setting", "read_settings", "read_state"]

KEYS = ("format", "encoder", "analyser", "lexical", "questions", "certificate", "state")


@dataclass(slots=True)
class State:
    """What one commit leaves to the next, and what a reader holds the tables against.

    generation  raised by every commit: the same generation is the same index
    documents, passages, segments  the last id given out; none is given out twice
    folds       table name -> fold of its ids, for each table that readers load as a whole
    """

    generation: int = 0
    documents: int = 0
    passages: int = 0
    segments: int = 0
    folds: dict[str, int] = field(default_factory=dict)

    def add(self, table: Table, ids: Iterable[int]) -> None:
        """Rows were added to `table`."""
        self.folds[table.name] = (self.folds.get(table.name, 0) + fold(ids)) % 2**64

    def remove(self, table: Table, ids: Iterable[int]) -> None:
        """Rows were removed from `table`."""
        self.folds[table.name] = (self.folds.get(table.name, 0) - fold(ids)) % 2**64


def fold(ids: Iterable[int] | NDArray[np.int64]) -> int:
    """The sum of the ids' hashes modulo 2⁶⁴: adding and removing need no look at the others.

    >>> (fold([1, 2]) + fold([3])) % 2**64 == fold([3, 2, 1])
    True
    """
    values = np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), np.int64).view(np.uint64)
    mixed = (values + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return int((mixed ^ (mixed >> np.uint64(32))).sum(dtype=np.uint64))


def load_ids(connection: Connection, table: Table, state: State) -> NDArray[np.int64]:
    """All ids of a table, `(n,)` int64, ascending. Raises DamagedIndexError where rows are lost or wrong."""
    key = next(iter(table.primary_key.columns))
    ids = np.array(connection.scalars(select(key).order_by(key)).all(), np.int64)
    if fold(ids) != state.folds.get(table.name, 0):
        raise DamagedIndexError(
            f"the table {table.name} does not hold the rows that were written; run bertrieve check --repair"
        )
    return ids


def read_settings(connection: Connection, folder: Folder) -> dict[str, Any]:
    """All settings of an index of this format.

    Raises NotAnIndexError where no commit was ever made, FormatVersionError, DamagedIndexError.
    """
    with readable(folder):
        if not connection.scalar(text("SELECT count(*) FROM sqlite_master")):
            raise not_yet(folder)
        # By itself and before any CRC: another format may have other columns.
        written = connection.scalar(select(settings.c.value).where(settings.c.key == "format"))
        if written not in (json.dumps(FORMAT), None):
            raise FormatVersionError(
                f"the index {folder.root} has format {written}, this bertrieve reads {FORMAT}; "
                "use the version that made it, or remove it and index again"
            )
        rows = {row["key"]: row for row in connection.execute(select(settings)).mappings()}
        wrong = [key for key in KEYS if key not in rows or not intact(settings, rows[key])]
    if wrong:
        raise DamagedIndexError(
            f"{folder.metadata} is damaged: its settings {', '.join(wrong)} can't be trusted; "
            f"restore it from a backup, or remove {folder.root} and index again"
        )
    return {key: json.loads(rows[key]["value"]) for key in KEYS}


def read_state(connection: Connection, folder: Folder) -> State:
    """The state alone: what a reader asks before each question. Raises DamagedIndexError."""
    with readable(folder):
        row = connection.execute(select(settings).where(settings.c.key == "state")).mappings().first()
        if row and intact(settings, row):
            return State(**json.loads(row["value"]))
    raise DamagedIndexError(f"{folder.metadata} is damaged: its state is lost; run bertrieve check --repair")


def put_setting(connection: Connection, key: str, value: Any) -> None:
    """Write one setting; a State is written as its fields."""
    plain = asdict(value) if isinstance(value, State) else value
    row = sealed(settings, {"key": key, "value": json.dumps(plain)})
    put = upsert(settings).values(row)
    connection.execute(put.on_conflict_do_update(index_elements=["key"], set_=row))

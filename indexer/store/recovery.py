"""The lexical index in step with the rows, wherever the last writer was stopped.

A lexical index that can't be trusted is made anew in a folder of its own, which the settings name once it is
complete: readers stay with the old one until then.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from indexer.errors import DamagedIndexError
from indexer.store.analysis import ANALYSER
from indexer.store.folder import Folder, sync_folder
from indexer.store.lexical import LexicalWriter, remove_lexical
from indexer.store.rows import Rows, words_of_rows
from indexer.store.schema import passages
from indexer.store.state import put_setting
from indexer.store.words import verify

__all__ = ["create_lexical", "lexical_in_step", "lexical_setting"]


def lexical_setting(number: int, checksum: str = "") -> dict[str, Any]:
    """The setting "lexical": which folder, and the checksum of its meta.json, "" while that changes."""
    return {"folder": number, "checksum": checksum}


def create_lexical(folder: Folder, number: int) -> LexicalWriter:
    """A new lexical index, empty and on disk."""
    path = folder.lexical(number)
    remove_lexical(path)  # what was being made when a writer was stopped
    path.mkdir(parents=True)
    lexical = LexicalWriter(path)
    lexical.commit()
    for at in (path, path.parent, folder.root):
        sync_folder(at)
    return lexical


def lexical_in_step(folder: Folder, rows: Rows, found: dict[str, Any]) -> LexicalWriter:
    """The lexical index that the settings `found` name, without words of rows that were never committed; or
    where it is damaged, lacks a passage or was made of other words, a new one."""
    number = found["lexical"]["folder"]
    if found["analyser"] == ANALYSER:
        lexical = _opened(folder.lexical(number), found["lexical"]["checksum"])
        if lexical is not None and _in_step(lexical, rows):
            return lexical
    return _made_anew(folder, rows, number + 1)


def _opened(path: Path, checksum: str) -> LexicalWriter | None:
    try:
        # Merging damaged files would give the damage a sound checksum.
        verify(path, checksum)
        return LexicalWriter(path)
    except (DamagedIndexError, ValueError, OSError):
        return None


def _in_step(lexical: LexicalWriter, rows: Rows) -> bool:
    lexical.remove_above(rows.state.passages)
    lexical.commit()
    live = rows.connection.scalar(select(func.count()).select_from(passages)) or 0
    return live <= lexical.count() <= live + len(rows.dead_words())


def _made_anew(folder: Folder, rows: Rows, number: int) -> LexicalWriter:
    lexical = create_lexical(folder, number)
    lexical.add(words_of_rows(rows.connection))
    lexical.commit()
    rows.forget_dead_words(rows.dead_words())
    put_setting(rows.connection, "analyser", ANALYSER)
    put_setting(rows.connection, "lexical", lexical_setting(number))
    rows.finish()
    return lexical

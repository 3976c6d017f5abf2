"""The scripts that an index is written in: which passages, and where their vectors lie.

Models of many languages put passages of one language side by side: with multilingual-e5-small every Chinese
passage is nearer to a Chinese question than the right English one. What is left when the mean of their script
is taken off is what they are about.
"""

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from indexer.store.analysis import script_of
from indexer.store.schema import documents, passages
from indexer.store.snapshot import Snapshot

__all__ = ["Script", "scripts_of"]

SAMPLE = 2_000  # vectors that a mean is taken of: it is off by 1/45 of their deviation


@dataclass(frozen=True, slots=True)
class Script:
    """What of an index is written in one script.

    name    as `analysis.script_of` gives it
    ids     `(n,)` int64, ascending, of its passages
    mean    `(dim,)` float32, of their vectors
    sample  the text of one of them
    """

    name: str
    ids: NDArray[np.int64]
    mean: NDArray[np.float32]
    sample: str


def scripts_of(connection: Connection, snapshot: Snapshot) -> tuple[Script, ...]:
    """The scripts of an index; none where there is only one, as a text of each language tells."""
    firsts = select(func.min(documents.c.id)).group_by(documents.c.language)
    begins = select(documents.c.language, passages.c.text).join_from(documents, passages)
    begins = begins.where(documents.c.id.in_(firsts), passages.c.ordinal == 0)
    text_of = {row.language: row.text for row in connection.execute(begins)}
    written: dict[str, list[str]] = {}
    for language, text in text_of.items():
        written.setdefault(script_of(text), []).append(language)
    written.pop("", None)
    if len(written) < 2:
        return ()
    return tuple(
        _script(connection, snapshot, name, languages, text_of[languages[0]])
        for name, languages in written.items()
    )


def _script(
    connection: Connection, snapshot: Snapshot, name: str, languages: list[str], sample: str
) -> Script:
    own = select(func.json_group_array(passages.c.id)).select_from(passages.join(documents))
    found = connection.scalar(own.where(documents.c.language.in_(languages))) or "[]"
    ids = np.sort(np.array(json.loads(found), np.int64))
    some = ids[np.linspace(0, len(ids) - 1, min(len(ids), SAMPLE)).astype(np.int64)]
    return Script(name, ids, snapshot.vectors(some).mean(axis=0), sample)

"""Compressing the vectors of an index, and measuring what a search of them finds."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from indexer.store.certificate import Compression
from indexer.store.certifying import SAMPLE, certify, compression, exact_scores
from indexer.store.codes import TRAINING, Effort, build_codes, lists_for, write_codes
from indexer.store.folder import Folder, in_place, readable, usable
from indexer.store.schema import passages
from indexer.store.snapshot import Snapshot
from indexer.store.vectors import checksum

__all__ = ["compress"]


def compress(
    connection: Connection, folder: Folder, number: int, ask: Callable[[Sequence[str]], NDArray[np.float32]]
) -> Compression:
    """New codes of all live vectors, on disk, and what was measured with them; nothing names them yet.

    number  of their folder, which isn't there
    ask     as `Writer.certify` takes it; what it raises goes through

    Raises DamagedIndexError where rows or files are damaged, IndexFolderError where nothing can be written.
    """
    with readable(folder):
        snapshot = Snapshot(connection, folder, None)
        ids, chosen = snapshot.live, np.random.default_rng(number)
        lists = lists_for(len(ids))
        sample = chosen.choice(ids, min(len(ids), lists * TRAINING), replace=False)
        codes = build_codes(snapshot.vectors(np.sort(sample)), snapshot.blocks(), lists)
        asked = chosen.choice(ids, min(len(ids), SAMPLE), replace=False)
        own = select(passages.c.id, passages.c.text).where(passages.c.id.in_(asked.tolist()))
        texts: dict[int, str] = {row[0]: row[1] for row in connection.execute(own)}
    questions = np.ascontiguousarray(ask([texts[at] for at in asked.tolist()]), np.float32)

    def search(at: int, depth: int, effort: Effort) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        found = snapshot.approximate(questions[at], depth, codes, effort)
        return found.scores, codes.widths(questions[at], found.ids)

    certified = certify(search, exact_scores(snapshot.blocks(), questions))
    with usable(folder):
        # Last, so that meanwhile `check` finds no file that nothing names.
        path = in_place(folder.codes(number), partial(write_codes, codes=codes))
        return compression(codes, number, checksum(path).hex(), snapshot.last, certified)

"""Compressed vectors: which of very many passages are worth comparing exactly.

An inverted file (IVF) groups the vectors around centroids. RaBitQ (Gao and Long 2024) keeps of each what sets
it apart from its centroid, here two bits of every number, and factors that make the estimated inner product
unbiased: 150 bytes for 384 dimensions, 768 as float16. A search reads the lists nearest to its question.
"""

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.store.vectors import BLOCK, cosines, only, read_whole, write_index

__all__ = ["TRAINING", "Codes", "Effort", "Reach", "build_codes", "lists_for", "write_codes"]

BITS = 2  # of each number of a vector; with 1, four times as many have to be compared exactly
QUESTION_BITS = 4  # a number of the question is rounded to; 8 find no more, 2 find less
TRAINING = 32  # vectors that a centroid is made from
MOST = 0.5  # the share of all codes that a search reads at most: in so many, the exact one is as fast


@dataclass(frozen=True, slots=True)
class Effort:
    """How much one search looks at.

    width       lists are read that are no farther behind the nearest, in units of √(how far the cosine of the
                question with the nearest centroid stands above its mean with all)
    candidates  so many passages in them are compared exactly
    """

    width: float
    candidates: int


@dataclass(frozen=True, slots=True)
class Reach:
    """The passages that a search may find.

    selector  a faiss.IDSelector
    counts    `(lists,)` how many of them each list holds
    """

    selector: Any
    counts: NDArray[np.int64]


class Codes:
    """Compressed vectors of many passages, that never change, in memory or mapped from a file.

    lists  how many there are
    last   the highest passage id in them
    """

    def __init__(self, index: Any, quantizer: Any = None) -> None:
        self._index = index
        self._owned = quantizer  # an index made in Python does not own it
        self.lists: int = index.nlist
        flat = faiss.downcast_index(index.quantizer)
        self._centroids: NDArray[np.float32] = flat.reconstruct_n(0, self.lists)
        ids = [self._ids_in(number) for number in range(self.lists)]
        self.last = max((int(own.max()) for own in ids if len(own)), default=-1)
        self._sizes = np.array([len(own) for own in ids], np.int64)
        self._list_of = np.full(self.last + 1, self.lists, np.int32)  # of a passage id; `lists` for none
        for number, own in enumerate(ids):
            self._list_of[own] = number

    @classmethod
    def open(cls, path: Path, expected: bytes) -> "Codes":
        """Map a file whose XXH3-128 is `expected`. Raises DamagedIndexError as `read_whole` does."""
        return read_whole(path, expected, cls)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def reach(self, ids: NDArray[np.int64]) -> Reach:
        """Of a search for the ascending `(n,)` ids up to `last`, n > 0; some may not be here."""
        counts = np.bincount(self._list_of[ids], minlength=self.lists + 1)[: self.lists]
        return Reach(only(ids), counts)

    def candidates(self, question: NDArray[np.float32], effort: Effort, reach: Reach) -> NDArray[np.int64]:
        """`(n,)` int64: the passages that seem nearest to a `(dim,)` vector, in no order.

        Lists are taken from the nearest on, until they hold enough passages *that may be found*: of all n,
        the share that the lists within the effort's width hold. The fewer may be found, the farther apart the
        nearest of them lie, and the more are about as near, so a search for m under a filter, or among many
        deleted, looks further: width and candidates are √(n/m) times as large, and the share is one of √(nm).
        """
        faiss.omp_set_num_threads(1)  # see Segment.search
        scores = cosines(self._centroids, question)
        lists = np.argsort(-scores)
        lists = lists[reach.counts[lists] > 0].astype(np.int64)
        if not len(lists):
            return np.empty(0, np.int64)
        behind, counts = _behind(scores)[lists], reach.counts[lists]
        found = int(counts.sum())
        fewer = math.sqrt(len(self) / found)
        depth = min(found, round(effort.candidates * fewer))
        within = int(np.searchsorted(behind, behind[0] + np.float32(effort.width * fewer), side="right"))
        share = min(MOST, int(self._sizes[lists[:within]].sum()) / len(self))
        wanted = max(depth, share * len(self) / fewer)
        lists = lists[: int(np.searchsorted(np.cumsum(counts), wanted)) + 1]
        parameters: Any = faiss.IVFRaBitQSearchParameters()
        parameters.nprobe, parameters.sel, parameters.qb = len(lists), reach.selector, QUESTION_BITS
        estimates, ids = np.empty(depth, np.float32), np.empty(depth, np.int64)
        near, question = (np.ascontiguousarray(at, np.float32) for at in (scores[lists], question))
        given = (faiss.swig_ptr(at) for at in (lists, near, estimates, ids))
        # FAISS's own wrapper takes no parameters here.
        self._index.search_preassigned_c(1, faiss.swig_ptr(question), depth, *given, False, parameters)
        return ids[ids >= 0]

    def widths(self, question: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """`(n,)` float32: the least width of an effort that reads the lists of the passages `ids`."""
        return _behind(cosines(self._centroids, question))[self._list_of[ids]]

    def _ids_in(self, number: int) -> NDArray[np.int64]:
        lists = self._index.invlists
        size = lists.list_size(number)
        # Mapped lists are read in place, others likewise.
        ids: NDArray[np.int64] = faiss.rev_swig_ptr(lists.get_ids(number), size) if size else _NONE
        return ids


_NONE = np.empty(0, np.int64)


def _behind(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(lists,)` float32: how far each list is behind the nearest, as `Effort.width` counts it.

    By the gap itself, questions with much near them read too much; in units of how far the nearest stands
    out, those with little. Between the two, in units of its root, least is read for the same share found.
    """
    best, mean = float(scores.max()), float(scores.mean())
    behind: NDArray[np.float32] = (np.float32(best) - scores) / np.float32(math.sqrt(max(best - mean, 1e-9)))
    return behind


def lists_for(count: int) -> int:
    """How many lists so many vectors get: 4√n. Half as many take half the time to make, and a search for as
    much reads a fifth more."""
    return max(1, round(4 * math.sqrt(count)))


def build_codes(
    sample: NDArray[np.float32], blocks: Iterable[tuple[NDArray[np.int64], NDArray[np.float32]]], lists: int
) -> Codes:
    """Codes in memory of blocks of (ids, `(n, dim)` vectors); the centroids are those of a `sample` of them.

    The same from the same, on any number of threads but for rounding.
    """
    dimension = sample.shape[1]
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    means = faiss.Kmeans(
        dimension,
        lists,
        niter=8,
        spherical=True,
        seed=1,
        min_points_per_centroid=1,
        max_points_per_centroid=TRAINING,
    )
    means.train(sample)
    quantizer = faiss.IndexFlatIP(dimension)
    quantizer.add(np.asarray(means.centroids, np.float32))
    index = faiss.IndexIVFRaBitQ(quantizer, dimension, lists, faiss.METRIC_INNER_PRODUCT, True, BITS)
    index.train(sample[:BLOCK])
    for ids, vectors in blocks:
        index.add_with_ids(vectors, ids)
    return Codes(index, quantizer)


def write_codes(path: Path, codes: Codes) -> None:
    """Write codes, as `write_index` does."""
    write_index(path, codes._index)

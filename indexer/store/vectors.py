"""Vectors in FAISS: immutable segment files, and the exact search over them.

A segment is one FAISS file: an IndexIDMap over a flat float16 index, inner product. Vectors are unit
length, so a score is a cosine. Rounding to float16 moves a cosine by less than 0.0005.
"""

import errno
import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, TypeVar

import faiss
import numpy as np
import xxhash
from numpy.typing import NDArray

from indexer.errors import DamagedIndexError

__all__ = [
    "Moments",
    "Ranked",
    "Segment",
    "all_but",
    "best_of",
    "build_segment",
    "checksum",
    "cosines",
    "merge_segments",
    "only",
    "read_whole",
    "write_index",
    "write_segment",
]


BLOCK = 10_000  # vectors that are float32 at a time
READ = 5_000  # vectors that are read one by one


@dataclass(frozen=True, slots=True)
class Ranked:
    """Passages with a score each, best first, ties in order of id.

    ids     `(n,)` int64
    scores  `(n,)` float32, higher is better
    """

    ids: NDArray[np.int64]
    scores: NDArray[np.float32]

    @classmethod
    def none(cls) -> "Ranked":
        """Nothing found."""
        return cls(np.empty(0, np.int64), np.empty(0, np.float32))

    @classmethod
    def of(cls, ids: NDArray[np.int64], scores: NDArray[np.float32], k: int) -> "Ranked":
        """The best `k` of any ids and scores."""
        order = np.lexsort((ids, -scores))[:k]
        return cls(ids[order], scores[order])

    def where(self, kept: NDArray[np.bool_]) -> "Ranked":
        """The same order without those that aren't `kept`."""
        return Ranked(self.ids[kept], self.scores[kept])


Kind = TypeVar("Kind")
Alive = Callable[[NDArray[np.int64]], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over a set of vectors, from which a question's mean score and its deviation follow exactly.

    For the scores s = Vq of all n vectors: mean = q·Σv/n, mean square = qᵀ(Σvvᵀ)q/n.

    count  n
    sum    `(dim,)` float64, Σv
    outer  `(dim, dim)` float64, Σvvᵀ
    """

    count: int
    sum: NDArray[np.float64]
    outer: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> "Moments":
        """The moments of `(n, dim)` vectors; n may be 0."""
        outer = (vectors.T @ vectors).astype(np.float64)
        return cls(len(vectors), vectors.sum(axis=0, dtype=np.float64), outer)

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.count + other.count, self.sum + other.sum, self.outer + other.outer)

    def __sub__(self, other: "Moments") -> "Moments":
        return Moments(self.count - other.count, self.sum - other.sum, self.outer - other.outer)

    def of_scores(self, question: NDArray[np.float32]) -> tuple[float, float]:
        """Mean and standard deviation of the scores of all vectors for a `(dim,)` question."""
        if self.count == 0:
            return 0.0, 0.0
        q = question.astype(np.float64)
        mean = float(q @ self.sum) / self.count
        return mean, max(0.0, float(q @ self.outer @ q) / self.count - mean * mean) ** 0.5

    def to_bytes(self) -> bytes:
        """float32, little-endian: n excluded, sum, then outer row by row."""
        return np.concatenate([self.sum, self.outer.ravel()]).astype("<f4").tobytes()

    @classmethod
    def from_bytes(cls, count: int, data: bytes, dimension: int) -> "Moments":
        """The way back from `to_bytes`."""
        values = np.frombuffer(data, "<f4").astype(np.float64)
        return cls(count, values[:dimension], values[dimension:].reshape(dimension, dimension))


class Segment:
    """A set of vectors that never changes, in memory or mapped from a file.

    ids        `(n,)` int64, ascending
    dimension  length of a vector
    """

    def __init__(self, index: Any, flat: Any = None) -> None:
        self._index = index
        self._owned = flat  # an IndexIDMap made in Python does not own the index in it
        flat = faiss.downcast_index(index.index)
        self.ids: NDArray[np.int64] = faiss.vector_to_array(index.id_map)
        self.dimension: int = index.d
        # Read in place: FAISS makes a decoder for each vector it reconstructs, 2 µs.
        codes = (
            faiss.rev_swig_ptr(flat.codes.data(), len(self.ids) * flat.code_size) if len(self.ids) else b""
        )
        self._file: FileIO | None = None
        self._begin = 0
        self._rows = np.frombuffer(codes, "<f2").reshape(-1, self.dimension)

    @classmethod
    def open(cls, path: Path, expected: bytes) -> "Segment":
        """Map a segment file whose XXH3-128 is `expected`. Raises DamagedIndexError as `read_whole` does."""
        segment = read_whole(path, expected, cls)
        segment._read_from(path)
        return segment

    def _read_from(self, path: Path) -> None:
        """Read a few vectors at a time from the file itself: with each page of a mapping that is touched, the
        system maps the fifteen around it, and soon all of a large file counts as this process's memory."""
        if not hasattr(os, "pread"):
            return
        # FAISS writes the vectors, then how many ids there are, then the ids.
        begin = path.stat().st_size - self.ids.nbytes - 8 - self._rows.nbytes
        file = path.open("rb", buffering=0)
        ends = (0, len(self) - 1) if len(self) else ()
        size = 2 * self.dimension
        if all(os.pread(file.fileno(), size, begin + at * size) == self._rows[at].tobytes() for at in ends):
            self._file, self._begin = file, begin
            weakref.finalize(self, file.close)

    def __len__(self) -> int:
        return len(self.ids)

    def search(self, question: NDArray[np.float32], k: int, selector: Any = None) -> "Ranked":
        """The best `k` of the passages that `selector` (a faiss.IDSelector) lets through."""
        if len(self) == 0:
            return Ranked.none()
        # FAISS shares work by question, so for one there is none to share: other threads would only be waited
        # for, which on a busy machine took 50 ms instead of 0.3. It holds for the calling thread alone.
        faiss.omp_set_num_threads(1)
        parameters = faiss.SearchParameters(sel=selector) if selector else None  # type: ignore[call-arg]

        def best(depth: int) -> Ranked:
            scores, ids = self._index.search(question[None, :], min(depth, len(self)), params=parameters)
            found = ids[0] >= 0  # FAISS pads with -1
            return Ranked.of(ids[0][found], scores[0][found], depth)

        return best_of(best, k)

    def moments(self) -> Moments:
        """Of all its vectors."""
        parts = (self.vectors(np.arange(begin, end)) for begin, end in _blocks(len(self)))
        return sum(map(Moments.of, parts), Moments.of(np.empty((0, self.dimension), np.float32)))

    def positions(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where `ids` stand in this segment, -1 for those that don't."""
        if len(self) == 0:
            return np.full(len(ids), -1, np.int64)
        at = np.searchsorted(self.ids, ids)
        at[at == len(self)] = 0
        return np.where(self.ids[at] == ids, at, -1)

    def known(self, ids: NDArray[np.int64]) -> dict[int, NDArray[np.float32]]:
        """Id -> vector of those `ids` that stand in this segment."""
        positions = self.positions(ids)
        here = positions >= 0
        return dict(zip(ids[here].tolist(), self.vectors(positions[here]), strict=True))

    def vectors(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """`(n, dim)` float32, as stored (float16 precision), at `positions`."""
        if self._file is None or len(positions) > READ:
            return self._rows[positions].astype(np.float32)
        file, size = self._file.fileno(), 2 * self.dimension
        rows = b"".join(os.pread(file, size, self._begin + at * size) for at in positions.tolist())
        return np.frombuffer(rows, "<f2").reshape(-1, self.dimension).astype(np.float32)


def build_segment(ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> Segment:
    """A segment in memory of `(n, dim)` vectors under ascending `(n,)` ids."""
    segment = _empty(vectors.shape[1])
    segment._index.add_with_ids(
        np.ascontiguousarray(vectors, np.float32), np.ascontiguousarray(ids, np.int64)
    )
    return Segment(segment._index, segment._owned)


def _empty(dimension: int) -> Segment:
    flat = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    return Segment(faiss.IndexIDMap(flat), flat)


def merge_segments(parts: Sequence[Segment], dead: NDArray[np.int64]) -> Segment:
    """The vectors of several segments as one in memory, without those of the passages `dead`.

    Takes 2 bytes a number, and no more than a block of them as float32: the rest stays mapped.
    """
    ids = np.concatenate([part.ids for part in parts])
    owners = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    places = np.concatenate([np.arange(len(part)) for part in parts])
    order = np.argsort(ids, kind="stable")
    order = order[~np.isin(ids[order], dead)]
    segment = _empty(parts[0].dimension)
    for begin, end in _blocks(len(order)):
        some = order[begin:end]
        vectors = np.empty((end - begin, parts[0].dimension), np.float32)
        for number, part in enumerate(parts):
            own = owners[some] == number
            vectors[own] = part.vectors(places[some[own]])
        segment._index.add_with_ids(vectors, ids[some])
    return Segment(segment._index, segment._owned)


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, count, BLOCK):
        yield begin, min(begin + BLOCK, count)


def write_segment(path: Path, segment: Segment) -> None:
    """Write a segment, as `write_index` does."""
    write_index(path, segment._index)


def write_index(path: Path, index: Any) -> None:
    """Write a FAISS index where nothing names it yet. Not atomic: the caller syncs and renames.

    Raises OSError where it can't be written.
    """
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(errno.EIO, f"FAISS can't write {path.name}: is the disk full?") from error


def read_whole(path: Path, expected: bytes, kind: Callable[[Any], Kind]) -> Kind:
    """What `kind` makes of the FAISS index that is mapped from a file whose XXH3-128 is `expected`.

    Raises DamagedIndexError where it is missing or differs: FAISS itself loads a file with flipped bits
    without a word and answers wrongly.
    """
    found = checksum(path)
    if found != expected:
        raise DamagedIndexError(
            f"{path} is damaged: its checksum is {found.hex()[:12]}…, it was written with "
            f"{expected.hex()[:12]}…; run bertrieve check --repair"
        )
    try:
        return kind(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))
    except (RuntimeError, AttributeError) as error:
        raise DamagedIndexError(
            f"{path} is whole, but faiss {faiss.__version__} can't read it; "
            "install the version that wrote it, or run bertrieve check --repair"
        ) from error


def cosines(vectors: NDArray[np.float32], question: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(n,)` float32: the inner products of `(n, dim)` vectors with a `(dim,)` one.

    By this thread alone: NumPy's many threads have little to do with some hundred rows, and are waited for.
    """
    vectors, question = (np.ascontiguousarray(at, np.float32) for at in (vectors, question))
    scores = np.empty(len(vectors), np.float32)
    if len(vectors):
        given = (faiss.swig_ptr(at) for at in (scores, question, vectors))
        faiss.fvec_inner_products_ny(  # type: ignore[attr-defined]
            *given, vectors.shape[1], len(vectors)
        )
    return scores


def checksum(path: Path) -> bytes:
    """XXH3-128 of a file, 16 bytes. Raises DamagedIndexError where it is missing or can't be read."""
    digest = xxhash.xxh3_128()
    try:
        with path.open("rb") as stream:
            while block := stream.read(1 << 22):
                digest.update(block)
    except FileNotFoundError as error:
        raise DamagedIndexError(f"{path} is missing; run bertrieve check --repair") from error
    except OSError as error:
        raise DamagedIndexError(
            f"{path} can't be read ({error.strerror}); mend that, or run bertrieve check --repair"
        ) from error
    return digest.digest()


def best_of(find: Callable[[int], Ranked], k: int, alive: Alive | None = None) -> Ranked:
    """The best `k` of an engine that breaks ties its own way and may still know passages that are gone.

    `find(depth)` gives the engine's best `depth`. Of those that share the last score it may have left some
    out, so it is asked for more until the k-th score lies above the last, or nothing is left out.
    """
    depth = k + 1
    while True:
        found = find(depth)
        live = found if alive is None else found.where(alive(found.ids))
        complete = len(found.ids) < depth
        if complete or (len(live.ids) >= k and live.scores[k - 1] > found.scores[-1]):
            return Ranked(live.ids[:k], live.scores[:k])
        depth *= 4


def all_but(dead: NDArray[np.int64]) -> Any:
    """A faiss.IDSelector that keeps the ascending `(n,)` ids `dead` out; None where there are none."""
    return faiss.IDSelectorNot(only(dead)) if len(dead) else None


def only(ids: NDArray[np.int64]) -> Any:
    """A faiss.IDSelector that lets the ascending `(n,)` ids through, n > 0."""
    bits = np.zeros(int(ids[-1]) + 1, bool)
    bits[ids] = True
    bitmap: Any = faiss.IDSelectorBitmap  # FAISS's own types know only the C++ constructor
    return bitmap(np.packbits(bits, bitorder="little"))

"""Vectors against NumPy: the same ids and scores, ties in order of id, whatever was deleted or sealed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from indexer.errors import DamagedIndexError, EncoderMismatchError
from indexer.store import Moments, Ranked, Reader
from indexer.store.vectors import Segment, all_but, best_of, build_segment, checksum, write_segment
from tests.making import document, drop, ids_by_text, put, writer

DIMENSION = 4

# Multiples of 1/16 up to 7/16: exact in float16, as are their products in float32, and of a length below 1.
exact_vectors = st.integers(0, 60).flatmap(
    lambda n: arrays(np.int8, (n, DIMENSION), elements=st.integers(-7, 7)).map(
        lambda rows: (rows / 16).astype(np.float32)
    )
)
exact_question = arrays(np.int8, DIMENSION, elements=st.integers(-7, 7)).map(
    lambda row: (row / 16).astype(np.float32)
)


def brute_force(ids: NDArray[Any], vectors: NDArray[Any], question: NDArray[Any], k: int) -> Ranked:
    """The best k by sorting all of them."""
    scores = vectors.astype(np.float64) @ question.astype(np.float64)
    order = sorted(range(len(ids)), key=lambda at: (-scores[at], ids[at]))[:k]
    return Ranked(ids[order], scores[order].astype(np.float32))


def assert_same(found: Ranked, expected: Ranked) -> None:
    assert found.ids.tolist() == expected.ids.tolist()
    assert found.scores.tolist() == expected.scores.tolist()


@given(exact_vectors, exact_question, st.integers(1, 70), st.data())
def test_a_segment_gives_what_sorting_all_of_it_gives(
    vectors: NDArray[Any], question: NDArray[Any], k: int, data: st.DataObject
) -> None:
    ids = np.arange(len(vectors), dtype=np.int64) * 3 + 1
    dead = np.array(sorted(data.draw(st.sets(st.sampled_from(ids.tolist() or [0])))), np.int64)
    alive = ~np.isin(ids, dead)
    found = build_segment(ids, vectors).search(question, k, all_but(dead))
    assert_same(found, brute_force(ids[alive], vectors[alive], question, k))


@settings(max_examples=25)
@given(
    st.lists(st.tuples(exact_vectors, st.booleans()), min_size=1, max_size=4),
    exact_question,
    st.integers(1, 20),
    st.data(),
)
def test_an_index_of_segments_and_recent_vectors_gives_what_numpy_gives(
    tmp_path_factory: pytest.TempPathFactory,
    commits: list[tuple[NDArray[Any], bool]],
    question: NDArray[Any],
    k: int,
    data: st.DataObject,
) -> None:
    path = tmp_path_factory.mktemp("index") / "index"
    texts = [f"text {part} {at}" for part, (vectors, _) in enumerate(commits) for at in range(len(vectors))]
    gone = data.draw(st.sets(st.integers(0, len(commits) - 1)))
    with writer(path, DIMENSION) as to:
        for part, (vectors, seal) in enumerate(commits):
            own = [text for text in texts if text.startswith(f"text {part} ")]
            put(to, document(str(part), *own, vectors=vectors))
            if seal:
                to.seal()
        drop(to, *map(str, gone))
    stored = np.concatenate([vectors for vectors, _ in commits])
    live = [at for at, text in enumerate(texts) if int(text.split()[1]) not in gone]
    ids = np.array([ids_by_text(path)[texts[at]] for at in live], np.int64)
    reader = Reader(path)
    with reader.view() as view:
        assert_same(view.dense(question, k), brute_force(ids, stored[live], question, k))
        assert view.cosines(question, ids).tolist() == (stored[live] @ question).tolist()
        mean, deviation = view.moments.of_scores(question)
        scores = stored[live].astype(np.float64) @ question
        assert view.moments.count == len(live)
        assert mean == pytest.approx(scores.mean() if len(live) else 0.0, abs=1e-5)
        assert deviation == pytest.approx(scores.std() if len(live) else 0.0, abs=1e-3)
    reader.close()


def test_moments_are_those_of_numpy_also_after_taking_some_away() -> None:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((500, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    question = vectors[3]
    moments = Moments.of(vectors[:400]) + Moments.of(vectors[400:]) - Moments.of(vectors[100:200])
    moments = Moments.from_bytes(moments.count, moments.to_bytes(), 32)
    scores = np.delete(vectors, np.s_[100:200], axis=0).astype(np.float64) @ question
    assert moments.of_scores(question) == pytest.approx((scores.mean(), scores.std()), abs=1e-5)


def test_rounding_to_float16_moves_a_cosine_by_less_than_half_a_thousandth() -> None:
    random = np.random.default_rng(2)
    vectors = random.standard_normal((2_000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = build_segment(np.arange(2_000, dtype=np.int64), vectors).search(vectors[7], 2_000)
    exact = vectors @ vectors[7]
    assert np.abs(found.scores - exact[found.ids]).max() < 0.0005


@given(
    st.lists(st.integers(0, 3), max_size=40),
    st.integers(1, 12),
    st.sets(st.integers(0, 39)),
    st.randoms(use_true_random=False),
)
def test_best_of_breaks_ties_by_id_whatever_the_engine_does(
    scores: list[int], k: int, dead: set[int], random: Any
) -> None:
    """An engine that orders ties at random, and whose last tie is cut anywhere."""
    everything = [(score, random.random(), at) for at, score in enumerate(scores)]

    def find(depth: int) -> Ranked:
        best = sorted(everything, reverse=True)[:depth]
        return Ranked.of(np.array([at for *_, at in best], np.int64), np.array([s for s, *_ in best]), depth)

    found = best_of(find, k, lambda ids: ~np.isin(ids, list(dead)))
    live = [(-score, at) for at, score in enumerate(scores) if at not in dead]
    assert found.ids.tolist() == [at for _, at in sorted(live)[:k]]


def test_a_segment_file_is_the_segment(tmp_path: Path) -> None:
    vectors = np.eye(5, dtype=np.float32)
    ids = np.array([2, 3, 5, 7, 11], np.int64)
    write_segment(tmp_path / "vectors.faiss", build_segment(ids, vectors))
    opened = Segment.open(tmp_path / "vectors.faiss", checksum(tmp_path / "vectors.faiss"))
    assert opened.ids.tolist() == ids.tolist()
    assert opened.vectors(opened.positions(np.array([7, 2]))).tolist() == vectors[[3, 0]].tolist()
    assert opened.positions(np.array([1, 4, 12])).tolist() == [-1, -1, -1]


def test_every_flipped_bit_of_a_segment_file_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "vectors.faiss"
    write_segment(file, build_segment(np.arange(3, dtype=np.int64), np.eye(3, 8, dtype=np.float32)))
    whole, expected = file.read_bytes(), checksum(file)
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        with pytest.raises(DamagedIndexError, match="its checksum is"):
            Segment.open(file, expected)
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(DamagedIndexError):
            Segment.open(file, expected)


def test_a_question_of_another_dimension_is_refused(tmp_path: Path) -> None:
    with writer(tmp_path / "index") as to:
        put(to, document("a", "one text"))
    reader = Reader(tmp_path / "index")
    with reader.view() as view, pytest.raises(EncoderMismatchError, match=r"\(5,\).*\(32,\)"):
        view.dense(np.ones(5, np.float32), 3)
    reader.close()

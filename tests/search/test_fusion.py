"""The fused score: worked by hand, against the whole corpus's own moments, and what must always hold."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import search.fusion
from search.fusion import LEXICAL_WEIGHT, fuse, lexical_deviation

# Steps of 1/64 are exact in float32, so neither rounding nor underflow can make a tie.
cosines = arrays(np.float32, 8, elements=st.integers(-64, 64).map(lambda step: step / 64))
bm25 = arrays(np.float32, 8, elements=st.integers(0, 2_000).map(lambda step: step / 64))
deviations = st.floats(0.01, 5)


def row(*scores: float) -> NDArray[np.float32]:
    return np.array(scores, np.float32)


def order(scores: NDArray[np.floating]) -> list[int]:
    return [int(at) for at in np.argsort(-scores, kind="stable")]


def test_doctests() -> None:
    assert doctest.testmod(search.fusion).failed == 0


def test_by_hand() -> None:
    scores = fuse(
        row(0.5, 0.25, 0.0),
        row(0.0, 6.0, 12.0),
        dense_mean=0.125,
        dense_deviation=0.125,
        lexical_deviation=2.0,
        trust=0.5,
    )
    assert scores == pytest.approx([0.5 * 3, 0.5 * 1 + LEXICAL_WEIGHT * 3, 0.5 * -1 + LEXICAL_WEIGHT * 6])


def test_a_passage_good_in_both_arms_beats_the_best_of_each() -> None:
    best_vector, best_words, both = range(3)
    scores = fuse(
        row(0.6, 0.1, 0.5),
        row(0, 15, 12),
        dense_mean=0.1,
        dense_deviation=0.1,
        lexical_deviation=1.0,
    )
    assert order(scores)[0] == both
    assert scores[best_vector] == pytest.approx(scores[best_words])


def test_lexical_deviation_is_that_of_words_that_fall_independently() -> None:
    # Two words, in 1 and in 2 of 4 passages, so that every combination has its exact share of 8 worlds.
    idf = np.log([1 + 3.5 / 1.5, 1 + 2.5 / 2.5])
    worlds = [first * idf[0] + second * idf[1] for first in (1, 0, 0, 0) for second in (1, 1, 0, 0)]
    assert lexical_deviation(np.array([1, 2]), 4) == pytest.approx(np.std(worlds))


def test_a_rarer_word_has_the_smaller_deviation() -> None:
    # What makes one hit on a rare word stand out: its score is higher and its deviation lower.
    found = [lexical_deviation(np.array([df]), 10_000) for df in (1, 10, 100, 1_000)]
    assert found == sorted(found)


@pytest.mark.parametrize(("frequencies", "passages"), [([], 10), ([0, 0], 10), ([10], 10), ([], 0), ([0], 0)])
def test_words_that_tell_nothing_have_no_deviation(frequencies: list[int], passages: int) -> None:
    assert lexical_deviation(np.array(frequencies, np.int64), passages) == 0.0


@given(st.lists(st.integers(0, 100), max_size=6))
def test_a_further_word_never_lowers_the_deviation(frequencies: list[int]) -> None:
    all_words = lexical_deviation(np.array(frequencies, np.int64), 100)
    assert lexical_deviation(np.array(frequencies[:-1], np.int64), 100) <= all_words + 1e-12


@given(cosines, bm25, deviations, deviations, st.integers(0, 7))
def test_better_in_either_arm_is_better(
    dense: NDArray[np.float32], lexical: NDArray[np.float32], wide: float, high: float, at: int
) -> None:
    def score(d: NDArray[np.float32], w: NDArray[np.float32]) -> NDArray[np.float64]:
        return fuse(d, w, dense_mean=0.2, dense_deviation=wide, lexical_deviation=high, trust=0.5)

    step = np.zeros(8, np.float32)
    step[at] = 1 / 64
    before = score(dense, lexical)
    others = np.arange(8) != at
    for after in (score(dense + step, lexical), score(dense, lexical + step)):
        assert after[at] > before[at]
        assert np.array_equal(after[others], before[others])


@given(cosines, bm25, st.sampled_from([0.5, 0.25, 2.0, 8.0]), st.floats(-0.5, 0.5))
def test_the_scales_of_the_arms_do_not_matter(
    dense: NDArray[np.float32], lexical: NDArray[np.float32], scale: float, shift: float
) -> None:
    # A model whose cosines live in .7 to .9, or a corpus ten times as large, ranks by the same rule.
    plain = fuse(dense, lexical, dense_mean=0.25, dense_deviation=0.125, lexical_deviation=2.0)
    moved = fuse(
        dense.astype(np.float64) * scale + shift,
        lexical * np.float32(scale),
        dense_mean=0.25 * scale + shift,
        dense_deviation=0.125 * scale,
        lexical_deviation=2.0 * scale,
    )
    assert moved == pytest.approx(plain, abs=1e-9)


@given(cosines, bm25, deviations)
def test_an_empty_arm_leaves_the_order_of_the_other(
    dense: NDArray[np.float32], lexical: NDArray[np.float32], deviation: float
) -> None:
    none = np.zeros(8, np.float32)
    common = {"dense_mean": 0.1, "dense_deviation": deviation, "lexical_deviation": deviation}
    no_words = [
        fuse(dense, none, **common),
        fuse(dense, lexical, **{**common, "lexical_deviation": 0.0}),
    ]
    no_vectors = [
        fuse(none, lexical, **common),
        fuse(dense, lexical, **{**common, "dense_deviation": 0.0}),
        fuse(dense, lexical, **common, trust=0.0),
    ]
    assert all(order(scores) == order(dense) for scores in no_words)
    assert all(order(scores) == order(lexical) for scores in no_vectors)


def test_no_candidates() -> None:
    none = np.empty(0, np.float32)
    assert fuse(none, none, dense_mean=0.0, dense_deviation=0.0, lexical_deviation=0.0).shape == (0,)


def test_an_unreadable_question_follows_the_words() -> None:
    """Random vectors still stand out from their mean; with few tokens known they must not decide."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0.3, 0.06, 200).astype(np.float32)
    words = np.zeros(200, np.float32)
    words[17] = 6.0
    common = {"dense_mean": 0.3, "dense_deviation": 0.06, "lexical_deviation": 1.2}
    assert order(fuse(noise, words, **common))[0] != 17
    assert order(fuse(noise, words, **common, trust=0.25))[0] == 17

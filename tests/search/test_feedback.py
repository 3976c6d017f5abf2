"""The moved question: worked by hand, and what must hold whatever the hits are."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import search.feedback
from search.feedback import WEIGHT, towards


def units(seed: int, count: int, dimension: int = 8) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_doctests() -> None:
    assert doctest.testmod(search.feedback).failed == 0


def test_by_hand() -> None:
    question, hits = np.float32([1, 0, 0]), np.float32([[0, 1, 0], [0, 0, 1]])
    # A hit that stands ln 3 lower counts a third: shares 3/4 and 1/4, and both as much as the better's.
    found = towards(question, hits, np.array([2.0 + np.log(3), 2.0]))
    expected = np.array([1, WEIGHT * 3 / 4 * 3 / 4, WEIGHT * 3 / 4 / 4])
    assert found == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)


def test_no_hits_leave_the_question() -> None:
    question = units(0, 1)[0]
    assert towards(question, np.empty((0, 8), np.float32), np.empty(0)).tolist() == question.tolist()


@given(st.integers(0, 10_000), st.integers(1, 5), st.floats(-1e6, 1e6))
def test_it_stays_a_unit_vector_nearer_to_what_was_found(seed: int, count: int, offset: float) -> None:
    rows = units(seed, count + 1)
    question, hits = rows[0], rows[1:]
    scores = np.random.default_rng(seed).normal(size=count) * 5
    found = towards(question, hits, scores)
    assert found.dtype == np.float32
    assert np.linalg.norm(found) == pytest.approx(1.0, abs=1e-5)
    weights = np.exp(scores - scores.max())
    middle = weights @ hits / weights.sum()
    assert found @ middle >= question @ middle - 1e-5
    assert towards(question, hits, scores + offset) == pytest.approx(
        found, abs=1e-4
    )  # only differences count


def test_a_hit_like_the_question_does_not_move_it() -> None:
    question = units(3, 1)[0]
    assert towards(question, question[None, :], np.array([4.0])) == pytest.approx(question, abs=1e-6)

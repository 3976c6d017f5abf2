"""Packing against every other way to pack; cutting against the definition."""

import doctest
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import packing
from indexer.packing import LONGEST_TOKEN, packed, parts

SIZE, LIMIT = 20, 35


def every_packing(n: int) -> list[list[tuple[int, int]]]:
    if n == 0:
        return [[]]
    return [[*rest, (first, n)] for first in range(n) for rest in every_packing(first)]


def cost(runs: list[tuple[int, int]], weights: list[int], endings: list[float]) -> float:
    return sum((sum(weights[a:b]) / SIZE - 1) ** 2 + endings[b - 1] for a, b in runs)


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from([0.0, 0.1, 10.0])), min_size=1, max_size=8))
def test_no_other_packing_is_cheaper(pieces: list[tuple[int, float]]) -> None:
    weights, endings = [weight for weight, _ in pieces], [ending for _, ending in pieces]
    allowed = [
        runs
        for runs in every_packing(len(pieces))
        if all(b - a == 1 or sum(weights[a:b]) <= LIMIT for a, b in runs)
    ]
    runs = packed(weights, endings, LIMIT, SIZE)
    assert runs in allowed
    assert np.isclose(cost(runs, weights, endings), min(cost(other, weights, endings) for other in allowed))


def cut(text: str, limit: int, words: bool = False) -> list[str]:
    """The parts of `text`, where every character is a token, or every word."""
    tokens = re.finditer(r"\S+" if words else r"(?s).", text)
    offsets = np.array([match.span() for match in tokens], np.int32).reshape(-1, 2)
    ends = [0, *(end for end, _ in parts(text, offsets, limit, SIZE))]
    return [text[begin:end] for begin, end in pairwise(ends)]


@given(st.text(alphabet="ab ,.é\u0301😀中。\n", max_size=300), st.integers(1, 30))
def test_parts_tile_the_text_and_keep_to_the_limit(text: str, limit: int) -> None:
    found = cut(text, limit)
    assert "".join(found) == text
    assert all(0 < len(part) <= limit for part in found) or found == [""]


def test_parts_are_even_and_end_where_a_reader_would_pause() -> None:
    clause = "this is one of the clauses, "
    found = cut(clause * 12, limit=LIMIT, words=True)
    assert found == [clause * 3] * 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no capital here. then, a clause", ["no capital here. ", "then, a clause"]),
        ("没有句号的，一个很长的句子", ["没有句号的，", "一个很长的句子"]),
        ("only words without a stop", ["only words ", "without a stop"]),
        ("https://example/path", ["https://", "example/path"]),
    ],
)
def test_the_best_kind_of_place_wins(text: str, expected: list[str]) -> None:
    assert cut(text, limit=len(text) - 1) == expected


def test_a_grapheme_is_cut_only_when_it_alone_is_too_long() -> None:
    family = "👩\u200d👩\u200d👧"
    assert set(cut(family * 10, limit=7)) == {family}
    assert len(cut("e" + "\u0301" * 99, limit=10)) >= 10


@pytest.mark.parametrize("text", ["x" * 10_000, "\u200b" * 10_000])
def test_text_that_makes_few_tokens_counts_by_its_length(text: str) -> None:
    for offsets in ([], [(0, len(text))]):
        found = parts(text, np.array(offsets, np.int32).reshape(-1, 2), LIMIT, SIZE)
        ends = [0, *(end for end, _ in found)]
        assert ends[-1] == len(text)
        assert max(end - begin for begin, end in pairwise(ends)) <= LIMIT * LONGEST_TOKEN
        assert sum(weight for _, weight in found) >= len(text) // LONGEST_TOKEN - 1


def test_a_short_text_is_whole_and_never_weighs_nothing() -> None:
    assert parts("\u200b", np.empty((0, 2), np.int32), LIMIT, SIZE) == [(1, 1)]
    assert parts("a bc", np.array([(0, 1), (2, 4)], np.int32), LIMIT, SIZE) == [(4, 2)]


def test_docstring() -> None:
    assert doctest.testmod(packing).failed == 0

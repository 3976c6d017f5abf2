"""The weighted question: worked by hand, against the plain mean, and in scripts with and without spaces."""

import numpy as np
import pytest

from indexer.encoder import TokenVectors
from search.emphasis import by_idf, words_at
from search.fusion import idf
from tests.fake import FakeEncoder


def tokens(text: str, spans: list[tuple[int, int]]) -> TokenVectors:
    """[CLS], then a token for each span: unit vectors, one a dimension."""
    count = len(spans) + 1
    return TokenVectors(
        ids=np.arange(count, dtype=np.int64),
        pieces=("[CLS]", *(text[start:end] for start, end in spans)),
        offsets=np.array([(0, 0), *spans], np.int32),
        special=np.array([True] + [False] * len(spans)),
        vectors=np.eye(count, dtype=np.float32),
    )


def test_by_hand() -> None:
    found = by_idf(tokens("of rust ?", [(0, 2), (3, 7), (8, 9)]), np.array([-1, 90, 3, -1]), 100)
    of, rust = np.log(1 + 10.5 / 90.5), np.log(1 + 97.5 / 3.5)
    expected = np.array([(of + rust) / 2, of, rust, 0.0])
    assert found == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)


def test_words_that_are_alike_rare_leave_the_mean() -> None:
    found = FakeEncoder().question_tokens("mean pooling of vectors")
    frequencies = np.where(found.special, -1, 7)
    assert by_idf(found, frequencies, 50) == pytest.approx(found.text_vector, abs=1e-6)


def test_a_question_without_words_stays_as_it_is() -> None:
    found = FakeEncoder().question_tokens("?!")
    assert by_idf(found, np.full(len(found), -1), 50) == pytest.approx(found.text_vector, abs=1e-6)


def test_a_word_counts_by_its_idf_in_the_cosine() -> None:
    encoder = FakeEncoder()
    found, (rare, common) = encoder.question_tokens("bax dok"), encoder.encode_passages(["bax", "dok"])
    moved = by_idf(found, np.array([-1, 1, 400, -1]), 1_000)
    weights = idf(np.array([1, 400]), 1_000)
    assert weights[0] > 5 * weights[1]
    assert moved @ rare > found.text_vector @ rare
    assert moved @ common < found.text_vector @ common


def test_parts_of_a_word_are_the_word() -> None:
    spans = [(0, 4), (4, 7), (7, 8), (9, 11), (11, 12)]
    assert words_at(tokens("Pooling? 用BE", spans), "Pooling? 用BE")[1:3] == ["Pooling", "Pooling"]
    assert words_at(tokens("Pooling? 检索B", [*spans[:3], (9, 11), (11, 12)]), "Pooling? 检索B") == [
        "",
        "Pooling",
        "Pooling",
        "?",
        "检索",
        "B",
    ]
    # SentencePiece may count the space before a word as its own.
    assert words_at(tokens("a word", [(0, 1), (1, 4), (4, 6)]), "a word")[1:] == ["a", "word", "word"]

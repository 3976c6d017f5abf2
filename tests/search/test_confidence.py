"""Probabilities of hits, against values worked by hand and what they must never do."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import index_documents
from indexer.documents import Document
from indexer.documents.text import paragraphs
from search import Searcher
from search.confidence import EVEN, RUNNER_UP, probability, support
from search.fusion import LEXICAL_WEIGHT
from tests.fake import FakeEncoder

WORDS = "ash beech cedar elm fir gorse hazel ivy juniper larch maple oak".split()


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    index = tmp_path_factory.mktemp("index") / "index"
    texts = [f"The {word} stands at the gate of garden number {at}." for at, word in enumerate(WORDS)]
    documents = [(f"{at}.txt", Document(text, tuple(paragraphs(text)))) for at, text in enumerate(texts)]
    index_documents(documents, index=index, encoder=FakeEncoder())
    return Searcher(index, encoder=FakeEncoder())


finite = st.floats(-1e6, 1e6)
shares = st.floats(0.0, 1.0)


@given(finite, finite, shares, shares)
def test_a_larger_margin_or_support_is_never_less_probable(one, other, few, many):
    (low, high), (few, many) = sorted((one, other)), sorted((few, many))
    assert 0.0 <= probability(low, few) <= probability(high, few) <= probability(high, many) <= 1.0


@given(shares, shares, shares, finite, finite)
def test_more_words_or_a_cosine_that_stands_out_more_never_support_less(one, other, pairs, near, far):
    (few, many), (far, near) = sorted((one, other)), sorted((near, far))
    assert 0.0 <= support(few, pairs, far) <= support(many, pairs, far) <= support(many, pairs, near) <= 1.0


def test_worked_by_hand():
    assert probability(EVEN, 0.95) == pytest.approx(0.5)
    assert probability(4 * EVEN, 0.2) == pytest.approx(1 / 3)  # ¼ to the power 1.5 is ⅛, and 4 of it ½
    assert probability(0.0, 1.0) == 0.0


def test_a_hit_is_held_against_the_tenth_and_the_question_however_many_are_asked_for(searcher):
    question = "oak at the gate of a palace"  # three words that tell; no passage holds the last
    every = searcher.query(question, len(WORDS), collapse=False)
    oak, gate, palace = (math.log1p((12 - n + 0.5) / (n + 0.5)) for n in (1, 12, 0))
    held = (oak + gate) / (oak + gate + palace)
    cosines = [hit.dense for hit in every]
    deviations = (cosines[0] - statistics.mean(cosines)) / statistics.pstdev(cosines)
    margin = (every[0].score - every[RUNNER_UP - 1].score) / (1 + LEXICAL_WEIGHT)
    assert "oak" in every[0].text
    expected = probability(margin, max(held, (deviations - 3) / 10))
    assert every[0].probability == pytest.approx(expected, rel=1e-4)
    for k in (1, 3, 11):
        for collapse in (True, False):
            found = searcher.query(question, k, collapse=collapse)
            assert found[0].probability == every[0].probability
            assert len(found) <= k


def test_a_question_about_something_else_that_shares_a_word_is_less_probable(searcher):
    own = searcher.query("oak at the gate")[0]
    other = searcher.query("oak furniture prices in Lisbon")[0]
    assert "oak" in own.text and "oak" in other.text
    assert other.probability < own.probability / 2


def test_half_of_the_pairs_of_a_chinese_question_are_enough():
    assert support(0.5, 1.0, 0.0) == 1.0
    assert support(0.5, 0.0, 0.0) == 0.5


def test_a_cosine_that_stands_out_carries_a_question_without_a_shared_word():
    assert support(0.0, 0.0, 3.0) == 0.0
    assert support(0.0, 0.0, 8.0) == 0.5


def test_one_arm_alone_or_too_few_passages_tell_nothing(searcher):
    assert searcher.query("oak", mode="dense")[0].probability is None
    assert searcher.query("oak", mode="lexical")[0].probability is None
    assert searcher.query("oak", filter="path:11.txt")[0].probability is None


def test_what_stands_out_of_nothing_is_not_answered(searcher, monkeypatch):
    assert searcher.answer("oak at the gate").text is not None
    monkeypatch.setattr("search.confidence.EVEN", 1e6)
    found = searcher.answer("oak at the gate")
    assert (found.text, found.hit, found.probability) == (None, None, None)
    assert found.hits[0].likelihood == "unlikely"
    assert "nothing in these documents answers" in str(found)

"""Probabilities of hits, against values worked by hand and what they must never do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import index_documents
from indexer.documents import Document
from indexer.documents.text import paragraphs
from search import Searcher
from search.confidence import EVEN, RUNNER_UP, probability
from tests.fake import FakeEncoder

WORDS = "ash beech cedar elm fir gorse hazel ivy juniper larch maple oak".split()


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    index = tmp_path_factory.mktemp("index") / "index"
    texts = [f"The {word} stands at the gate of garden number {at}." for at, word in enumerate(WORDS)]
    documents = [(f"{at}.txt", Document(text, tuple(paragraphs(text)))) for at, text in enumerate(texts)]
    index_documents(documents, index=index, encoder=FakeEncoder())
    return Searcher(index, encoder=FakeEncoder())


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_larger_margin_is_never_less_probable(one, other):
    low, high = sorted((one, other))
    assert 0.0 <= probability(low) <= probability(high) <= 1.0


def test_worked_by_hand():
    assert probability(EVEN) == 0.5
    assert probability(4 * EVEN) == pytest.approx(8 / 9)  # 4 to the power 1.5 is 8
    assert probability(0.0) == 0.0


def test_a_hit_is_held_against_the_tenth_however_many_are_asked_for(searcher):
    question = "oak at the gate"
    every = searcher.query(question, len(WORDS), collapse=False)
    tenth = every[RUNNER_UP - 1].score
    assert [hit.probability for hit in every] == [probability(hit.score - tenth) for hit in every]
    for k in (1, 3, 11):
        for collapse in (True, False):
            found = searcher.query(question, k, collapse=collapse)
            assert found[0].probability == every[0].probability
            assert len(found) <= k


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

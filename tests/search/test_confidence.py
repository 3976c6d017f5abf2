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
from search.confidence import RUNNER_UP, Evidence, probability, support
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
above = st.floats(1e-40, 1e6)
cosines = st.floats(-2.0, 2.0)


@given(above, above, shares, shares, cosines, cosines)
def test_more_evidence_is_never_less_probable(one, other, few, many, far, near):
    lesser = Evidence(min(one, other), min(few, many), min(far, near))
    greater = Evidence(max(one, other), max(few, many), max(far, near))
    assert 0.0 <= probability(lesser) <= probability(greater) <= 1.0


@given(shares, shares, shares, finite, finite)
def test_more_words_or_a_cosine_that_stands_out_more_never_support_less(one, other, pairs, near, far):
    (few, many), (far, near) = sorted((one, other)), sorted((near, far))
    assert 0.0 <= support(few, pairs, far) <= support(many, pairs, far) <= support(many, pairs, near) <= 1.0


def test_worked_by_hand():
    # The odds of both questions are products of powers; at support .95 that of support is 1.
    about, asked = math.exp(5.3 - 11.5 * 0.4), math.exp(-1.6) * 4.0**1.3
    expected = about / (1 + about) * asked / (1 + asked)
    assert probability(Evidence(4.0, 0.95, -0.4)) == pytest.approx(expected)
    about, asked = math.exp(5.3) * 0.1**2.8, math.exp(-1.6) * 0.1**1.6
    expected = about / (1 + about) * asked / (1 + asked)
    assert probability(Evidence(1.0, 0.05, 0.0)) == pytest.approx(expected)


def test_a_hit_is_held_against_the_tenth_and_the_question_however_many_are_asked_for(searcher):
    question = "oak at the gate of a palace"  # three words that tell; no passage holds the last
    every = searcher.query(question, len(WORDS), collapse=False)
    oak, gate, palace = (math.log1p((12 - n + 0.5) / (n + 0.5)) for n in (1, 12, 0))
    held = (oak + gate) / (oak + gate + palace)
    cosines = [hit.dense for hit in every]
    mean = statistics.mean(cosines)
    deviations = (cosines[0] - mean) / statistics.pstdev(cosines)
    margin = (every[0].score - every[RUNNER_UP - 1].score) / (1 + LEXICAL_WEIGHT)
    near = (cosines[0] - mean) / (1 - mean) - 0.5
    assert "oak" in every[0].text
    expected = probability(Evidence(math.log1p(math.exp(margin)), max(held, (deviations - 3) / 10), near))
    assert every[0].probability == pytest.approx(expected, rel=1e-4)
    for k in (1, 3, 11):
        for collapse in (True, False):
            found = searcher.query(question, k, collapse=collapse)
            assert found[0].probability == every[0].probability
            assert len(found) <= k


def test_hits_from_the_tenth_on_have_a_probability_too(searcher):
    last = searcher.query("oak at the gate", len(WORDS), collapse=False)[RUNNER_UP - 1 :]
    assert len(last) == 3
    assert all(0.0 < hit.probability < 0.5 for hit in last)


def test_other_hits_of_a_document_are_judged_as_if_they_stood_alone(tmp_path):
    index = tmp_path / "index"
    texts = ["\n\n".join(f"The {word} stands at gate {at}. " * 30 for at in range(3)) for word in WORDS]
    documents = [(f"{at}.txt", Document(text, tuple(paragraphs(text)))) for at, text in enumerate(texts)]
    index_documents(documents, index=index, encoder=FakeEncoder())
    searcher = Searcher(index, encoder=FakeEncoder())
    alone = {hit.passage_id: hit.probability for hit in searcher.query("oak gate 2", 500, collapse=False)}
    grouped = searcher.query("oak gate 2", 12, collapse=False, group="document")
    assert sum(len(hit.others) for hit in grouped) > 0
    for hit in grouped:
        for each in (hit, *hit.others):
            assert each.probability == alone[each.passage_id]


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
    monkeypatch.setattr("search.confidence.ASKED", -20.0)
    found = searcher.answer("oak at the gate")
    assert (found.text, found.hit, found.probability) == (None, None, None)
    assert found.hits[0].likelihood == "unlikely"
    assert "nothing in these documents answers" in str(found)

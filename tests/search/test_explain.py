"""Explanations: sums against NumPy and a case worked by hand, and the words and sentences they roll up to."""

import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.encoder import load_encoder
from indexer.errors import UnknownIdError, UsageError
from search import Searcher
from search.explain import cosine_shares, explain
from tests.fake import FakeEncoder
from tests.making import document, put, writer

QUESTION = "where do cats sleep?"
TEXTS = ("Dr. Cat sleeps. Two cats sleep on the sofa.", "语义检索用向量。Cats hunt.", "A river flows.")
FAKE = FakeEncoder()


@pytest.fixture
def searcher(tmp_path):
    with writer(tmp_path / "index") as to:
        put(to, document("cats.md", *TEXTS))
    return Searcher(tmp_path / "index", encoder=FAKE)


def explained(question, text, encoder=FAKE, prefix=""):
    tokens = encoder.question_tokens(question), encoder.passage_tokens([prefix + text])[0]
    return explain(question, (1, prefix, text), *tokens, 0.0)


def test_a_case_worked_by_hand():
    # The fake's vector is the sum of its words': with a·a = A, b·b = B and a·b = C, the cosine of "a b" and
    # "a" is (A + C) / (√(A + 2C + B) √A), A of it from the pair (a, a), C from (b, a).
    a, b = (FAKE.passage_tokens([word])[0].vectors[1].astype(float) for word in "ab")
    length = np.sqrt((a + b) @ (a + b)) * np.sqrt(a @ a)
    found = explained("a b", "a")
    assert [(at.text, at.start, at.end) for at in found.question_words] == [
        ("a", 0, 1),
        ("b", 2, 3),
        ("[CLS] [SEP]", 0, 0),
    ]
    assert [at.share for at in found.question_words] == pytest.approx([a @ a / length, a @ b / length, 0])
    assert found.cosine == pytest.approx((a @ a + a @ b) / length)


texts = st.text(st.characters(codec="utf-8"), max_size=60) | st.lists(
    st.sampled_from(["cat", "river", "flows.", "检索", "naïve", "😀", "\n", "unpooled"]), max_size=12
).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(texts.filter(str.strip), st.sampled_from(["", "A title\n"]), texts)
def test_every_roll_up_sums_to_the_cosine(question, prefix, text):
    if not FAKE.tokens.offsets([question])[0].size or not FAKE.tokens.offsets([prefix + text])[0].size:
        return
    found = explained(question, text, prefix=prefix)
    for shares in (found.question_words, found.passage_words, found.sentences):
        assert sum(at.share for at in shares) == pytest.approx(found.cosine, abs=1e-5)
    for at in found.passage_words:
        assert not at.end or (prefix + text)[at.start : at.end] == at.text
    assert "".join(at.text for at in found.sentences if at.end) == text


@pytest.fixture(scope="module")
def model():
    return load_encoder()


@settings(max_examples=100, deadline=None)
@given(texts, texts)
def test_the_sum_is_the_cosine_of_the_real_model(model, question, text):
    pair = model.passage_tokens([question, text])
    cosine = float(pair[0].text_vector @ pair[1].text_vector)
    assert abs(cosine_shares(*pair).sum() - cosine) < 1e-5


def test_word_pieces_are_one_word(model):
    found = explained("Are unpooled vectors tokenised?", "naïve检索, tokenisers", encoder=model)
    assert [at.text for at in found.question_words[:-1]] == ["Are", "unpooled", "vectors", "tokenised", "?"]
    assert [at.text for at in found.passage_words[:-1]] == ["naïve", "检", "索", ",", "tokenisers"]


def test_a_hit_explains_itself(searcher):
    hit = searcher.query(QUESTION)[0]
    found = hit.explain()
    assert found == searcher.explain(QUESTION, hit.passage_id)
    assert abs(np.sum(found.shares) - found.cosine) < 1e-5
    assert found.stored == pytest.approx(hit.dense, abs=1e-6)
    assert found.cosine == pytest.approx(hit.dense, abs=1e-3)
    assert [at.text for at in found.sentences] == [
        "Dr. Cat sleeps. ",
        "Two cats sleep on the sofa.",
        "[CLS] [SEP]",
    ]
    assert max(found.sentences, key=lambda at: at.share).text.startswith("Two cats")
    assert json.loads(json.dumps(found.to_dict()))["cosine"] == found.cosine
    assert "Two cats sleep" in str(found)


def test_a_hit_without_its_index_is_the_same_but_for_that(searcher):
    hit = searcher.query(QUESTION)[0]
    loaded = pickle.loads(pickle.dumps(hit))
    assert loaded == hit
    assert loaded.to_dict() == hit.to_dict()
    assert "explainer" not in hit.to_dict()
    with pytest.raises(UsageError, match=rf"explain\(question, {hit.passage_id}\)"):
        loaded.explain()


def test_what_sets_one_above_another(searcher):
    first, second = searcher.query(QUESTION, 2)
    found = searcher.difference(QUESTION, first.passage_id, second.passage_id)
    assert found.dense == pytest.approx(first.dense - second.dense, abs=1e-3)
    assert found.lexical == pytest.approx(first.lexical - second.lexical, abs=1e-4)
    assert sum(at.dense for at in found.words) == pytest.approx(found.dense, abs=1e-5)
    assert sum(at.lexical for at in found.words) == pytest.approx(found.lexical, abs=1e-4)
    assert max(found.words, key=lambda at: at.lexical).word == "sleep"
    assert json.dumps(found.to_dict())


def test_bm25_of_chinese_is_told_by_its_pairs(searcher):
    hits = searcher.query("语义检索", 3)
    found = searcher.difference("语义检索", hits[0].passage_id, hits[1].passage_id)
    assert sum(at.lexical for at in found.words) == pytest.approx(found.lexical, abs=1e-4)
    assert {at.word for at in found.words} >= {"语义", "检索"}


def test_a_passage_that_is_not_there_is_told(searcher):
    with pytest.raises(UnknownIdError, match="999"):
        searcher.explain(QUESTION, 999)


def test_notebooks_get_no_text_as_html():
    found = explained("<b>cat</b>", "<script>cat</script>")
    assert "<script" not in found._repr_html_()
    assert "&lt;" in found._repr_html_()

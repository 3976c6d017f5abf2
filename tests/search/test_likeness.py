"""More like this against brute force over the same vectors."""

import doctest

import numpy as np
import pytest

import search.likeness
from indexer import index_documents
from indexer.documents import Block, Document
from indexer.errors import UnknownIdError, UsageError
from search import Searcher
from tests.fake import FakeEncoder

TEXTS = [
    "the cat sleeps on the warm mat",
    "a cat hunts mice at dusk",
    "a cat sleeps all day long",
    "the dog sleeps on the mat",
    "a dog hunts foxes at dawn",
    "rivers flow down to the sea",
]


@pytest.fixture
def searcher(tmp_path):
    documents = [(f"{at}.md", Document(text, (Block(0, len(text)),))) for at, text in enumerate(TEXTS)]
    index_documents(documents, index=tmp_path, encoder=FakeEncoder())
    return Searcher(tmp_path, encoder=FakeEncoder())


def test_doctests():
    assert doctest.testmod(search.likeness).failed == 0


def test_the_dense_order_is_that_of_the_mean_vectors(searcher):
    ids = {hit.text: hit.passage_id for hit in searcher.query("cat", 100, mode="dense")}
    likes, unlike = TEXTS[:2], TEXTS[4:5]
    vectors = dict(zip(TEXTS, FakeEncoder().encode_passages(TEXTS), strict=True))
    wanted = sum(vectors[text] for text in likes) / 2 - vectors[unlike[0]] / 3
    rest = [text for text in TEXTS if text not in (*likes, *unlike)]
    best = sorted(rest, key=lambda text: -float(vectors[text] @ wanted))
    hits = searcher.more_like([ids[at] for at in likes], [ids[at] for at in unlike], mode="dense")
    assert [hit.text for hit in hits] == best
    cosines = [float(vectors[text] @ wanted) / np.linalg.norm(wanted) for text in best]
    assert [hit.score for hit in hits] == pytest.approx(cosines, abs=2e-3)


def test_words_of_what_is_unliked_are_not_searched_for(searcher):
    hits = searcher.more_like(["cat sleeps"], ["sleeps"], mode="lexical")
    assert hits.query == "cat"
    assert {hit.text for hit in hits} == set(TEXTS[:3])


def test_wrong_use_is_one_sentence(searcher):
    with pytest.raises(UsageError, match="nothing is liked"):
        searcher.more_like([])
    with pytest.raises(UsageError, match="question is empty"):
        searcher.more_like([" "])
    with pytest.raises(UnknownIdError, match="no passage 999"):
        searcher.more_like([999])

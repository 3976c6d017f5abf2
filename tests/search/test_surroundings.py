"""Words of a passage's neighbours: worked out word by word, and what they may not reach."""

from pathlib import Path

import numpy as np
import pytest

from indexer.store import Reader
from search import Searcher
from search.surroundings import around
from tests.making import ENCODER, document, ids_by_text, put, writer

PARTS = ["the cobra sleeps", "a cobra in a tree", "mango and papaya", "nothing here", "papaya papaya"]
OTHERS = ["mango", "cobra tree"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("surroundings") / "index"
    writing = writer(folder)
    put(writing, document("a.md", *PARTS), document("b.md", *OTHERS))
    writing.close()
    return folder


@pytest.mark.parametrize("question", ["cobra mango", "papaya tree cobra", "unheard of"])
def test_word_by_word(index: Path, question: str) -> None:
    """Against every word and passage one by one."""
    ids, reader = ids_by_text(index), Reader(index)
    with reader.view() as view:
        for document_ in (PARTS, OTHERS):
            for at, text in enumerate(document_):
                near = document_[max(0, at - 1) : at + 2]
                expected = 0.0
                for word in question.split():
                    own = {each: view.lexical_scores(word, np.array([ids[each]]))[0] for each in near}
                    expected += (own[text] + max(own.values())) / 2
                assert around(view, question, np.array([ids[text]]))[0] == pytest.approx(expected, rel=1e-5)
    reader.close()


def test_only_those_that_are_allowed(index: Path) -> None:
    ids, reader = ids_by_text(index), Reader(index)
    with reader.view() as view:
        one, other = np.array([ids[PARTS[2]]]), np.array([ids[PARTS[1]]])
        alone, both = around(view, "cobra mango", one, one), around(view, "cobra mango", one)
        assert alone == pytest.approx(view.lexical_scores("cobra mango", one))
        assert both == pytest.approx(alone + view.lexical_scores("cobra", other) / 2)
    reader.close()


def test_they_go_with_the_order_of_place(index: Path) -> None:
    ids, reader = ids_by_text(index), Reader(index)
    with reader.view() as view:
        found = view.neighbours(np.array([ids[PARTS[0]], ids[PARTS[2]], ids[OTHERS[1]]]))
        none = around(view, "cobra", np.empty(0, np.int64))
    reader.close()
    expected = [(PARTS[0], PARTS[1]), (PARTS[2], PARTS[1]), (PARTS[2], PARTS[3]), (OTHERS[1], OTHERS[0])]
    assert found.tolist() == sorted([ids[one], ids[other]] for one, other in expected)
    assert none.shape == (0,)


def test_a_hit_reports_its_own_words(index: Path) -> None:
    ids, searcher = ids_by_text(index), Searcher(index, encoder=ENCODER)
    hits = {hit.text: hit for hit in searcher.query("cobra mango", 10)}
    with searcher.view() as view:
        own = view.lexical_scores("cobra mango", np.array([ids[PARTS[1]]]))[0]
    assert hits[PARTS[1]].lexical == pytest.approx(own)
    searcher.close()

"""Typing errors: what is searched for in place of a word that stands nowhere."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.asked import Asked
from search.searcher import Searcher
from search.spelling import respelt
from tests.fake import FakeEncoder, FakeTokens
from tests.making import document, put, writer

TEXTS = [
    "Kolmogorov gave axioms to probability.",
    "Mean pooling averages the token vectors of a transformer.",
    "Mean pooling again, and a trust fund.",
    "Transformed data, polling stations, Müller and naïve approaches.",
    "版本 python3 and 文本检索, encodings.",
    "Вероятность и статистика",
]


class Pieces(FakeTokens):
    """Reads some words whole, and all others by their letters."""

    KNOWN = ("rust", "mean")

    def content_ids(self, text):
        return [0] if text in self.KNOWN else [0] * max(2, len(text))


class Encoder(FakeEncoder):
    def __init__(self):
        super().__init__()
        self.tokens = Pieces()


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    path = tmp_path_factory.mktemp("spelling") / "index"
    with writer(path) as to:
        put(to, *[document(f"{at}.md", text) for at, text in enumerate(TEXTS)])
    with_fake = Searcher(path, encoder=Encoder())
    yield with_fake
    with_fake.close()


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("Kolmogorow", [("Kolmogorow", "kolmogorov")]),  # another letter
        ("kolmogrov's axioms", [("kolmogrov", "kolmogorov")]),  # one too few
        ("kolmmogorovv", [("kolmmogorovv", "kolmogorov")]),  # two too many
        ("okmlgorov", []),  # three edits
        ("mean poolling", [("poolling", "pooling")]),  # polling is as near, but in fewer
        ("transfromer", [("transfromer", "transformer")]),  # transposed
        ("rtansformer, vectros", [("rtansformer", "transformer"), ("vectros", "vectors")]),
        ("muler", [("muler", "muller")]),  # accents don't count
        ("nave aproaches", [("nave", "naive"), ("aproaches", "approaches")]),
        ("вероятнасть", [("вероятнасть", "вероятность")]),
        ("averaged pooled encoding", []),  # other forms of words that are there
        ("fond axiomz", [("fond", "fund"), ("axiomz", "axioms")]),
        ("tken", [("tken", "token")]),
        ("tkn", []),  # three letters
        ("tooken vector stations", [("tooken", "token")]),
        ("rust", []),  # trust begins otherwise, and the encoder reads it whole
        ("pyhton3", []),  # has a digit
        ("文木", []),
        ("zzzzzz", []),
        ("the of", []),
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "lexical"])
def test_a_word_that_stands_nowhere_is_taken_for_the_nearest_that_does(searcher, question, corrected, mode):
    hits = searcher.query(question, mode=mode)
    assert list(hits.corrected) == corrected
    for asked, used in corrected:
        assert asked not in hits.words
        assert used in hits.words


@pytest.mark.parametrize("mode", ["hybrid", "lexical"])
def test_it_finds_what_the_right_spelling_finds(searcher, mode):
    wrong, right = searcher.query("Kolmogorow", mode=mode), searcher.query("kolmogorov", mode=mode)
    assert wrong[0].path == right[0].path == "0.md"
    assert wrong[0].lexical == right[0].lexical
    assert wrong.to_dict()["corrected"] == [["Kolmogorow", "kolmogorov"]]
    assert right.to_dict()["corrected"] == []


def test_the_vectors_get_what_was_typed(searcher):
    assert searcher.query("Kolmogorow", mode="dense").corrected == ()
    wrong, right = searcher.query("mean poolling"), searcher.query("mean pooling")
    assert {hit.passage_id: hit.dense for hit in wrong} != {hit.passage_id: hit.dense for hit in right}


@pytest.mark.parametrize("question", ['axioms "Kolmogorow"', 'axioms "of Kolmogorow"', "axioms -Kolmogorow"])
def test_what_is_quoted_or_excluded_is_meant_as_written(searcher, question):
    assert searcher.query(question).corrected == ()


@given(st.lists(st.sampled_from(" ".join(TEXTS).split()), min_size=1, max_size=6))
def test_a_question_whose_words_are_all_there_stays_as_it_is(searcher, words):
    asked = Asked.plain(" ".join(words))
    with searcher.view() as view:
        assert respelt(view, asked, lambda _: False) == (asked.words, ())


def test_a_word_with_combining_marks_is_not_taken_apart(tmp_path):
    with writer(tmp_path / "index") as to:
        put(to, document("a.md", "Lösung"), document("b.md", "song"))
    searcher = Searcher(tmp_path / "index", encoder=Encoder())
    for form in ("NFC", "NFD"):
        found = searcher.query(unicodedata.normalize(form, "Lösung"), mode="lexical")
        assert (found.corrected, [hit.path for hit in found]) == ((), ["a.md"])
    searcher.close()

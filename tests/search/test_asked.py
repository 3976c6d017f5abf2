"""Quoted phrases and words with a minus: read from a question, and held against every passage."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.store import Wording
from search.asked import Asked, read
from search.searcher import Searcher
from tests.fake import FakeEncoder
from tests.making import document, put, writer

TEXTS = [
    "Mean pooling makes one vector.",
    "We pooled the mean of all tokens.",
    "A draft about mean pooling.",
    "Drafts of Mean-Pooling, work in progress.",
    "C++ templates and C pointers.",
    "C has pointers alone.",
    "文本向量用平均池化得到。",
    "池化以后再平均。",
    "The wheel of 5 inches is at -5 degrees.",
]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    path = tmp_path_factory.mktemp("asked") / "index"
    with writer(path) as to:
        put(to, *[document(f"{at}.md", text) for at, text in enumerate(TEXTS)])
        put(to, document("reports/budget 2024.xlsx", "Figures of a year.", title="Pooling by means"))
    with_fake = Searcher(path, encoder=FakeEncoder())
    yield with_fake
    with_fake.close()


@pytest.mark.parametrize(
    ("question", "words", "required", "excluded"),
    [
        ('bert "mean pooling"', "bert mean pooling", ["mean pooling"], []),
        ("mean pooling -draft", "mean pooling", [], ["draft"]),
        ('pooling -"work in  progress", please', "pooling , please", [], ["work in progress"]),
        ("什么是“平均池化”？", "什么是平均池化？", ["平均池化"], []),
        ("「平均」と池化 －草稿", "平均と池化", ["平均"], ["草稿"]),
        ('什么是"平均池化"的意思', "什么是平均池化的意思", ["平均池化"], []),
        ("tokens -foo.tar.gz.", "tokens", [], ["foo.tar.gz"]),
    ],
)
def test_operators_are_taken_out_of_the_question(question, words, required, excluded):
    asked = read(question)
    assert asked.words == words
    assert [at.text for at in asked.required] == required
    assert [at.text for at in asked.excluded] == excluded


@pytest.mark.parametrize(
    "question",
    [
        "state-of-the-art mean-pooling",
        "at -5 degrees",
        "- a bullet\n- another",
        'a 5" and a 6" wheel',
        'a lone " mark',
        "tar -x --help",
        "-draft",
        '-"work in progress"',
        '"?!" ""',
        "it's 'quoted' so",
        " ".join(f"-word{at}x" for at in range(40)) + " rest",
    ],
)
def test_what_only_looks_like_an_operator_is_plain_text(question):
    assert read(question) == Asked.plain(question)


@given(st.text(alphabet='ab平 -−"“”「」\n.5', max_size=40))
def test_nothing_is_an_error_and_words_have_no_operators_left(question):
    asked = read(question)
    if asked.required or asked.excluded:
        assert any(map(str.isalnum, asked.words))
        assert len(asked.words) <= len(question)
    else:
        assert asked.words == question.strip()


@given(st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=2, max_size=5))
def test_what_is_quoted_or_excluded_is_read_again(words):
    first, *rest = words
    asked = read(f'{first} "{" ".join(rest)}" -{first}')
    assert (asked.required, asked.excluded) == ((Wording(" ".join(rest)),), (Wording(first, verbatim=False),))


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ('"mean pooling"', lambda text: "mean pooling" in re.sub(r"\W+", " ", text.lower())),
        ('vector "MEAN  Pooling" -draft', lambda text: text == TEXTS[0]),
        ('mean -"draft"', lambda text: not re.search(r"\bdraft\b", text.lower())),
        ('mean pooling -"work in progress"', lambda text: "work in" not in text),
        ('"C++" pointers', lambda text: "C++" in text),
        ('"C" pointers', lambda text: "C++" in text or text.startswith("C")),
        ("pointers -C++", lambda text: "C++" not in text),
        ("“平均池化”", lambda text: "平均池化" in text),
        ("平均 -池化", lambda text: "池化" not in text),
        ('"no such phrase"', lambda text: False),
    ],
)
def test_no_hit_lacks_what_is_required_or_holds_what_is_excluded(searcher, question, holds, mode):
    hits = searcher.query(question, 20, mode=mode, collapse=False)
    found = {hit.text for hit in hits}
    assert found <= {text for text in [*TEXTS, "Figures of a year."] if holds(text)}
    if mode == "dense":  # which finds all that it may
        assert found == {text for text in [*TEXTS, "Figures of a year."] if holds(text)}
    if not found:
        assert hits.nothing.startswith("nothing found for “")


def test_a_phrase_ends_where_title_heading_and_text_do(searcher):
    assert not searcher.query('"means figures"', mode="dense")
    assert [hit.path for hit in searcher.query('"by means"', mode="dense")] == ["reports/budget 2024.xlsx"]


def test_a_question_with_operators_ranks_as_its_words(searcher):
    asked, plain = searcher.query("mean pooling -inches", 5), searcher.query("mean pooling", 5)
    assert [(hit.text, hit.score) for hit in asked] == [(hit.text, hit.score) for hit in plain]


def test_with_a_filter_both_hold(searcher):
    hits = searcher.query('"mean pooling" -draft', filter="path:0.md,2.md")
    assert [hit.path for hit in hits] == ["0.md"]
    assert not searcher.query('"mean pooling"', filter="path:1.md")


def test_a_file_is_found_by_its_name(searcher):
    assert searcher.query("budget 2024.xlsx", mode="lexical")[0].path == "reports/budget 2024.xlsx"

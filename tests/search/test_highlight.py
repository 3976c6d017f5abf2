"""What is marked must be what BM25 scored: the judge is a real tantivy index, not our own analysis."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.store.lexical import LexicalReader, LexicalWriter
from search.highlight import matches

TEXTS = [
    "Mean pooling averages the token vectors; CLS pooling takes the first.",
    "A pooled vector of 384 numbers, x_y and 3.14 too.",
    "句向量用平均池化得到，池化方式要记进索引。",
    "用BERT检索文档，比较 café 和 naïve。",
    "カタカナ・ひらがな、東京タワー",
    "한국어 문서 검색과 벡터",
    "Поиск по смыслу; поиска слов нет.",
    "…!?  —",
    "the of and a",
    "ﬁle ½ ① Straße ÅNGSTRÖM don't",
    "池",
    "a" * 90 + " long",
]
QUESTIONS = [
    "how is a vector pooled?",
    "the pools of tokens",
    "the",
    "平均池化",
    "池化怎么做",
    "池",
    "检索",
    "bert CAFE",
    "東京",
    "ひらがな・カタカナ",
    "문서를 검색",
    "поиск",
    "file strasse angstrom",
    "3.14 x",
    "dont don",
    "nothing of that sort",
    "—",
]

CJK_WORD = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{2}")

# Letters of several scripts, marks and joints, few enough that words meet.
ALPHABET = st.sampled_from(list("abAB érs ts-_.'0½ 池化索引 アイ・ 검색 яЯ \n"))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalReader:
    folder = tmp_path_factory.mktemp("words") / "lexical"
    writer = LexicalWriter(folder)
    writer.add((at, (text,)) for at, text in enumerate(TEXTS))
    writer.commit()
    writer.close()
    return LexicalReader(folder)


def agree(question: str, is_marked: bool, is_scored: bool) -> bool:
    """Single characters of a CJK word in the question may score without being marked; nothing else may."""
    return is_marked == is_scored or (is_scored and bool(CJK_WORD.search(question)))


@pytest.mark.parametrize("question", QUESTIONS)
def test_marked_exactly_where_bm25_scores(index: LexicalReader, question: str) -> None:
    scored = index.scores(question, np.arange(len(TEXTS))) > 0
    for text, is_scored in zip(TEXTS, scored.tolist(), strict=True):
        assert agree(question, bool(matches(question, text)), is_scored), text


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(ALPHABET, max_size=12), st.text(ALPHABET, max_size=40))
def test_marked_exactly_where_bm25_scores_any_text(tmp_path: Path, question: str, text: str) -> None:
    folder = tmp_path / "lexical"
    writer = LexicalWriter(folder)
    writer.remove([0])
    writer.add([(0, (text,))])
    writer.commit()
    writer.close()
    scored = bool(LexicalReader(folder).scores(question, np.array([0]))[0] > 0)
    assert agree(question, bool(matches(question, text)), scored)


@given(st.text(max_size=30), st.text(max_size=200))
def test_spans_are_ordered_apart_and_inside(question: str, text: str) -> None:
    spans = matches(question, text)
    places = [place for span in spans for place in span]
    assert places == sorted(set(places))
    assert all(0 <= start < end <= len(text) for start, end in spans)


@given(st.text(ALPHABET, min_size=1, max_size=40))
def test_a_text_marks_all_its_own_words(text: str) -> None:
    marked = {at for start, end in matches(text, text) for at in range(start, end)}
    unmarked = "".join(" " if at in marked else character for at, character in enumerate(text))
    assert not matches(text, unmarked)


def test_marks_are_whole_words() -> None:
    text = "Pooled, pooling and pools; but not poolside."
    assert [text[slice(*span)] for span in matches("pooling", text)] == ["Pooled", "pooling", "pools"]


def test_stop_words_are_not_marked() -> None:
    assert matches("what is the mask", "the mask is what it is") == [(4, 8)]


def test_pairs_of_characters_become_one_run() -> None:
    assert matches("平均池化怎么做", "用平均池化做") == [(1, 5)]


def test_single_characters_are_marked_only_where_the_question_has_one() -> None:
    assert matches("池化", "池塘和化学") == []
    assert matches("池", "池塘和水池") == [(0, 1), (4, 5)]


def test_marks_that_touch_are_one() -> None:
    assert matches("用 bert", "只用BERT") == [(1, 6)]


def test_offsets_count_code_points() -> None:
    assert matches("mask", "🙂🙂 mask") == [(3, 7)]

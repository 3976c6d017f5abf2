"""Sentences: examples by hand, positions against ICU's own UTF-16 ones."""

import doctest
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icu4py.breakers import CharacterBreaker, LineBreaker

from indexer import sentences
from indexer.sentences import INNER_BREAKS, sentence_ends


def cut_at(text: str, ends: list[int]) -> list[str]:
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


# Sentences as a reader would count them; "|" marks where one ends.
EXAMPLES = [
    "He left. |She stayed! |Why?",
    "Dr. Smith met Mr. Bean in the U.S. Army. |Prof. Jones vs. Mrs. Hall et al. 2003 said so.",
    "J. R. R. Tolkien wrote it. |See Fig. 3 on p. 5. |See Sec. 2.1. |It cost $3.50. |(See above.) |Next.",
    "1. First comes this. |2. Then that.",
    "The government said no. |It is modern art. |So am I. |The end.",
    '“Hello there.” |He said so. |"Go!" |She went.',
    "Wrapped in\nthe middle. |And here\r\nas well. |End",
    "An 😀 emoji. |A 𠮷野家 too. |End. |😀",
    "他说：“我们走吧？”|然后离开了。|“好的。”|她说！|真的？|是的。",
    "我们走吧？|“你好”他说。|（完。）|《书》很好。",
    "「行くぞ。」|と彼は言った。|「はい。」|それから帰った。|（本当だ。）|次。",
    "„Gehen wir?“ |Fragte er. |«Non.» |Dit-il.",
    "هل أنت بخير؟ |نعم.",
    "यह एक वाक्य है। |दूसरा वाक्य।",
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_sentences_as_a_reader_counts_them(example: str) -> None:
    expected = example.split("|")
    (ends,) = sentence_ends(["".join(expected)])
    assert cut_at("".join(expected), ends) == expected


def test_texts_do_not_influence_each_other() -> None:
    texts = [example.replace("|", "") for example in EXAMPLES]
    assert sentence_ends(texts) == [sentence_ends([text])[0] for text in texts]
    assert sentence_ends([]) == []
    assert sentence_ends(["", "One.", "", " "]) == [[], [4], [], [1]]


@given(st.lists(st.text()))
def test_ends_rise_to_the_end_of_each_text(texts: list[str]) -> None:
    for text, ends in zip(texts, sentence_ends(texts), strict=True):
        assert ends == sorted(set(ends))
        assert ends[-1:] == ([len(text)] if text else [])
        assert all(ends)


@given(st.text())
def test_positions_are_code_points(text: str) -> None:
    units = text.encode("utf-16-le")
    for breaker, inner in ((LineBreaker, INNER_BREAKS[2]), (CharacterBreaker, INNER_BREAKS[3])):
        ends = [end for _, end in breaker(text, "en").segments()]
        assert inner(text).tolist() == [len(units[: 2 * end].decode("utf-16-le")) for end in ends]


def test_inner_breaks_come_from_best_to_worst() -> None:
    stop, clause, wrap, grapheme, anywhere = INNER_BREAKS
    text = "no capital. so one sentence, with e\u0301 and 3.5"
    assert cut_at(text, stop(text).tolist()) == ["no capital. "]
    assert cut_at(text, clause(text).tolist()) == ["no capital. so one sentence, "]
    assert len(wrap(text)) == len(text.split())
    assert len(grapheme(text)) == len(text) - 1
    assert len(anywhere(text)) == len(text)
    assert cut_at("好，的。对", clause("好，的。对").tolist()) == ["好，"]


@pytest.mark.parametrize("unit", ["J. ", "“", "Is it? ", "1. ", "。“", "x" * 50 + " "])
def test_time_is_linear(unit: str) -> None:
    text = unit * (300_000 // len(unit))
    begun = time.perf_counter()
    sentence_ends([text])
    assert time.perf_counter() - begun < 5


def test_docstring() -> None:
    assert doctest.testmod(sentences).failed == 0

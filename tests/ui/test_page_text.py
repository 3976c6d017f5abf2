"""The page's words, and how document text becomes harmless HTML."""

from dataclasses import fields
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as some
from selectolax.lexbor import LexborHTMLParser

from search.highlight import matches
from tests.making import hit
from ui.page.cards import match
from ui.page.labels import LABELS, counted, language_of
from ui.page.text import escaped, marked, paragraphs, reflowed, without_emphasis, without_heading


def test_both_languages_say_everything():
    for field in fields(LABELS["en"]):
        english, chinese = (getattr(LABELS[language], field.name) for language in ("en", "zh"))
        assert english and chinese, field.name
        if isinstance(english, str):
            assert english.count("{}") == chinese.count("{}"), field.name
        elif isinstance(english, dict):
            assert english.keys() == chinese.keys(), field.name


@pytest.mark.parametrize(
    ("locale", "language"), [("zh-TW", "zh"), ("zh", "zh"), ("en-GB", "en"), ("de", "en"), (None, "en")]
)
def test_language_of_the_browser(locale, language):
    assert language_of(locale) == language


def test_counted():
    forms = ("{} file", "{} files")
    assert [counted(number, forms) for number in (0, 1, 1024)] == ["0 files", "1 file", "1,024 files"]


@given(some.text())
def test_escaped_is_the_same_text_and_no_markup(content):
    assert (
        LexborHTMLParser(f"<p title='{escaped(content)}'>x{escaped(content)}</p>").css_first("p").attributes
    )
    assert unescape(escaped(content)) == content
    assert not set("<>\"'") & set(escaped(content))


@given(some.text(max_size=20), some.text())
def test_marked_only_adds_marks(question, content):
    plain = marked(question, content).replace("<mark>", "").replace("</mark>", "")
    assert unescape(plain) == content


@given(some.text(some.sampled_from("ab 池。-1.\n\t#"), max_size=300))
def test_reflowing_moves_no_character_and_changes_no_word(content):
    flowed = reflowed(content)
    assert len(flowed) == len(content)
    changed = {(was, now) for was, now in zip(content, flowed, strict=True) if was != now}
    assert changed <= {("\n", " "), ("\n", "\u200b")}
    assert matches("a b 池。池", flowed) == matches("a b 池。池", content)


def test_reflowing_knows_wraps_from_lists():
    wrapped = (
        "Texts in a batch have different lengths, so the\nshort ones are filled up with padding at their ends"
    )
    listed = "- Texts in a batch have different lengths, and\n- the short ones are filled up with padding"
    table = (
        "Model | Dimensions | Pooling | Licence and remarks\nMiniLM | 384 | mean | Apache-2.0 and quite small"
    )
    assert reflowed(table) == table
    assert reflowed(wrapped) == wrapped.replace("\n", " ")
    assert reflowed(listed) == listed


def test_paragraphs_are_cut_at_blank_lines():
    assert (
        paragraphs("two", "one <b>\n\n \ntwo\nthree") == "<p>one &lt;b&gt;</p><p><mark>two</mark>\nthree</p>"
    )


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("## The mask\n\nTexts.", "Texts."),
        ("Pooling\n\nThe mask\n\nTexts.", "Texts."),
        ("The mask", "The mask"),
        ("The mask is on.\n\nTexts.", "The mask is on.\n\nTexts."),
    ],
)
def test_headings_are_not_said_twice(content, shown):
    assert without_heading(content, ("Pooling", "The mask")) == shown


@pytest.mark.parametrize(("probability", "word"), [(0.9, "likely"), (0.3, "possible"), (0.05, "unlikely")])
def test_a_probability_is_told_in_words(probability, word):
    assert f"<b>{word}</b>" in match("q", hit(probability), 1.0, LABELS["en"])


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("**Mean pooling** averages *all* tokens.", "Mean pooling averages all tokens."),
        ("f(*args, **more) and 2 * 3 * 4, a*b*c", "f(*args, **more) and 2 * 3 * 4, a*b*c"),
        ("* one\n* two", "* one\n* two"),
        ("__init__ and ***both***", "__init__ and both"),
    ],
)
def test_emphasis_of_markdown_is_not_shown_as_asterisks(content, shown):
    assert without_emphasis(content, "md") == shown
    assert without_emphasis(content, "txt") == content

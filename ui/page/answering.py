"""The sentence of the documents that answers the question best, above the hits."""

import streamlit as st

from indexer.store.analysis import words_of
from search import Answer, Hit
from ui.page.address import go
from ui.page.cards import likely, notice, place
from ui.page.labels import Labels
from ui.page.text import escaped, marked, without_emphasis

__all__ = ["is_question", "show_answer"]

# Words, those that stand everywhere not counted; a Chinese character and each pair of them is one.
FEWEST = 2


def is_question(text: str) -> bool:
    """Whether there is something to answer: a name or two words ask for passages, not for a sentence."""
    return len(words_of(text)) >= FEWEST


def show_answer(found: Answer, labels: Labels) -> None:
    """A box with the sentence and where it stands; or one that says that there is none."""
    if found.hit is None or found.text is None:
        st.html(notice(labels.no_answer, [labels.nearest]))
        return
    with st.container(key="answer"):
        st.html(_box(found, found.text, found.hit, labels))
        st.button(
            labels.open,
            key="open-answer",
            type="tertiary",
            icon=":material/menu_book:",
            on_click=go,
            kwargs={"open": found.hit.passage_id},
        )


def _box(found: Answer, text: str, hit: Hit, labels: Labels) -> str:
    sentence = without_emphasis(" ".join(text.split()), hit.kind)
    sure = f" · <b>{escaped(likely(found.likelihood, labels))}</b>" if found.likelihood else ""
    return (
        f'<section class="bv-answer" aria-label="{escaped(labels.answer)}">'
        f'<p class="bv-hint">{escaped(labels.answer)}{sure}</p>'
        f'<blockquote dir="auto">{marked(found.question, sentence)}</blockquote>'
        f'<p class="bv-place">{place("", hit, hit.heading, labels)}</p></section>'
    )

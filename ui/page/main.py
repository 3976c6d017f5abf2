"""The page from top to bottom."""

import logging
import time
from pathlib import Path

import streamlit as st

from indexer.errors import BertrieveError, NotAnIndexError
from indexer.store import default_index
from search import Searcher
from ui.page.cards import cards, notice, summary
from ui.page.keys import focus_question
from ui.page.labels import Labels
from ui.page.making import offer, watch
from ui.page.opened import indexing_run, last_write, open_searcher, problems, state
from ui.page.overview import footnote, local_time, overview
from ui.page.question import Asked, ask, choose_language, set_mode

__all__ = ["show"]

STYLE = Path(__file__).parents[1] / "style.css"
ICON = (
    "<svg viewBox='0 0 32 32'><rect width='32' height='32' rx='8' fill='#1f6f5c'/>"
    "<circle cx='14' cy='14' r='6' fill='none' stroke='#fff' stroke-width='3'/>"
    "<path d='M19 19l6 6' stroke='#fff' stroke-width='3' stroke-linecap='round'/></svg>"
)


def show() -> None:
    """Draw the page for one session's state; whatever is wrong with the index is said in one sentence."""
    st.set_page_config("bertrieve", ICON)
    st.html(STYLE)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="top"
    ):
        st.html('<p class="bv-name">bert<b>rieve</b></p>', width="content")
        labels = choose_language()
    index = default_index().expanduser().absolute()
    try:
        _body(index, labels)
    except NotAnIndexError:
        run = indexing_run(str(index))
        watch(run, labels)
        if not run.running:
            offer(run, labels.no_index_title, labels.no_index, labels)
    except BertrieveError as error:
        st.html(notice(labels.error_title, [str(error)], role="alert"))
    except Exception as error:
        # What nobody foresaw is for the terminal; the page still says where to look.
        logging.getLogger(__name__).exception("the page can't be drawn")
        st.html(notice(labels.error_title, [labels.unexpected.format(type(error).__name__)], role="alert"))


def _body(index: Path, labels: Labels) -> None:
    searcher = open_searcher(index)
    run = indexing_run(str(index))
    watch(run, labels)
    written = last_write(index)
    info = state(searcher, str(index), written)
    asked = ask(labels) if info.passages else None
    focus_question()
    if asked and asked.question:
        _answer(searcher, asked, labels)
    elif asked:
        st.html(f'<p class="bv-hint">{labels.modes_help}</p>')
    elif not run.running:
        offer(run, labels.empty_title, labels.empty, labels)
    found = problems(searcher, str(index), written)
    changed = local_time(written, st.context.timezone)
    describe = footnote if asked and asked.question else overview
    st.html(describe(info, found, changed, labels))


def _answer(searcher: Searcher, asked: Asked, labels: Labels) -> None:
    with st.spinner(labels.loading, show_time=False):
        began = time.perf_counter()
        hits = searcher.query(asked.question, asked.k, mode=asked.mode)
        seconds = time.perf_counter() - began
    if hits:
        st.html(summary(hits, seconds, labels) + cards(hits, labels))
        return
    by_words = asked.mode == "lexical"
    st.html(notice(labels.nothing_title, [labels.nothing_by_words if by_words else labels.nothing_at_all]))
    if by_words:
        st.button(labels.search_by_meaning, on_click=set_mode, args=("dense",), type="primary")

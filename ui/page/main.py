"""The page from top to bottom: its name, its views, and what is said when something is wrong."""

import logging
from dataclasses import replace
from pathlib import Path

import streamlit as st

from indexer.errors import BertrieveError, NotAnIndexError
from indexer.store import default_index
from ui.page.address import here, numbers_here
from ui.page.cards import notice
from ui.page.entry import admitted
from ui.page.evaluating import show_evaluation
from ui.page.filtering import choose_filters
from ui.page.indexes import choose_index, make_index, named
from ui.page.indexing import indexing_run
from ui.page.keys import listen
from ui.page.labels import Labels, said
from ui.page.library import choose_view, show_library
from ui.page.making import add_files, offer, watch
from ui.page.mapping import show_map
from ui.page.opened import opened
from ui.page.question import Asked, ask, choose_language, choose_mode, language
from ui.page.reading import show_opened
from ui.page.results import show_results
from ui.page.start import show_start

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
    st.html(f"<style>.stApp {{ --bv-choose: '{(labels := language()).choose_files}' }}</style>")
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="top"
    ):
        name = st.container(horizontal=True, vertical_alignment="center", width="content", key="name")
        name.html('<h1 class="bv-name">bert<b>rieve</b></h1>', width="content")
        with st.container(horizontal=True, width="content", key="switches"):
            view = choose_view(labels)
            choose_language()
    if not admitted(labels):
        return
    first = default_index().expanduser().absolute()
    index = named(first, here("index"))
    with name:
        choose_index(first, index)
    try:
        _body(first, index, view, labels)
    except NotAnIndexError:
        run = indexing_run(index)
        watch(run, labels)
        if not run.running:
            offer(run, labels.no_index_title, labels.no_index, labels)
            add_files(run, labels)
    except BertrieveError as error:
        st.html(notice(labels.error_title, [said(str(error), labels)], role="alert"))
    except Exception as error:
        # What nobody foresaw is for the terminal; the page still says where to look.
        logging.getLogger(__name__).exception("the page can't be drawn")
        st.html(notice(labels.error_title, [labels.unexpected.format(type(error).__name__)], role="alert"))


def _body(first: Path, index: Path, view: str, labels: Labels) -> None:
    there = opened(index)
    watch(there.run, labels)
    if view == "library":
        show_library(there, labels)
        make_index(first, labels)
        return
    if view == "map":
        show_map(there, labels)
        show_opened(there, labels)
        return
    if view == "evaluation":
        show_evaluation(there, labels)
        return
    question = ask(labels) if there.info.passages else ""
    asked = Asked(question, "hybrid", numbers_here("like"), numbers_here("unlike"))
    listen(labels, bare=not asked)
    if there.info.passages:
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="how"
        ):
            asked = replace(asked, mode=choose_mode(labels))
            choose_filters(there, labels)
    if asked:
        show_results(there, asked, labels)
    else:
        show_start(there, labels)
    show_opened(there, labels)

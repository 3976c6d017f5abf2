"""The page before a question: what there is to search, or a folder to index where there is nothing."""

import streamlit as st

from ui.page.labels import Labels
from ui.page.making import offer
from ui.page.opened import Opened
from ui.page.overview import local_time, overview

__all__ = ["show_start"]


def show_start(there: Opened, labels: Labels) -> None:
    """How to search and what there is to search."""
    if there.info.passages:
        st.html(f'<p class="bv-hint">{labels.modes_help}</p>')
    elif not there.run.running:
        offer(there.run, labels.empty_title, labels.empty, labels)
    changed = local_time(there.written, st.context.timezone)
    st.html(overview(there.info, there.problems, changed, labels))

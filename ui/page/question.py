"""The question box and how to search, all of it kept in the address: ?q=…&mode=dense&k=20&lang=zh."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import streamlit as st

from search import Mode
from ui.page.labels import LABELS, LANGUAGES, Labels, language_of

__all__ = ["Asked", "ask", "choose_language", "set_mode"]

COUNTS = {"10": "10", "20": "20", "50": "50"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants to know: the question ("" where there is none), how, and how many hits."""

    question: str
    mode: Mode
    k: int


def choose_language() -> Labels:
    """The language switch; the browser's own language until somebody uses it."""
    default = language_of(st.context.locale)
    return LABELS[_choose("lang", "Language · 语言", LANGUAGES, default)]


def ask(labels: Labels) -> Asked:
    """The question box, searching as one types, and the controls below it."""
    question = st.text_input(
        labels.ask,
        type="search",
        live="300ms",
        key="q",
        bind="query-params",
        placeholder=labels.ask,
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", key="how"):
        mode = _choose("mode", labels.mode, labels.modes, "hybrid")
        with st.container(horizontal=True, vertical_alignment="center", width="content", key="count"):
            st.html(f'<span class="bv-label" aria-hidden="true">{labels.results}</span>', width="content")
            k = int(_choose("k", labels.results, COUNTS, "10"))
    return Asked((question or "").strip(), cast(Mode, mode), k)


def set_mode(mode: Mode) -> None:
    """Search by `mode` from the next run on."""
    st.query_params["mode"] = mode


def _choose(name: str, label: str, options: Mapping[str, str], default: str) -> str:
    """One of `options` (what the address says -> what the page says), as the address has it.

    Streamlit's own binding would write the page's words into the address, and those have a language.
    """
    named = st.query_params.get(name)
    chosen = st.session_state[name] = named if named is not None and named in options else default
    st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        required=True,
        key=name,
        on_change=_keep,
        args=(name, default),
        label_visibility="collapsed",
    )
    return chosen


def _keep(name: str, default: str) -> None:
    """Write what was chosen into the address, which stays short where it is the default."""
    if st.session_state[name] == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = st.session_state[name]

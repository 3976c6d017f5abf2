"""The question box and how to search: ?q=…&mode=dense&lang=zh."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import streamlit as st

from search import Mode
from ui.page.address import go, here
from ui.page.labels import LABELS, LANGUAGES, Labels, language_of

__all__ = ["Asked", "ask", "choose", "choose_language", "choose_mode", "language"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants to know: the question ("" where there is none), how to search, and the ids of
    passages to come nearer to and to go away from. Falsy where nothing was asked."""

    question: str
    mode: Mode
    likes: tuple[int, ...] = ()
    unlikes: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        # What to go away from says nothing of where to go.
        return bool(self.question or self.likes)


def language() -> Labels:
    """The page's words, in the browser's own language until somebody chose another."""
    named = here("lang")
    return LABELS[named if named in LABELS else language_of(st.context.locale)]


def choose_language() -> None:
    """The language switch."""
    choose("lang", "Language · 语言", LANGUAGES, language_of(st.context.locale))


def ask(labels: Labels) -> str:
    """The question box, searching as one types; "" while there is none."""
    question = st.text_input(
        labels.ask,
        type="search",
        live="200ms",
        key="q",
        bind="query-params",
        placeholder=labels.ask,
        label_visibility="collapsed",
        on_change=_another_question,
    )
    return (question or "").strip()


def choose_mode(labels: Labels) -> Mode:
    """The ways to search."""
    return cast(Mode, choose("mode", labels.mode, labels.modes, "hybrid"))


def _another_question() -> None:
    """A new question begins at its first page, and leaves the likes of passages behind."""
    go(page=None, like=None, unlike=None)


def choose(name: str, label: str, options: Mapping[str, str], default: str) -> str:
    """One of `options` (what the address says -> what the page says), as the address has it.

    Streamlit's own binding would write the page's words into the address, and those have a language.
    """
    chosen = st.session_state[name] = named if (named := here(name)) in options else default
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
    chosen = st.session_state[name]
    # Another language is another view of the same page of hits.
    changes = {"page": None} if name == "mode" else {}
    go(**changes, **{name: None if chosen == default else chosen})

"""Filters: what there is to filter by, what is chosen, and what hides the hits. ?filter=type:pdf

The address holds a filter as `search.filters` writes it, so that what is clicked here, typed there or given
to the command line is one thing. Parts that no click makes (a size, an OR) are kept as they are.
"""

import re
from collections.abc import Sequence

import streamlit as st

from search import Searcher
from search.filters import And, Filter, Is, parsed
from ui.page.address import go, here
from ui.page.cards import notice
from ui.page.labels import Labels, counted
from ui.page.liking import find
from ui.page.opened import Opened
from ui.page.question import Asked
from ui.page.text import plain

__all__ = ["choose_filters", "chosen_filter", "joined", "parts_of", "without_hits"]

# Values of a field that are offered; the most frequent are first.
OFFERED = 12
# A time that is a whole day says no more than its day.
TIME = re.compile(r"^(\d{4}-\d\d-\d\d)T00:00:00(Z|[+-]00:?00)?$")
LANGUAGE_NAMES = {
    "ar": "العربية",
    "de": "Deutsch",
    "en": "English",
    "es": "español",
    "fr": "français",
    "it": "italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nl": "Nederlands",
    "pl": "polski",
    "pt": "português",
    "ru": "русский",
    "zh": "中文",
}


def chosen_filter() -> Filter | None:
    """The filter that the address has. Raises UsageError where it can't be read."""
    return parsed(here("filter"))


def choose_filters(there: Opened, labels: Labels) -> None:
    """A button that opens all fields with their values and counts; beside it what is chosen, and a way out.

    Raises UsageError where the address has a filter that can't be read.
    """
    text = here("filter")
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="filters"):
        if text:
            st.button(
                labels.clear_filters,
                on_click=go,
                kwargs={"filter": None, "page": None},
                type="tertiary",
                icon=":material/close:",
                key="clear-filters",
            )
        parts = parts_of(chosen_filter())
        label = f"{labels.filters} · {len(parts)}" if parts else labels.filters
        with st.popover(label, type="tertiary", icon=":material/tune:", key="filter"):
            for field, counts in _facets(there.searcher, str(there.index), there.written).items():
                _values(field, dict(list(counts.items())[:OFFERED]), parts, labels)


def _values(field: str, counts: dict[str, int], parts: Sequence[Filter], labels: Labels) -> None:
    """The values of a field as buttons; those that the filter names are pressed."""
    key = f"filter-{field}"
    patterns = {value: Is.exactly(field, value).values[0] for value in counts}
    named = next((part.values for part in parts if isinstance(part, Is) and part.field == field), ())
    st.session_state[key] = [value for value, pattern in patterns.items() if pattern in named]
    st.pills(
        labels.fields.get(field, plain(field)),
        list(counts),
        format_func=lambda value: f"{plain(_named(field, value, labels))} {counts[value]:,}",
        selection_mode="multi",
        key=key,
        on_change=_keep,
        args=(field, key),
    )


def _named(field: str, value: str, labels: Labels) -> str:
    """A value as a person reads it: a language by its own name, a time by its day."""
    if field == "language":
        return labels.unknown if value == "und" else LANGUAGE_NAMES.get(value, value)
    return TIME.sub(r"\1", value)


def _keep(field: str, key: str) -> None:
    chosen = st.session_state[key]
    parts = [part for part in parts_of(chosen_filter()) if not (isinstance(part, Is) and part.field == field)]
    go(filter=joined([*parts, *([Is.exactly(field, *chosen)] if chosen else [])]), page=None)


def parts_of(tree: Filter | None) -> list[Filter]:
    """What must all hold."""
    if tree is None:
        return []
    return list(tree.parts) if isinstance(tree, And) else [tree]


def joined(parts: Sequence[Filter]) -> str:
    """The text of a filter that holds where all parts do; "" for none."""
    if not parts:
        return ""
    return str(parts[0] if len(parts) == 1 else And(tuple(parts)))


def without_hits(searcher: Searcher, asked: Asked, most: int, labels: Labels) -> None:
    """Where a filter leaves no hit: how many passages each part of it hides, and a way out."""
    parts = parts_of(chosen_filter())
    lines = []
    for part in parts:
        others = joined([other for other in parts if other is not part])
        found = find(searcher, asked, most, filter=others or None)
        lines.append(labels.hidden_by.format(part, counted(len(found), labels.passages)))
    st.html(notice(labels.nothing_title, [labels.nothing_filtered, *lines]))
    st.button(labels.clear_filters, on_click=go, kwargs={"filter": None, "page": None}, type="primary")


@st.cache_data(show_spinner=False, max_entries=4)
def _facets(_searcher: Searcher, index: str, written: int) -> dict[str, dict[str, int]]:  # noqa: ARG001
    return _searcher.facets()

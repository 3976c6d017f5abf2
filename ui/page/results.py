"""The hits of a question: ten a page, each with what can be done with it."""

import time
from functools import partial

import streamlit as st

from search import Answer, Hit, Hits, Searcher
from search.results import Group
from ui.page.address import go, here, number_here
from ui.page.answering import is_question, show_answer
from ui.page.cards import card, match, notice, places, summary
from ui.page.export import as_csv, as_json
from ui.page.filtering import without_hits
from ui.page.labels import Labels, counted
from ui.page.liking import find, show_likes, steer
from ui.page.opened import Opened
from ui.page.overview import footnote, local_time
from ui.page.question import Asked

__all__ = ["show_results"]

FOUND = 100
PAGE = 10


def show_results(there: Opened, asked: Asked, labels: Labels) -> None:
    """Ask, and show the page of hits that the address names."""
    group: Group | None = "document" if here("group") == "document" else None
    filtered = here("filter") or None
    state = (str(there.index), there.written)
    with st.spinner(labels.loading, show_time=False):
        hits, seconds = _found(there.searcher, state, asked, filtered, group)
    steered = bool(asked.likes or asked.unlikes)
    plain = asked.mode == "hybrid" and not (filtered or group or here("page") or steered)
    above = st.container()
    show_likes(there.searcher, asked, labels)
    if hits:
        marked = hits.words if hits.corrected else asked.question
        _hits(there.searcher, marked, hits, seconds, labels)
    elif filtered:
        without_hits(there.searcher, asked, FOUND, labels)
    else:
        _nothing(asked, hits, labels)
    changed = local_time(there.written, st.context.timezone)
    st.html(footnote(there.info, there.problems, changed, labels))
    if hits and plain and is_question(asked.question):
        # Last, for it takes longer than the hits, which need not wait for it.
        with above:
            show_answer(_answer(there.searcher, state, asked.question), labels)


# Kept, for the page is drawn anew at every click: another page of hits, an opened passage, a language.
@st.cache_resource(show_spinner=False, max_entries=64)
def _found(
    _searcher: Searcher,
    state: tuple[str, int],  # noqa: ARG001 (the index and when it was written: the cache's key)
    asked: Asked,
    filter: str | None,
    group: Group | None,
) -> tuple[Hits, float]:
    """The hits, and the seconds that it took to find them."""
    began = time.perf_counter()
    hits = find(_searcher, asked, FOUND, filter=filter, group=group)
    return hits, time.perf_counter() - began


@st.cache_resource(show_spinner=False, max_entries=64)
def _answer(_searcher: Searcher, state: tuple[str, int], question: str) -> Answer:  # noqa: ARG001
    return _searcher.answer(question)


def _hits(searcher: Searcher, question: str, hits: Hits, seconds: float, labels: Labels) -> None:
    pages = -(-len(hits) // PAGE)
    page = min(number_here("page") or 1, pages)
    with st.container(horizontal=True, vertical_alignment="center", key="found"):
        st.html(summary(hits, seconds, labels, cut=len(hits) == FOUND), width="stretch")
        _grouping(labels)
        _export(hits, labels)
    with st.container(key="hits"):
        for hit in hits[(page - 1) * PAGE : page * PAGE]:
            _hit(searcher, question, hit, hits[0].score, labels)
            if hit.others:
                with st.expander(counted(len(hit.others), labels.more_in_document)):
                    for other in hit.others:
                        _hit(searcher, question, other, hits[0].score, labels)
    _paging(page, pages)


def _hit(searcher: Searcher, question: str, hit: Hit, best: float, labels: Labels) -> None:
    # Named by the passage, not by the rank: a click that meets a new page of hits must not open another.
    with st.container(key=f"hit-{hit.passage_id}"):
        st.html(card(question, hit, labels))
        with st.container(horizontal=True, vertical_alignment="center", key=f"do-{hit.passage_id}"):
            st.html(match(question, hit, best, labels), width="stretch")
            if hit.alike:
                with st.popover(labels.alike.format(len(hit.alike)), type="tertiary"):
                    st.html(places([searcher.passage(other) for other in hit.alike[:PAGE]], labels))
            steer(hit, labels)
            st.button(
                labels.why,
                key=f"why-{hit.passage_id}",
                type="tertiary",
                icon=":material/help:",
                on_click=go,
                kwargs={"as": "why", "open": hit.passage_id},
            )
            st.button(
                labels.open,
                key=f"open-{hit.passage_id}",
                type="tertiary",
                icon=":material/menu_book:",
                on_click=go,
                kwargs={"open": hit.passage_id},
            )


def _grouping(labels: Labels) -> None:
    st.session_state["grouped"] = here("group") == "document"
    st.toggle(labels.group, key="grouped", on_change=_regroup)


def _regroup() -> None:
    go(page=None, group="document" if st.session_state["grouped"] else None)


def _export(hits: Hits, labels: Labels) -> None:
    with st.popover(labels.export, type="tertiary", key="export"):
        for label, make, suffix in (
            (labels.export_csv, as_csv, "csv"),
            (labels.export_json, as_json, "json"),
        ):
            st.download_button(
                label,
                partial(make, hits),
                f"hits.{suffix}",
                key=f"export-{suffix}",
                on_click="ignore",
                type="tertiary",
            )


def _paging(page: int, pages: int) -> None:
    if pages > 1:
        key = f"at-{page}"  # the address may have turned the page
        with st.container(horizontal_alignment="center", key="paging"):
            st.pagination(pages, default=page, key=key, on_change=_turn, args=(key,))


def _turn(key: str) -> None:
    turned = st.session_state[key]
    go(page=turned if turned > 1 else None)


def _nothing(asked: Asked, hits: Hits, labels: Labels) -> None:
    by_words = asked.mode == "lexical"
    why = labels.nothing_by_words if by_words else labels.nothing_at_all
    if hits.required:
        why = labels.nothing_quoted.format(" · ".join(f"“{text}”" for text in hits.required))
    st.html(notice(labels.nothing_title, [why]))
    if by_words:
        st.button(labels.search_by_meaning, on_click=go, kwargs={"mode": "dense"}, type="primary")

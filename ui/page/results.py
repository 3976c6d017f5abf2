"""The hits of a question: ten a page, each with what can be done with it."""

import time
from collections.abc import Sequence
from functools import partial

import streamlit as st

from search import Hit, Hits
from ui.page.address import go, here, number_here
from ui.page.cards import card, match, notice, summary
from ui.page.export import as_csv, as_json
from ui.page.labels import Labels, counted
from ui.page.opened import Opened
from ui.page.overview import footnote, local_time
from ui.page.question import Asked

__all__ = ["show_results"]

FOUND = 100
PAGE = 10


def show_results(there: Opened, asked: Asked, labels: Labels) -> None:
    """Ask, and show the page of hits that the address names."""
    with st.spinner(labels.loading, show_time=False):
        began = time.perf_counter()
        hits = there.searcher.query(asked.question, FOUND, mode=asked.mode)
        seconds = time.perf_counter() - began
    if hits:
        _hits(hits, seconds, labels)
    else:
        _nothing(asked, labels)
    changed = local_time(there.written, st.context.timezone)
    st.html(footnote(there.info, there.problems, changed, labels))


def _hits(hits: Hits, seconds: float, labels: Labels) -> None:
    by_document = here("group") == "document"
    groups = _by_document(hits) if by_document else [[hit] for hit in hits]
    pages = -(-len(groups) // PAGE)
    page = min(number_here("page") or 1, pages)
    with st.container(horizontal=True, vertical_alignment="center", key="found"):
        st.html(summary(hits, seconds, labels, cut=len(hits) == FOUND), width="stretch")
        _grouping(by_document, labels)
        _export(hits, labels)
    with st.container(key="hits"):
        for group in groups[(page - 1) * PAGE : page * PAGE]:
            _group(group, hits, labels)
    _paging(page, pages)


def _by_document(hits: Sequence[Hit]) -> list[list[Hit]]:
    """The hits of each document together, the document with the best one first."""
    groups: dict[int, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.document_id, []).append(hit)
    return list(groups.values())


def _group(group: Sequence[Hit], hits: Hits, labels: Labels) -> None:
    first, *rest = group
    _hit(first, hits, labels)
    if rest:
        with st.expander(counted(len(rest), labels.more_in_document), key=f"rest-{first.document_id}"):
            for hit in rest:
                _hit(hit, hits, labels)


def _hit(hit: Hit, hits: Hits, labels: Labels) -> None:
    # Named by the passage, not by the rank: a click that meets a new page of hits must not open another.
    with st.container(key=f"hit-{hit.passage_id}"):
        st.html(card(hits.query, hit, labels))
        with st.container(horizontal=True, vertical_alignment="center", key=f"do-{hit.passage_id}"):
            st.html(match(hits.query, hit, hits[0].score, labels), width="stretch")
            st.button(
                labels.open,
                key=f"open-{hit.passage_id}",
                type="tertiary",
                icon=":material/menu_book:",
                on_click=go,
                kwargs={"open": hit.passage_id},
            )


def _grouping(by_document: bool, labels: Labels) -> None:
    st.session_state["grouped"] = by_document
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


def _nothing(asked: Asked, labels: Labels) -> None:
    by_words = asked.mode == "lexical"
    st.html(notice(labels.nothing_title, [labels.nothing_by_words if by_words else labels.nothing_at_all]))
    if by_words:
        st.button(labels.search_by_meaning, on_click=go, kwargs={"mode": "dense"}, type="primary")

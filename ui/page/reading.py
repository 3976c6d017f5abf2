"""A document opened at a passage, in a drawer beside the hits: ?open=17."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import cast

import streamlit as st

from indexer.errors import UnknownIdError
from indexer.store import DocumentRow, PassageRow
from search import Mode, Searcher
from ui.page.address import go, here, number_here
from ui.page.cards import notice, place
from ui.page.explaining import difference_picture, explanation_picture
from ui.page.keys import scroll_to_passage
from ui.page.labels import Labels
from ui.page.opened import Opened
from ui.page.originals import Original, original_of
from ui.page.pdf import Drawn, PageError, draw
from ui.page.question import choose
from ui.page.text import escaped, paragraphs

__all__ = ["show_opened"]

# Passages shown before and after the one that was opened, until more are asked for.
AROUND = 40

# Hits among which the next one is looked for.
FOUND = 100


def show_opened(there: Opened, labels: Labels) -> None:
    """The drawer, where the address names a passage."""
    if passage_id := number_here("open"):
        # Its title would be read as Markdown: no document may name it.
        drawer = st.dialog(labels.document, width="medium", position="right", on_dismiss=_close)
        drawer(_drawer)(there, passage_id, labels)


def _close() -> None:
    go(open=None, **{"as": None})


def _drawer(there: Opened, passage_id: int, labels: Labels) -> None:
    try:
        passage = there.searcher.passage(passage_id)
        document = there.searcher.document(passage.document_id)
    except UnknownIdError:
        st.html(notice(labels.nothing_title, [labels.not_in_index]))
        return
    original = original_of(document)
    _head(passage, document, labels)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="document"
    ):
        view = _view(passage, original, labels)
        _download(original, labels)
    if original.state != "same":
        said = labels.file_gone if original.state == "gone" else labels.file_changed
        st.html(f'<p class="bv-hint" role="status">{escaped(said)}</p>')
    if view == "why":
        _why(there.searcher, passage, labels)
    elif view == "page":
        _page(passage, document, original, labels)
    else:
        _text(there, passage, labels)


def _head(passage: PassageRow, document: DocumentRow, labels: Labels) -> None:
    title = document.title or passage.path.rpartition("/")[2]
    st.html(
        f'<h2 class="bv-title" dir="auto">{escaped(title)}</h2>'
        f'<p class="bv-place">{place("", passage, passage.heading, labels)}</p>'
    )


def _view(passage: PassageRow, original: Original, labels: Labels) -> str:
    """What of the document is shown: "page" where there is one to draw, "text", or "why" it was found."""
    drawable = passage.path.lower().endswith(".pdf") and passage.page is not None
    views = {"page": labels.as_page} if drawable and original.path and original.state == "same" else {}
    views |= {"text": labels.as_text} | ({"why": labels.why} if here("q") else {})
    return choose("as", labels.views, views, next(iter(views)))


def _why(searcher: Searcher, passage: PassageRow, labels: Labels) -> None:
    question = here("q")
    st.html(explanation_picture(searcher.explain(question, passage.id), labels))
    mode = here("mode")
    hits = searcher.query(question, FOUND, mode=cast(Mode, mode if mode in labels.modes else "hybrid"))
    for above, below in pairwise(hits):
        if above.passage_id == passage.id:
            found = searcher.difference(question, passage.id, below.passage_id)
            st.html(difference_picture(found, labels))


def _download(original: Original, labels: Labels) -> None:
    if original.path is not None and original.state != "gone":
        st.download_button(
            labels.download,
            original.read,
            original.path.name,
            "application/octet-stream",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
            key="download",
        )


def _page(passage: PassageRow, document: DocumentRow, original: Original, labels: Labels) -> None:
    pages, first = document.pages or 1, passage.page or 1
    with st.container(horizontal_alignment="center"):
        number = st.pagination(pages, default=first, max_visible_pages=5, key=f"sheet-{passage.id}")
    try:
        drawn = _drawn(str(original.path), document.modified_ns, number, passage.text)
    except PageError as error:
        st.html(f'<p class="bv-hint" role="status">{escaped(labels.page_unreadable.format(error))}</p>')
        st.html(f'<div class="bv-text bv-here">{paragraphs(here("q"), passage.text)}</div>')
        return
    with st.container(key="sheet"):
        st.image(drawn.png, width="stretch", alt=labels.page_alt.format(number))
    scroll_to_passage(f"{passage.id}/{number}", drawn.top)


@st.cache_data(show_spinner=False, max_entries=64)
def _drawn(path: str, modified_ns: int, page: int, passage: str) -> Drawn:  # noqa: ARG001 (the cache's key)
    return draw(Path(path), page, passage)


def _text(there: Opened, passage: PassageRow, labels: Labels) -> None:
    rows = _passages(there.searcher, str(there.index), there.written, passage.document_id)
    at = next((at for at, row in enumerate(rows) if row.id == passage.id), 0)
    key = f"more-{passage.id}"
    before, after = st.session_state.setdefault(key, (AROUND, AROUND))
    first, last = max(0, at - before), min(len(rows), at + after + 1)
    if first:
        st.button(labels.earlier, on_click=_more, args=(key, 1, 0), type="tertiary", key="earlier")
    st.html(f'<div class="bv-document" dir="auto">{_body(rows[first:last], passage)}</div>')
    if last < len(rows):
        st.button(labels.later, on_click=_more, args=(key, 0, 1), type="tertiary", key="later")
    if (before, after) == (AROUND, AROUND):
        scroll_to_passage(str(passage.id), None)


def _more(key: str, before: int, after: int) -> None:
    now = st.session_state[key]
    st.session_state[key] = (now[0] + before * 2 * AROUND, now[1] + after * 2 * AROUND)


def _body(rows: Sequence[PassageRow], opened: PassageRow) -> str:
    parts = []
    for row in rows:
        if row.id == opened.id:
            parts.append(f'<section class="bv-text bv-here">{paragraphs(here("q"), row.text)}</section>')
        else:
            parts.append(f'<section class="bv-text">{paragraphs("", row.text)}</section>')
    return "".join(parts)


@st.cache_data(show_spinner=False, max_entries=8)
def _passages(_searcher: Searcher, index: str, written: int, document_id: int) -> list[PassageRow]:  # noqa: ARG001
    return _searcher.passages_of(document_id)

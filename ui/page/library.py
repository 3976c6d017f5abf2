"""What the index holds: its state, every file and what became of it, and how to add more. ?view=library."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from indexer.store import LedgerRow
from ui.page.cards import notice
from ui.page.labels import Labels, counted
from ui.page.making import add_files, offer
from ui.page.opened import Opened
from ui.page.overview import local_time, overview
from ui.page.question import choose
from ui.page.text import escaped

__all__ = ["choose_view", "show_library"]

TABLE_HEIGHT = 460  # pixels: about twelve files


def choose_view(labels: Labels) -> str:
    """The switch between the page's views: "search", "library", "map" or "evaluation"."""
    return choose(
        "view",
        labels.views,
        {
            "search": labels.search,
            "library": labels.library,
            "map": labels.map,
            "evaluation": labels.evaluation,
        },
        "search",
    )


def show_library(there: Opened, labels: Labels) -> None:
    """The library: first how it is, then its files, then how to add to it."""
    st.html(overview(there.info, there.problems, local_time(there.written, st.context.timezone), labels))
    if there.ledger:
        _files(there.ledger, labels)
    if not there.run.running:
        _folders(there, labels)
        offer(there.run, labels.add_title, labels.add, labels)
        add_files(there.run, labels)


def _files(rows: Sequence[LedgerRow], labels: Labels) -> None:
    """Every file, those that can't be found first; all of them, or those of one status or name."""
    st.html(f'<h2 class="bv-section">{labels.files_title}</h2>')
    counts = Counter(row.status for row in rows)
    with st.container(horizontal=True, vertical_alignment="center", key="files"):
        wanted = st.text_input(
            labels.file_filter,
            key="files-named",
            type="search",
            live="300ms",
            placeholder=labels.file_filter,
            label_visibility="collapsed",
        )
        status = st.pills(
            labels.status,
            list(counts),
            format_func=lambda one: f"{labels.statuses.get(one, one)} {counts[one]:,}",
            key="files-status",
            label_visibility="collapsed",
        )
    shown = [
        row
        for row in rows
        if (not status or row.status == status) and (wanted or "").casefold() in row.path.casefold()
    ]
    if shown:
        _table(shown, labels)
    else:
        st.html(notice(labels.nothing_title, [labels.no_such_file]))


def _table(rows: Sequence[LedgerRow], labels: Labels) -> None:
    # Drawn on a canvas: nothing in a file's name is markup there.
    reasons = {labels.reason: [row.reason for row in rows]} if any(row.reason for row in rows) else {}
    columns = {
        labels.status: [labels.statuses.get(row.status, row.status) for row in rows],
        labels.file: [row.path for row in rows],
        **reasons,
        labels.passages_title: [row.passages for row in rows],
        labels.pages_title: [row.pages for row in rows],
        labels.size: [row.size for row in rows],
    }
    st.dataframe(
        columns,
        hide_index=True,
        height=min(TABLE_HEIGHT, 36 * (len(rows) + 1)),
        column_config={
            labels.file: st.column_config.TextColumn(width="medium" if reasons else "large"),
            labels.reason: st.column_config.TextColumn(width="medium"),
            labels.size: st.column_config.NumberColumn(format="bytes"),
        },
        placeholder="",
        alt=labels.files_title,
        key="ledger",
    )


def _folders(there: Opened, labels: Labels) -> None:
    """The folders that were indexed, each to be brought up to date by a click."""
    folders = sorted({row.folder for row in there.ledger if row.folder})
    if not folders:
        return
    st.html(f'<h2 class="bv-section">{labels.folders_title}</h2>')
    for at, folder in enumerate(folders):
        with st.container(horizontal=True, vertical_alignment="center", key=f"folder-{at}"):
            count = counted(sum(row.folder == folder for row in there.ledger), labels.files)
            line = f"<bdi>{escaped(folder)}</bdi> · {escaped(count)}"
            st.html(f'<p class="bv-place">{line}</p>', width="stretch")
            st.button(
                labels.index_again,
                key=f"again-{at}",
                type="tertiary",
                icon=":material/refresh:",
                on_click=there.run.start,
                args=(folder,),
                disabled=not Path(folder).is_dir(),
            )

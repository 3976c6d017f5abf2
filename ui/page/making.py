"""Where there is no index yet: a folder to give, and how far its indexing is."""

import math
from pathlib import Path

import streamlit as st

from indexer import Progress
from ui.page.cards import notice
from ui.page.indexing import IndexingRun
from ui.page.labels import Labels, counted
from ui.page.text import escaped

__all__ = ["offer", "watch"]

POLL_SECONDS = 0.5
EARLY = 0.1  # share of the bytes


def offer(run: IndexingRun, title: str, body: str, labels: Labels) -> None:
    """A form that begins a run, and the command that does the same."""
    with st.container(key="make"):
        st.html(f'<h2 class="bv-title">{escaped(title)}</h2><p class="bv-body">{escaped(body)}</p>')
        with st.form("folder_form", border=False):
            folder = st.text_input(labels.folder_label, placeholder=labels.folder_example, key="folder")
            pressed = st.form_submit_button(labels.index_button, type="primary")
        command = f"bertrieve index FOLDER --index {run.index}"
        st.html(f'<p class="bv-hint">{escaped(labels.index_or)} <code>{escaped(command)}</code></p>')
    if pressed and folder.strip():
        run.start(folder.strip())
        st.rerun()


def watch(run: IndexingRun, labels: Labels) -> None:
    """How far the run is, twice a second while it lasts; what became of it afterwards."""
    if run.running:
        st.fragment(_progress, run_every=POLL_SECONDS)(run, labels)
    elif said := _outcome(run, labels):
        title = labels.stopped_title if run.stopped else labels.not_indexed_title
        st.html(notice(title, [said], role="alert"))


def _outcome(run: IndexingRun, labels: Labels) -> str:
    if run.unexpected:
        return labels.unexpected.format(run.unexpected)
    return run.error or (labels.stopped if run.stopped else "")


def _progress(run: IndexingRun, labels: Labels) -> None:
    if not run.running:
        st.rerun()
    now = run.progress
    share = now.bytes / now.bytes_total if now and now.bytes_total else 0.0
    with st.container(key="make"):
        name = Path(run.folder).name or run.folder
        st.html(f'<h2 class="bv-title">{escaped(labels.indexing.format(name))}</h2>')
        st.progress(min(share, 1.0))
        st.html(f'<p class="bv-hint" role="status">{escaped(_so_far(run.progress, labels))}</p>')
        st.button(labels.stop, on_click=run.stop, key="stop")


def _so_far(now: Progress | None, labels: Labels) -> str:
    if now is None:
        return labels.indexing_start
    parts = [
        labels.files_done.format(f"{now.files:,}", f"{now.files_total:,}"),
        counted(now.passages, labels.passages),
    ]
    # The first files take the loading of the model upon them: no measure of the rest.
    if now.seconds_left is not None and now.bytes > EARLY * now.bytes_total:
        minutes = math.ceil(now.seconds_left / 60)
        parts.append(labels.under_a_minute if minutes <= 1 else labels.minutes_left.format(minutes))
    return " · ".join(parts)

"""Where there is no index yet: a folder to give, and how far its indexing is."""

import math
from pathlib import Path, PurePosixPath

import streamlit as st

from indexer import Progress
from ui.page.cards import notice
from ui.page.entry import on_this_machine
from ui.page.indexing import IndexingRun
from ui.page.labels import Labels, counted, said
from ui.page.text import escaped

__all__ = ["POLL_SECONDS", "add_files", "keep", "offer", "watch"]

POLL_SECONDS = 1.0
EARLY = 0.1  # share of the bytes


def offer(run: IndexingRun, title: str, body: str, labels: Labels) -> None:
    """A form that begins a run, and the command that does the same.

    Elsewhere than on this machine the command alone: who knows the password may read what is indexed, not
    any folder of the machine.
    """
    here = on_this_machine()
    with st.container(key="make"):
        st.html(f'<h2 class="bv-title">{escaped(title)}</h2><p class="bv-body">{escaped(body)}</p>')
        if here:
            _ask_for_folder(run, labels)
        command = f"bertrieve index FOLDER --index {run.index}"
        way = labels.index_or if here else labels.index_there
        st.html(f'<p class="bv-hint">{escaped(way)} <code>{escaped(command)}</code></p>')


def _ask_for_folder(run: IndexingRun, labels: Labels) -> None:
    with st.form("folder_form", border=False):
        folder = st.text_input(labels.folder_label, placeholder=labels.folder_example, key="folder")
        pressed = st.form_submit_button(labels.index_button, type="primary")
    if pressed and folder.strip():
        run.start(folder.strip())
        st.rerun()


def add_files(run: IndexingRun, labels: Labels) -> None:
    """Files dropped on the page: kept in a folder beside the index, which is then indexed."""
    folder = run.index.with_name(f"{run.index.name}-files")
    with st.container(key="drop"), st.form("files_form", border=False, clear_on_submit=True):
        files = st.file_uploader(labels.drop, accept_multiple_files=True, key="dropped")
        pressed = st.form_submit_button(labels.drop_button)
        st.html(f'<p class="bv-hint">{escaped(labels.drop_where.format(folder))}</p>')
    if pressed and files:
        for file in files:
            keep(folder, file.name, file.getvalue())
        run.start(str(folder))
        st.rerun()


def keep(folder: Path, name: str, content: bytes) -> Path:
    """Write a file under its own name, without the folders that a browser may have put before it.

    One of the same name is replaced, as a person would expect of dropping a newer one.
    """
    plain = PurePosixPath(name.replace("\\", "/")).name.lstrip(".")
    file = folder / (plain.replace("\0", "") or "file")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def watch(run: IndexingRun, labels: Labels) -> None:
    """How far the run is, once a second while it lasts; what became of it afterwards."""
    if run.running:
        st.fragment(_progress, run_every=POLL_SECONDS)(run, labels)
    elif outcome := _outcome(run, labels):
        title = labels.stopped_title if run.stopped else labels.not_indexed_title
        st.html(notice(title, [outcome], role="alert"))


def _outcome(run: IndexingRun, labels: Labels) -> str:
    if run.unexpected:
        return labels.unexpected.format(run.unexpected)
    return said(run.error, labels) or (labels.stopped if run.stopped else "")


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
        label = labels.stopping if run.stopping else labels.stop
        st.button(label, on_click=run.stop, disabled=run.stopping, key="stop")


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

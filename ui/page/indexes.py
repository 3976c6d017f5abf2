"""Which index is shown: ?index=contracts. All lie in one folder, beside the one the page was started with.

An address holds the name of an index, never a path: a name can't leave that folder.
"""

import os
import re
from functools import partial
from pathlib import Path

import streamlit as st

from indexer.store.folder import Folder
from ui.page.address import go
from ui.page.cards import notice
from ui.page.labels import Labels
from ui.page.text import plain

__all__ = ["beside", "choose_index", "make_index", "named", "title"]

# What every system takes for the name of a folder, and nothing that means a folder above.
NAME = re.compile(r'\.?[^\x00-\x1f/\\:*?"<>|.\s](?:[^\x00-\x1f/\\:*?"<>|]{0,62}[^\x00-\x1f/\\:*?"<>|.\s])?')
# What belongs to one index and means nothing in another.
OF_ONE = ("filter", "page", "open", "as", "like", "unlike")


def named(first: Path, name: str) -> Path:
    """The index folder of a name; `first`, which the page was started with, for "" and what is no name."""
    return first.with_name(name) if NAME.fullmatch(name) else first


def beside(first: Path) -> list[Path]:
    """Every index in the folder of `first`, by name, and `first` itself."""
    try:
        with os.scandir(first.parent) as entries:
            folders = [Path(entry.path) for entry in entries if entry.is_dir() and NAME.fullmatch(entry.name)]
    except OSError:
        folders = []
    return sorted({first, *(each for each in folders if Folder(each).metadata.is_file())}, key=title)


def title(index: Path) -> str:
    """What a person calls an index: its folder's name, without the dot that hides it."""
    return index.name.removeprefix(".")


def choose_index(first: Path, index: Path) -> None:
    """A menu of the other indexes, named by the one that is shown; nothing where there is only one."""
    others = [each for each in beside(first) if each != index]
    if others:
        st.menu_button(
            plain(title(index)),
            others,
            format_func=lambda each: plain(title(each)),
            key="index",
            on_click=lambda: _show(first, st.session_state["index"]),  # where the menu puts what was picked
            type="tertiary",
        )


def make_index(first: Path, labels: Labels) -> None:
    """A name for another index; its page then asks for the first documents."""
    with st.container(key="another"), st.form("index_form", border=False):
        st.html(f'<h2 class="bv-title">{labels.another_title}</h2><p class="bv-body">{labels.another}</p>')
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(labels.index_name, placeholder=labels.index_example, key="index-name")
            st.form_submit_button(labels.another_button, on_click=partial(_make, first))
        if name and (said := _refused(first, name.strip(), labels)):
            st.html(notice(labels.not_made, [said], role="alert"))


def _make(first: Path) -> None:
    name = st.session_state["index-name"].strip()
    if _name_beside(first, name) and not _taken(first, name):
        _show(first, first.with_name(_name_beside(first, name)))


def _refused(first: Path, name: str, labels: Labels) -> str:
    if not _name_beside(first, name):
        return labels.no_name.format(name)
    return labels.name_taken.format(name, first.parent) if _taken(first, name) else ""


def _name_beside(first: Path, name: str) -> str:
    """The folder's name for what a person typed, hidden where the first is; "" where it can't be one."""
    full = f".{name}" if first.name.startswith(".") and not name.startswith(".") else name
    return full if NAME.fullmatch(full) else ""


def _taken(first: Path, name: str) -> bool:
    """Whether a folder has that name and is no index: an index is simply shown."""
    folder = first.with_name(_name_beside(first, name))
    return folder.exists() and not Folder(folder).metadata.is_file()


def _show(first: Path, index: Path) -> None:
    go(index=None if index == first else index.name, **dict.fromkeys(OF_ONE))

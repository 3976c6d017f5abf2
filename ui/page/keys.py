"""What the browser does by itself: keys, clicks on titles, the place of a passage, recent questions.

Ctrl+K (Cmd+K on a Mac) puts the cursor into the question box, and so does opening the page. Enter makes the
question a step of the browser's history and one of the recent questions, which never leave the browser.
"""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from ui.page.labels import Labels

__all__ = ["listen", "scroll_to_passage"]

# Our own constant text; nothing from a document or a person ever becomes part of it.
SCRIPT = Path(__file__).with_name("keys.js")
SCROLL = Path(__file__).with_name("scroll.js")


def listen(labels: Labels, *, bare: bool) -> None:
    """Take part in this page's keys.

    bare  there is no question, so show the recent ones
    """
    _component()(key="keys", data={"bare": bare, "recent": labels.recent, "clear": labels.clear})


@cache
def _component() -> Any:
    return st.components.v2.component(
        "bertrieve_keys", js=SCRIPT.read_text(encoding="utf-8"), isolate_styles=False
    )


def scroll_to_passage(name: str, top: float | None) -> None:
    """Bring the marked passage of the opened document into sight, once for each `name`.

    top  where it stands on the page's picture, as a share of the height; None for text, or where it isn't
    """
    _scroller()(key=f"scroll-{name}", data={"top": top})


@cache
def _scroller() -> Any:
    return st.components.v2.component(
        "bertrieve_scroll", js=SCROLL.read_text(encoding="utf-8"), isolate_styles=False
    )

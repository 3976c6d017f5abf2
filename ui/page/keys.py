"""What the browser does by itself: keys, clicks on titles, the place of a passage, recent questions.

Ctrl+K (Cmd+K on a Mac) puts the cursor into the question box, and so does opening the page. Enter makes the
question a step of the browser's history and one of the recent questions, which never leave the browser.
"""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from ui.page.labels import Labels

__all__ = ["listen"]

# Our own constant text; nothing from a document or a person ever becomes part of it.
SCRIPT = Path(__file__).with_name("keys.js")


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

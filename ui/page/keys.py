"""Ctrl+K (Cmd+K on a Mac) puts the cursor into the question box, and so does opening the page."""

from functools import cache
from typing import Any

import streamlit as st

__all__ = ["focus_question"]

# Our own constant text; nothing from a document or a person ever becomes part of it.
SCRIPT = """
export default function () {
  const box = () => document.querySelector(".st-key-q input");
  const onKey = (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    box()?.focus();
    box()?.select();
  };
  document.addEventListener("keydown", onKey);
  // Not where it would bring up a keyboard on the screen.
  if (matchMedia("(hover: hover)").matches && document.activeElement === document.body) box()?.focus();
  return () => document.removeEventListener("keydown", onKey);
}
"""


def focus_question() -> None:
    """Take part in this page's keys; draws nothing."""
    _component()(key="keys")


@cache
def _component() -> Any:
    return st.components.v2.component("bertrieve_keys", js=SCRIPT)

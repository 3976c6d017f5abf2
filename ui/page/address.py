"""What the page shows, as its address says it: ?q=…&mode=dense&page=2&open=17&lang=zh.

Streamlit's `bind="query-params"` replaces the address, which is right for a question that is being typed.
What a person clicks is written through `go`: it is a step that the back button takes back.
"""

import streamlit as st

__all__ = ["go", "here", "number_here", "numbers_here"]

MOST = 20  # numbers of one name


def here(name: str) -> str:
    """What the address has under a name, "" where it has nothing."""
    return st.query_params.get(name) or ""


def number_here(name: str) -> int | None:
    """The whole number from 1 that the address has under a name; None for anything else."""
    return _number(here(name))


def numbers_here(name: str) -> tuple[int, ...]:
    """The whole numbers from 1 of a list such as "17,23", each once, `MOST` at most."""
    numbers = (_number(each) for each in here(name).split(",")[:MOST])
    return tuple(dict.fromkeys(each for each in numbers if each))


def _number(value: str) -> int | None:
    # SQLite's integers end at 19 digits.
    return int(value) or None if value.isascii() and value.isdecimal() and len(value) < 19 else None


def go(**changes: str | int | None) -> None:
    """Change parts of the address; None or "" takes one out. Not "q", which its box keeps."""
    for name in [name for name, value in changes.items() if not value]:
        st.query_params.pop(name, None)
    if put := {name: str(value) for name, value in changes.items() if value}:
        st.query_params.update(put)

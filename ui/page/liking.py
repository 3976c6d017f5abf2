"""More like this, less like this: passages that steer the hits. ?like=17,23&unlike=9

They stand in the address, so that what was steered can be shared, and taken back by the back button. The
question stays one of the likes; without one, passages alone are searched by.
"""

from functools import partial
from typing import Literal

import streamlit as st

from indexer.errors import UnknownIdError
from indexer.store import PassageRow
from search import Hit, Hits, Searcher
from search.results import Group
from ui.page.address import go, numbers_here
from ui.page.labels import Labels
from ui.page.question import Asked
from ui.page.text import plain

__all__ = ["find", "show_likes", "steer"]

Side = Literal["like", "unlike"]
OTHER: dict[Side, Side] = {"like": "unlike", "unlike": "like"}
LONGEST = 48  # characters of a passage's name


def find(
    searcher: Searcher, asked: Asked, k: int, *, filter: str | None = None, group: Group | None = None
) -> Hits:
    """The hits of what was asked. Raises as `Searcher.query` and `more_like` do."""
    likes, unlikes = (
        [each for each in ids if _known(searcher, each)] for ids in (asked.likes, asked.unlikes)
    )
    if not likes and not unlikes:
        return searcher.query(asked.question, k, mode=asked.mode, filter=filter, group=group)
    wanted: list[int | str] = [*([asked.question] if asked.question else []), *likes]
    return searcher.more_like(wanted, unlikes, k, mode=asked.mode, filter=filter, group=group)


def steer(hit: Hit, labels: Labels) -> None:
    """The two buttons of a hit."""
    for side, label, icon in (
        ("like", labels.more_like, ":material/thumb_up:"),
        ("unlike", labels.less_like, ":material/thumb_down:"),
    ):
        st.button(
            label,
            key=f"{side}-{hit.passage_id}",
            help=label,
            type="tertiary",
            icon=icon,
            on_click=_add,
            args=(side, hit.passage_id),
        )


def show_likes(searcher: Searcher, asked: Asked, labels: Labels) -> None:
    """The passages that steer, each to be let go by a click."""
    if not asked.likes and not asked.unlikes:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="likes"):
        for side, ids, label in (
            ("like", asked.likes, labels.more_like_these),
            ("unlike", asked.unlikes, labels.less_like_these),
        ):
            if ids:
                st.html(f'<span class="bv-hint">{label}</span>', width="content")
            for passage_id in ids:
                row = _known(searcher, passage_id)
                st.button(
                    plain(_name(row)) if row else labels.gone,
                    key=f"drop-{side}-{passage_id}",
                    help=labels.let_go,
                    icon=":material/close:",
                    icon_position="right",
                    on_click=_drop,
                    args=(side, passage_id),
                )
        st.button(
            labels.back,
            key="back",
            type="tertiary",
            on_click=partial(go, like=None, unlike=None, page=None),
        )


def _known(searcher: Searcher, passage_id: int) -> PassageRow | None:
    """A passage; None where the index, or a shared address, has moved on."""
    try:
        return searcher.passage(passage_id)
    except UnknownIdError:
        return None


def _name(row: PassageRow) -> str:
    name = row.heading[-1] if row.heading else row.path.rpartition("/")[2]
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _add(side: Side, passage_id: int) -> None:
    ids = dict.fromkeys((*numbers_here(side), passage_id))
    others = [each for each in numbers_here(OTHER[side]) if each != passage_id]
    go(page=None, **{side: _joined([*ids]), OTHER[side]: _joined(others)})


def _drop(side: Side, passage_id: int) -> None:
    go(page=None, **{side: _joined([each for each in numbers_here(side) if each != passage_id])})


def _joined(ids: list[int]) -> str:
    return ",".join(map(str, ids))

"""The map of the corpus: ?view=map. A point is a passage; a click opens it."""

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from search import Searcher
from search.map import FEWEST, Map, draw_map
from ui.page.address import go
from ui.page.cards import notice
from ui.page.labels import Labels, counted
from ui.page.opened import Opened
from ui.page.text import escaped

__all__ = ["show_map"]

HEIGHT = 560  # pixels
SNIPPET = 140  # characters
# Fourteen hues of one lightness: no cluster is louder than another.
COLOURS = (
    "#4c8f7b #c58a4a #6b84b8 #b56a77 #8a9a4f #9175b0 #4f98a8"
    " #b88f9e #7d8790 #a7795a #5f9f5f #c27fb0 #5b78a0 #a39a3d"
).split()
INK = {"light": ("#20251f", "#faf9f6"), "dark": ("#e6e8e3", "#141715")}


def show_map(there: Opened, labels: Labels) -> None:
    """The picture, what it is a picture of, and how to use it."""
    with st.spinner(labels.map_drawing, show_time=False):
        drawn, shown = _drawn(there.searcher, str(there.index), there.written)
    if not drawn.points:
        st.html(notice(labels.map_title, [labels.map_too_few.format(FEWEST)]))
        return
    st.html(f'<h2 class="bv-section">{labels.map_title}</h2><p class="bv-hint">{_said(drawn, labels)}</p>')
    st.altair_chart(
        _chart(drawn, shown, labels),
        width="stretch",
        height=HEIGHT,
        key="map",
        on_select=_open,
        selection_mode="picked",
        alt=f"{labels.map_title}: {'; '.join(' '.join(each.words) for each in drawn.clusters)}",
    )


def _said(drawn: Map, labels: Labels) -> str:
    shown = counted(len(drawn.points), labels.passages)
    of = (
        labels.map_sample.format(shown, f"{drawn.passages:,}")
        if len(drawn.points) < drawn.passages
        else shown
    )
    return escaped(f"{of} · {labels.map_help}")


def _open() -> None:
    if picked := st.session_state["map"].selection.get("picked"):
        go(open=int(picked[0]["passage"]), **{"as": None})


@st.cache_data(show_spinner=False, max_entries=4)
def _drawn(_searcher: Searcher, index: str, written: int) -> tuple[Map, pd.DataFrame]:  # noqa: ARG001 (the cache's key)
    with _searcher.view() as view:
        drawn = draw_map(view)
        rows = view.passages(np.array([point.passage_id for point in drawn.points], np.int64))
    table = {
        "passage": [point.passage_id for point in drawn.points],
        "x": [point.x for point in drawn.points],
        "y": [point.y for point in drawn.points],
        "cluster": [point.cluster for point in drawn.points],
        "document": [row.path for row in rows],
        "text": [" ".join(row.text.split())[:SNIPPET] for row in rows],
    }
    return drawn, pd.DataFrame(table)


def _chart(drawn: Map, shown: pd.DataFrame, labels: Labels) -> alt.LayerChart:
    """Points in the colours of their clusters, and the names."""
    ink, ground = INK["dark" if st.context.theme.type == "dark" else "light"]
    x, y = (alt.X("x:Q", axis=None), alt.Y("y:Q", axis=None))
    picked = alt.selection_point(name="picked", fields=["passage"], empty=False)
    points = (
        alt.Chart(shown)
        .mark_circle(size=34, opacity=0.6, cursor="pointer")
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "cluster:N", scale=alt.Scale(domain=list(range(len(COLOURS))), range=COLOURS), legend=None
            ),
            tooltip=[
                alt.Tooltip("document:N", title=labels.file),
                alt.Tooltip("text:N", title=labels.why_passage),
            ],
        )
        .add_params(picked)
    )
    names = alt.Chart(
        pd.DataFrame([{"x": each.x, "y": each.y, "name": " · ".join(each.words)} for each in drawn.clusters])
    ).encode(x=x, y=y, text="name:N")
    # The halo keeps a name legible on any points.
    halo = names.mark_text(
        fontSize=13, fontWeight=600, stroke=ground, strokeWidth=5, strokeJoin="round", opacity=0.85
    )
    words = names.mark_text(fontSize=13, fontWeight=600, color=ink)
    chart: alt.LayerChart = alt.layer(points, halo, words).configure_view(strokeWidth=0)
    return chart

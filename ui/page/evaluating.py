"""How good the answers are, by questions of one's own, asked in each mode: ?view=evaluation."""

from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import altair as alt
import pandas as pd
import streamlit as st

from indexer.errors import UsageError
from search import Mode
from search.evaluation import Questions, evaluate, load_questions, losses, summary
from ui.page.address import here
from ui.page.cards import notice
from ui.page.labels import Labels, counted
from ui.page.making import keep
from ui.page.opened import Opened
from ui.page.text import escaped

__all__ = ["show_evaluation"]

ORDER: tuple[Mode, ...] = ("hybrid", "dense", "lexical")
LINKED: Mode = "hybrid"  # the mode whose losses are shown, and which ?q=… searches in
WORST = 10
LARGEST = 5  # MB
ROW = 72  # pixels: a measure with its three modes
# Of one lightness, as on the map; shapes tell them apart too.
COLOURS = ("#1f8f72", "#6b84b8", "#c58a4a")
SHAPES = ("circle", "square", "triangle-up")
INK = {"light": "#20251f", "dark": "#e6e8e3"}
EXAMPLE = """question,path,page,answer
who signs the contract?,contracts/2024.pdf,3,
违约金如何计算？,,,千分之五"""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of a file of questions.

    measures  mode -> measure -> "mean", "low", "high", 0..1
    losses    the questions that lost most, as `search.evaluation.losses` has them
    missing   expected paths that the index lacks
    """

    questions: int
    measures: dict[Mode, dict[str, dict[str, float]]]
    losses: list[dict[str, Any]]
    missing: list[str]


def show_evaluation(there: Opened, labels: Labels) -> None:
    """A file to choose; then how well its questions are answered, and those answered worst."""
    st.html(f'<h2 class="bv-section">{labels.evaluation_title}</h2>{_hint(labels.evaluation_help)}')
    file = st.file_uploader(
        labels.questions_file,
        type=["csv", "tsv", "jsonl"],
        key="questions",
        max_upload_size=LARGEST,
        label_visibility="collapsed",
    )
    if file is None:
        st.html(f'<pre class="bv-example">{escaped(EXAMPLE)}</pre>{_hint(labels.example_help)}')
        return
    try:
        found = _once(there, file.name, file.getvalue(), labels)
    except UsageError as error:
        st.html(notice(labels.not_evaluated, [str(error)], role="alert"))
        return
    _show(found, labels)


def _hint(text: str) -> str:
    return f'<p class="bv-hint">{escaped(text)}</p>'


def _once(there: Opened, name: str, content: bytes, labels: Labels) -> Evaluated:
    """Asked again only when the file or the index is another one: the page is drawn anew at every click."""
    key = (str(there.index), there.written, name, sha256(content).hexdigest())
    kept: dict[object, Evaluated] = st.session_state.get("evaluated", {})
    if key not in kept:
        kept = st.session_state["evaluated"] = {key: _evaluate(there, _read(name, content), labels)}
    return kept[key]


def _read(name: str, content: bytes) -> Questions:
    """Raises UsageError, without the place of a file that is shown by its name."""
    with TemporaryDirectory() as folder:
        file = keep(Path(folder), name, content)
        try:
            return load_questions(file)
        except UsageError as error:
            raise UsageError(str(error).replace(f"{file}, ", "").replace(str(file), "the file")) from error


def _evaluate(there: Opened, questions: Questions, labels: Labels) -> Evaluated:
    """Ask all, with a bar that fills. Another click ends it: Streamlit stops a run where it draws."""
    bar, asked, total = st.empty(), 0, len(ORDER) * len(questions.queries)

    def watch(mode: Mode) -> None:
        nonlocal asked
        asked += 1
        bar.progress(asked / total, labels.evaluating.format(f"{asked:,}", f"{total:,}", labels.modes[mode]))

    outcomes = {mode: evaluate(there.searcher, questions, mode, watch=partial(watch, mode)) for mode in ORDER}
    bar.empty()
    indexed = [row.path for row in there.ledger if row.passages]
    return Evaluated(
        len(questions.queries),
        {mode: summary(each) for mode, each in outcomes.items()},
        losses(outcomes[LINKED], WORST),
        questions.unknown_paths(indexed),
    )


def _show(found: Evaluated, labels: Labels) -> None:
    st.html(_hint(f"{counted(found.questions, labels.questions)} · {labels.interval_help}"))
    if found.missing:
        count = counted(len(found.missing), labels.documents)
        st.html(notice(labels.missing_title, [labels.missing.format(count, found.missing[0])], role="alert"))
    rows = [
        {"measure": measure, "mode": labels.modes[mode], **values}
        for mode, measures in found.measures.items()
        for measure, values in measures.items()
    ]
    said_aloud = "; ".join(
        f"{at['measure']} {at['mode']} {at['mean']:.2f} ({at['low']:.2f}–{at['high']:.2f})" for at in rows
    )
    st.altair_chart(_chart(pd.DataFrame(rows), labels), width="stretch", key="measures", alt=said_aloud)
    if not found.losses:
        st.html(notice(labels.losses_title, [labels.no_losses]))
        return
    lost = "".join(_loss(each, labels) for each in found.losses)
    st.html(f'<h2 class="bv-section">{labels.losses_title}</h2><ol class="bv-losses">{lost}</ol>')


def _loss(lost: dict[str, Any], labels: Labels) -> str:
    """A question, what it should have found, and where that stood."""
    kept = {name: here(name) for name in ("index", "lang") if here(name)}
    address = urlencode({"q": lost["question"]} | kept)
    rank = labels.at_rank.format(lost["rank"]) if lost["rank"] else labels.not_found
    facts = {
        labels.expected: f"{lost['expected']} · {rank}",
        labels.came_first: lost["first"] or labels.nothing_title,
    }
    rows = "".join(
        f"<dt>{escaped(name)}</dt><dd><bdi>{escaped(value)}</bdi></dd>" for name, value in facts.items()
    )
    # In a tab of its own: the file would have to be chosen again on the way back.
    link = f'<a href="?{escaped(address)}" target="_blank">{escaped(lost["question"])}</a>'
    return f'<li dir="auto">{link}<dl>{rows}</dl></li>'


def _chart(rows: pd.DataFrame, labels: Labels) -> alt.LayerChart:
    """For each measure and mode the mean as a dot, its interval as a line, and the figure beside them."""
    ink = INK["dark" if st.context.theme.type == "dark" else "light"]
    modes = [labels.modes[mode] for mode in ORDER]
    measures = list(dict.fromkeys(rows["measure"]))
    x = partial(
        alt.X,
        title=None,
        scale=alt.Scale(domain=[0, 1.15], nice=False),  # there is room for a figure beside 1
        axis=alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1]),
    )
    legend = alt.Legend(orient="top", title=None)
    base = alt.Chart(rows).encode(
        y=alt.Y("measure:N", sort=measures, title=None, axis=alt.Axis(ticks=False, domain=False)),
        yOffset=alt.YOffset("mode:N", sort=modes),
        color=alt.Color("mode:N", scale=alt.Scale(domain=modes, range=COLOURS), legend=legend),
    )
    lines = base.mark_rule(strokeWidth=2).encode(x=x("low:Q"), x2="high:Q")
    dots = base.mark_point(size=70, filled=True, opacity=1).encode(
        x=x("mean:Q"),
        shape=alt.Shape("mode:N", scale=alt.Scale(domain=modes, range=SHAPES), legend=legend),
    )
    figures = base.mark_text(align="left", dx=7, fontSize=12).encode(
        x=x("high:Q"), text=alt.Text("mean:Q", format=".2f"), color=alt.value(ink)
    )
    chart: alt.LayerChart = (
        alt.layer(lines, dots, figures).properties(height=ROW * len(measures)).configure_view(strokeWidth=0)
    )
    return chart

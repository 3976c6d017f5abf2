"""How good the answers are, by questions of one's own, asked in each mode: ?view=evaluation."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import altair as alt
import pandas as pd
import streamlit as st

from indexer.errors import UsageError
from search.evaluation import Questions, load_questions
from ui.page.address import here
from ui.page.asking import ORDER, AskingRun, Evaluated
from ui.page.cards import notice
from ui.page.labels import Labels, counted, said
from ui.page.making import POLL_SECONDS, keep
from ui.page.opened import Opened
from ui.page.text import escaped

__all__ = ["show_evaluation"]

LARGEST = 5  # MB
ROW = 72  # pixels: a measure with its three modes
# Of one lightness, as on the map; shapes tell them apart too.
COLOURS = ("#1f8f72", "#6b84b8", "#c58a4a")
SHAPES = ("circle", "square", "triangle-up")
INK = {"light": "#20251f", "dark": "#e6e8e3"}
EXAMPLE = """question,path,page,answer
who signs the contract?,contracts/2024.pdf,3,
违约金如何计算？,,,千分之五"""


def show_evaluation(there: Opened, labels: Labels) -> None:
    """A file to choose; then how well its questions are answered, and those answered worst."""
    st.html(f'<h2 class="bv-section">{labels.evaluation_title}</h2>{_hint(labels.evaluation_help)}')
    file = st.file_uploader(
        labels.questions_file,
        type=["csv", "tsv", "jsonl"],
        key="questions",
        on_change=_another_file,
        max_upload_size=LARGEST,
        label_visibility="collapsed",
    )
    try:
        run = _run_of(there, file)
    except UsageError as error:
        st.html(notice(labels.not_evaluated, [said(str(error), labels)], role="alert"))
        return
    if run is None:
        st.html(f'<pre class="bv-example">{escaped(EXAMPLE)}</pre>{_hint(labels.example_help)}')
    elif run.running:
        st.fragment(_progress, run_every=POLL_SECONDS)(run, labels)
    elif run.found:
        _show(run.found, labels)
    elif outcome := labels.unexpected.format(run.unexpected) if run.unexpected else said(run.error, labels):
        st.html(notice(labels.not_evaluated, [outcome], role="alert"))
    else:
        st.html(notice(labels.stopped_asking, [run.name]))
        st.button(labels.ask_again, on_click=_another_file, key="again")


def _hint(text: str) -> str:
    return f'<p class="bv-hint">{escaped(text)}</p>'


def _another_file() -> None:
    """A file was chosen or taken away, or is to be asked again: what the run before gave is over."""
    if run := st.session_state.pop("evaluation", None):
        run.stop()


def _run_of(there: Opened, file: Any) -> AskingRun | None:
    """This session's run, begun where there is a new file or the index was written to; None without a file.

    It is kept while other views are looked at, which takes the file from its widget. Raises UsageError for a
    file of no questions.
    """
    run: AskingRun | None = st.session_state.get("evaluation")
    if run and (run.index, run.written) == (there.index, there.written):
        return run
    if run and run.index == there.index:
        run.stop()
        run = AskingRun(there, run.questions, run.name)
    elif file is not None:
        run = AskingRun(there, _read(file.name, file.getvalue()), file.name)
    else:
        return None
    st.session_state["evaluation"] = run
    return run


def _read(name: str, content: bytes) -> Questions:
    """Raises UsageError, without the place of a file that is shown by its name."""
    with TemporaryDirectory() as folder:
        file = keep(Path(folder), name, content)
        try:
            return load_questions(file)
        except UsageError as error:
            raise UsageError(str(error).replace(f"{file}, ", "").replace(str(file), "the file")) from error


def _progress(run: AskingRun, labels: Labels) -> None:
    if not run.running:
        st.rerun()
    so_far = labels.evaluating.format(f"{run.asked:,}", f"{run.total:,}", labels.modes[run.mode])
    with st.container(key="make"):
        st.html(f'<h2 class="bv-title">{escaped(run.name)}</h2>')
        st.progress(run.asked / run.total)
        st.html(f'<p class="bv-hint" role="status">{escaped(so_far)}</p>')
        st.button(labels.stop, on_click=run.stop, key="stop")


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
    # In a tab of its own: this one keeps what was found.
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

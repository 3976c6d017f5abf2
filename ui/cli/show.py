"""What the terminal shows: results on standard output, progress on standard error."""

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from indexer.discovery import shown
from indexer.progress import Progress as IndexProgress
from indexer.progress import Watcher
from indexer.repair import Repair
from indexer.report import Report
from indexer.store import Certificate, Facets, IndexInfo, LedgerRow
from indexer.store.check import Problem
from search.filters import Is
from search.highlight import matches
from search.hits import Hit, Hits

__all__ = [
    "counting",
    "errors",
    "facets",
    "forgotten",
    "gone",
    "indexing",
    "info",
    "ledger",
    "output",
    "problems",
    "repaired",
    "report",
    "results",
]

output = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

# Statuses that mean a file's text can't be found; shown after a run, so that nobody has to look for them.
UNSEARCHABLE = ("failed", "timed out", "encrypted", "too large", "no text layer", "unsupported", "empty")
SHOWN_PROBLEMS = 10
LONGEST_LINE = 100_000


def results(hits: Hits) -> None:
    """Each hit with its place, its score and its passage, the question's words marked."""
    if not hits:
        output.print(f"{hits.nothing[0].upper()}{hits.nothing[1:]}.", markup=False, soft_wrap=True)
    for asked, used in hits.corrected:
        output.print(f"Searched for {used}; nothing has {asked}.\n", markup=False, style="dim")
    for hit in hits:
        _passage(hit, hits.words, indent=0)
        for other in hit.others:
            _passage(other, hits.words, indent=4)


def _passage(hit: Hit, question: str, indent: int) -> None:
    output.print(Text(" " * indent) + _heading(hit), soft_wrap=True)
    body = Text(hit.text)
    for start, end in matches(question, hit.text):
        body.stylize("bold yellow", start, end)
    output.print(Padding(body, (0, 0, 1, indent + 4)))


def _heading(hit: Hit) -> Text:
    line = Text(f"{hit.rank:>2}. ", style="dim")
    line.append(hit.place, style="bold cyan")
    line.append(f"  {hit.score:.3f}", style="dim")
    if hit.likelihood:
        line.append(f"  {hit.likelihood}", style="dim")
    if hit.alike:
        line.append(f"  and {len(hit.alike)} alike", style="dim")
    return line


def report(done: Report) -> None:
    """What a run did, and which files can't be found by their text."""
    output.print(
        f"{done.files:,} files: {_counts(done.statuses)}. "
        f"{done.unchanged:,} unchanged, {done.removed:,} removed. "
        f"{done.passages:,} passages ({done.tokens:,} tokens) embedded in {done.seconds:.1f} s.",
        markup=False,
    )
    problems = [row for row in done.ledger if row.status in UNSEARCHABLE]
    for row in problems[:SHOWN_PROBLEMS]:
        output.print(f"  {row.status}: {row.path} ({row.reason})", markup=False, soft_wrap=True)
    if len(problems) > SHOWN_PROBLEMS:
        output.print(f"  and {len(problems) - SHOWN_PROBLEMS:,} more: bertrieve ledger")
    output.print(f"Index: {done.index}", markup=False, soft_wrap=True)


def _counts(statuses: Mapping[str, int]) -> str:
    return ", ".join(
        f"{count:,} {status}" for status, count in sorted(statuses.items(), key=lambda at: -at[1])
    )


def gone(folders: Sequence[str], index: str) -> None:
    """Which of the indexed folders are not there: a renamed one stays in the index beside its new name."""
    for folder in folders:
        there = os.path.exists(folder)  # noqa: PTH110
        if not there or os.path.realpath(folder) != folder:
            what = "is a link to another place now" if there else "does not exist any more"
            errors.print(
                f"{shown(folder)} {what}, and its documents are still found; "
                f"bertrieve forget {shlex.quote(shown(folder))} --index {shlex.quote(index)} takes them out",
                markup=False,
                soft_wrap=True,
            )


def forgotten(documents: int, folder: Path) -> None:
    """What was taken out of an index."""
    what = "1 document of {} is" if documents == 1 else f"{documents:,} documents of {{}} are"
    said = f"{what.format(shown(str(folder)))} out of the index."
    output.print(said, markup=False, soft_wrap=True)


def info(found: IndexInfo, folders: Sequence[str]) -> None:
    """The state of an index, and the folders it is of."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    encoder = found.encoder
    for name, value in (
        ("index", found.path),
        *([("folders", ", ".join(map(shown, folders)))] if folders else []),
        ("documents", f"{found.documents:,}"),
        ("passages", f"{found.passages:,} ({found.tokens:,} tokens)"),
        (
            "encoder",
            f"{encoder['model']} ({encoder['dimension']} dimensions, {encoder['max_tokens']} tokens)",
        ),
        ("vectors", f"{found.segments:,} segments, {found.recent:,} recent, {found.deleted:,} deleted"),
        ("search", _certificate(found.certificate)),
        ("on disk", ", ".join(f"{part} {size / 1e6:,.1f} MB" for part, size in found.bytes.items())),
        ("files", _counts(found.statuses)),
        ("generation", str(found.generation)),
    ):
        table.add_row(Text(name, style="dim"), Text(value))
    _whole(table)


def compacted(before: IndexInfo, after: IndexInfo) -> None:
    """What compaction changed."""
    output.print(
        f"{before.segments:,} segments are now {after.segments:,}, "
        f"{before.deleted - after.deleted:,} deleted vectors are gone, "
        f"{(before.bytes['segments'] - after.bytes['segments']) / 1e6:,.1f} MB given back."
    )


def _certificate(found: Certificate | None) -> str:
    if found is None:
        return "exact"
    effort = ", ".join(f"{name} {value:,}" for name, value in found.parameters.items())
    return (
        f"{found.kind} ({effort}), overlap@10 {found.overlap:.4f} with the exact search, "
        f"at least {found.low:.4f} (95%, asked {found.target:g}), "
        f"measured {found.made} with {found.sample:,} questions"
    )


def _whole(table: Table) -> None:
    """Print a table; into a pipe or a file each row is a line, however long, so that nothing is cut."""
    if output.is_terminal:
        output.print(table)
    else:
        Console(highlight=False, width=LONGEST_LINE).print(table)


def facets(found: Facets) -> None:
    """The values of each field, a line each, with how many documents have them."""
    table = Table(box=None, pad_edge=False)
    table.add_column("documents", justify="right")
    table.add_column("filter")
    for field, values in found.items():
        for value, count in values.items():
            table.add_row(f"{count:,}", Text(str(Is.exactly(field, value))))
    _whole(table)


def ledger(rows: Sequence[LedgerRow]) -> None:
    """What became of each file, a line each."""
    table = Table(box=None, pad_edge=False)
    for name in ("status", "path", "passages", "pages", "tokens", "reason"):
        justify: JustifyMethod = "right" if name in ("passages", "pages", "tokens") else "left"
        table.add_column(name, justify=justify, overflow="fold")
    for row in rows:
        pages = "" if row.pages is None else str(row.pages)
        cells = (row.status, row.path, str(row.passages), pages, str(row.tokens), row.reason)
        table.add_row(*map(Text, cells))
    _whole(table)


def problems(found: Sequence[Problem]) -> None:
    """What does not hold in an index, a line each with what to do about it."""
    for at in found:
        output.print(f"{at.kind}: {at.what}; {at.remedy}", markup=False, soft_wrap=True)
    if not found:
        output.print("Everything holds.")


def repaired(done: Repair) -> None:
    """What was wrong, and what still is."""
    problems(done.found)
    if done.found:
        output.print(f"{done.encoded:,} passages were embedded again. Left:")
        problems(done.left)
    for folder, path in done.aside:
        output.print(
            f"set aside: {path}; run bertrieve index {folder or 'again'}", markup=False, soft_wrap=True
        )


@contextmanager
def indexing() -> Iterator[Watcher]:
    """A progress bar on standard error: files, passages, tokens a second, time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("indexing", total=None, state="")

        def watch(now: IndexProgress) -> None:
            left = f", {_time(now.seconds_left)} left" if now.seconds_left is not None else ""
            state = (
                f"{now.files:,}/{now.files_total:,} files, {now.passages:,} passages, "
                f"{now.tokens_per_second:,.0f} tokens/s{left}"
            )
            bar.update(task, completed=now.bytes, total=now.bytes_total or None, state=state)

        yield watch


@contextmanager
def counting(description: str, total: int) -> Iterator[Progress]:
    """A plain bar on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        bar.add_task(description, total=total)
        yield bar


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

"""Tables of data (sheets, CSV, charts) -> lines of text.

A row becomes `Espresso machine | 12 | 349.00`, and the header row the heading that the rows stand
under, so that each passage of a long table knows its columns. Naming the column in every row
(`Product: Espresso machine; Units: 12`) was tried, on tables of 200 rows and passages of 120 tokens:
the row asked for was found little better with 5 columns (MRR .48 and .42 against .46 and .39), better
with 12 (.82 against .56, one row a passage instead of two), and a third to a half of the text was names.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from indexer.documents.draft import Draft, check_length
from indexer.documents.spacing import collapse
from indexer.documents.tables import names_columns

__all__ = ["Placed", "Row", "add_rows", "repeat_down", "row"]

_NUMBER = re.compile(r"[^\w]*\d[\d.,:/\- ]*\W*")

# A longer cell is a paragraph; repeating it on each row that it spans would drown the rest.
_LONGEST_REPEATED = 200


@dataclass(frozen=True, slots=True)
class Row:
    """What one row of a table holds: `(column, text)` of the cells that are not empty, columns rising.

    Sparse, because a sheet with one value in its last column has 16,383 empty cells before it.
    line: of the source file where the row begins, from 1; None where the format has no lines.
    """

    cells: tuple[tuple[int, str], ...]
    line: int | None = None

    @property
    def texts(self) -> list[str]:
        """The cells that are not empty, without their columns."""
        return [text for _, text in self.cells]


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of a sheet before its merged cells are dealt with.

    at: the row's number, from 1. cells: column -> text. merged: `(column, last row)` of the cells that
    go further down.
    """

    at: int
    cells: dict[int, str]
    merged: tuple[tuple[int, int], ...] = ()


def row(values: Iterable[str], line: int | None = None) -> Row:
    """A Row of all the cells, of which some may be empty; white space within a cell becomes one space."""
    texts = map(collapse, values)
    return Row(tuple((column, text) for column, text in enumerate(texts) if text), line)


def repeat_down(rows: Iterable[Placed]) -> Iterator[Row]:
    """The rows, and one empty row for any number of them that are empty or missing.

    A cell merged over several rows is repeated on each, so that every line can be understood alone.
    """
    spanning: dict[int, tuple[int, str]] = {}
    previous = 0
    for each in rows:
        spanning = {column: (last, text) for column, (last, text) in spanning.items() if last >= each.at}
        if each.at > previous + 1 or not each.cells:
            yield Row(())
        if each.cells:
            repeated = {column: text for column, (_, text) in spanning.items()}
            yield Row(tuple(sorted((repeated | each.cells).items())))
        for column, last in each.merged:
            if 0 < len(each.cells.get(column, "")) <= _LONGEST_REPEATED:
                spanning[column] = last, each.cells[column]
        previous = each.at


def add_rows(draft: Draft, rows: Iterable[Row], *, level: int, page: int | None = None) -> int:
    """Writes rows to the draft, which are tables with empty rows between them; returns how many had text.

    level: of the heading that a table's caption or header row becomes; headings of that level and
    deeper are ended when the function returns.
    """
    written = 0
    for table in _tables(rows):
        written += len(table)
        if len(table) > 1 and _is_caption(table[0], table[1]):
            draft.heading(table[0].texts[0], level, page=page, line=table[0].line)
            table = table[1:]
        if len(table) > 1 and _is_header(table):
            draft.heading(" | ".join(table[0].texts), level + 1, page=page, line=table[0].line)
            table = table[1:]
        columns = sorted({column for each in table for column, _ in each.cells})
        for run in _runs(table):
            draft.lines("\n".join(_line(each, columns) for each in run), page=page, line=run[0].line)
        draft.leave(level)
    return written


def _tables(rows: Iterable[Row]) -> Iterator[list[Row]]:
    table: list[Row] = []
    characters = 0
    for each in rows:
        if each.cells:
            table.append(each)
            characters += sum(len(text) + 3 for text in each.texts)
            check_length(characters)
        elif table:
            yield table
            table = []
    if table:
        yield table


def _runs(table: list[Row]) -> Iterator[list[Row]]:
    """The rows by runs of neighbouring source lines: the line of each can be counted from its run's first."""
    run: list[Row] = []
    for each in table:
        if run and each.line is not None and each.line != (run[-1].line or 0) + 1:
            yield run
            run = []
        run.append(each)
    if run:
        yield run


def _is_caption(first: Row, second: Row) -> bool:
    return len(first.cells) == 1 < len(second.cells) and not _NUMBER.fullmatch(first.texts[0])


def _is_header(table: list[Row]) -> bool:
    """Whether the first row names the columns."""
    columns = {column for each in table[:100] for column, _ in each.cells}
    return names_columns(table[0].texts, len(columns))


def _line(each: Row, columns: list[int]) -> str:
    # An empty cell keeps its place, unless the row has so few cells that places are no help.
    if len(each.cells) * 4 < len(columns):
        return " | ".join(each.texts)
    texts = dict(each.cells)
    return " | ".join(texts.get(column, "") for column in columns if column <= each.cells[-1][0]).lstrip()

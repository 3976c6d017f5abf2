"""Tables as lines that read on their own: one row a line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from indexer.documents.spacing import collapse

__all__ = ["Cell", "header_of", "names_columns", "rows"]

_NUMBER = re.compile(r"[^\w]*\d[\d.,:/\- ]*\W*")
_LONGEST_HEADER_CELL = 80

# A longer cell is a paragraph; repeating it on each row that it spans would drown the rest.
_MAX_REPEATED = 200


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, and how many rows and columns it spans."""

    text: str
    down: int = 1
    across: int = 1


def rows(table: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """Each row as its cells joined by ``" | "``; empty rows are left out.

    A cell that spans rows is repeated on each of them, so that every line can be understood alone.

    >>> list(rows([[Cell("2025", down=2), Cell("May")], [Cell("June")]]))
    ['2025 | May', '2025 | June']
    """
    spanning: dict[int, Cell] = {}
    for row in table:
        texts: list[str] = []
        column = 0
        below: dict[int, Cell] = {}
        cells = iter(row)
        while True:
            cell = spanning.pop(column, None) or next(cells, None)
            if cell is None:
                if not spanning:
                    break
                column = min(spanning)
                continue
            text = collapse(cell.text)
            texts.append(text)
            if cell.down > 1:
                below[column] = Cell(text if len(text) <= _MAX_REPEATED else "", cell.down - 1, cell.across)
            column += max(cell.across, 1)
        spanning = below
        if any(texts):
            yield " | ".join(text for text in texts if text)


def header_of(table: Sequence[str]) -> str:
    """The first of a table's rows, as `rows` writes them, where it names the columns; else "".

    >>> header_of(["Product | Units", "Kettle | 12", "Pan | 7"])
    'Product | Units'
    >>> header_of(["Kettle | 12", "Pan | 7"])
    ''
    """
    if len(table) < 2:
        return ""
    cells = [line.split(" | ") for line in table[:100]]
    return table[0] if names_columns(cells[0], max(map(len, cells))) else ""


def names_columns(names: Sequence[str], columns: int) -> bool:
    """Whether a row names a table's columns: a different short word or phrase for all of them but one."""
    return (
        len(names) > 1
        and len(names) >= columns - 1
        and len(set(names)) == len(names)
        and not any(len(name) > _LONGEST_HEADER_CELL or _NUMBER.fullmatch(name) for name in names)
    )

"""Lines of a PDF page -> paragraphs and tables."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from indexer.documents.pdf.lines import HYPHEN, Line

__all__ = ["Paragraph", "paragraphs"]

# Lines set more loosely than this, in the usual distance on the page, are two paragraphs.
_LOOSE = 1.35

_ENDED = re.compile(r"[.!?:;。！？：；…][\"'”’»」』)\]]*$")
_BULLET = re.compile(r"[•◦▪‣●○■□]")
_MARKER = re.compile(r"(?:[•◦▪‣·●○■□–*-]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]|\[\d{1,3}\])(?:\s|$)")


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together; a `table` where each of them is a row."""

    lines: list[Line] = field(default_factory=list)
    table: bool = False


def paragraphs(lines: Sequence[Line]) -> Iterator[Paragraph]:
    """The lines of one page, grouped."""
    joined = list(_join_raised(lines))
    pitch = _pitch(joined)
    current = Paragraph()
    for line, is_row in zip(joined, _rows(joined), strict=True):
        if current.lines and (current.table != is_row or _breaks(current, line, pitch)):
            yield current
            current = Paragraph()
        current.lines.append(line)
        current.table = is_row
    if current.lines:
        yield current


def _join_raised(lines: Sequence[Line]) -> Iterator[Line]:
    """Puts superscripts, subscripts and what follows them back into the line they stand in."""
    previous: Line | None = None
    for line in lines:
        if previous and _same_line(previous, line):
            previous = _joined(previous, line)
            continue
        if previous:
            yield previous
        previous = line
    if previous:
        yield previous


def _same_line(a: Line, b: Line) -> bool:
    size = max(a.size, b.size)
    gap = b.left - a.right
    widest = 5 if len(a.text) == 1 else 1.5  # a bullet stands further off
    return (
        a.turn == b.turn and abs(a.baseline - b.baseline) < 0.6 * size and -0.3 * size < gap < widest * size
    )


def _joined(a: Line, b: Line) -> Line:
    space = " " if b.left - a.right > 0.15 * max(a.size, b.size) else ""
    main = a if a.size >= b.size else b
    cells = (*a.cells[:-1], a.cells[-1] + space + b.cells[0], *b.cells[1:])
    return replace(main, text=a.text + space + b.text, left=a.left, right=max(a.right, b.right), cells=cells)


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance of two lines on the page, in type sizes."""
    drops = [
        (a.baseline - b.baseline) / a.size
        for a, b in pairwise(lines)
        if abs(a.size - b.size) < 0.5 and 0.8 * a.size < a.baseline - b.baseline < 3 * a.size
    ]
    return median(drops) if drops else 1.2


def _rows(lines: Sequence[Line]) -> list[bool]:
    """Which lines are rows of a table: three cells prove it, and two next to another line that has two."""
    cells = [3 if " … " in line.text else len(line.cells) for line in lines]
    return [
        here > 2 or (here > 1 and (before > 1 or after > 1))
        for before, here, after in zip([1, *cells], cells, [*cells[1:], 1], strict=False)
    ]


def _breaks(paragraph: Paragraph, line: Line, pitch: float) -> bool:
    """Whether `line` begins a new paragraph."""
    last = paragraph.lines[-1]
    if last.text.endswith(HYPHEN):
        return False
    size = max(last.size, line.size)
    drop = last.baseline - line.baseline
    if paragraph.table:
        return last.turn != line.turn or not 0 < drop < 2 * _LOOSE * pitch * size
    if last.turn != line.turn or last.bold != line.bold or abs(last.size - line.size) > 0.1 * size:
        return True
    if drop <= 0 or line.left > last.right or line.right < last.left:
        return not _goes_on(last, line)
    return drop > _LOOSE * pitch * size or _begins(paragraph, line, size)


def _goes_on(last: Line, line: Line) -> bool:
    """Whether a sentence runs from the foot of one column to the head of the next."""
    return not _ENDED.search(last.text) and line.text[0].islower()


def _begins(paragraph: Paragraph, line: Line, size: float) -> bool:
    """Whether a line looks like a paragraph's first: a bullet, an indent, or the one before is cut short."""
    if _BULLET.match(line.text):
        return True
    last = paragraph.lines[-1]
    ended = bool(_ENDED.search(last.text))
    if ended and _MARKER.match(line.text):
        return True
    shift = line.left - last.left
    if abs(shift) < 0.5 * size:
        return _is_cut(paragraph, line, size)
    first = len(paragraph.lines) == 1
    if shift > 0:  # an indent, unless the whole paragraph hangs from its first line
        return ended and not (first and _MARKER.match(last.text))
    return ended and not first


def _is_cut(paragraph: Paragraph, line: Line, size: float) -> bool:
    """Whether the last line ends although the first word of `line` would have had room in it."""
    margin = max(line.right, *(other.right for other in paragraph.lines))
    word = line.text.split(" ", 1)[0]
    letters = 1 if word[0] > "\u2e80" else len(word)
    width = letters * (line.right - line.left) / len(line.text)
    return margin - paragraph.lines[-1].right > width + size

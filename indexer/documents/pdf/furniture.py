"""What stands at the same place on most pages of a PDF: running heads, page numbers."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from indexer.documents.pdf.lines import Line

__all__ = ["without_furniture"]

# A place on the page: its height in steps of 4 points, for a hair's breadth is no other place.
Place = int

# Furniture is within so many heights of the top or of the foot.
_HEIGHTS = 3

_NUMBER = re.compile(r"\d{1,5}")
_NOT_LETTER = re.compile(r"[\W\d_]+")

# In a line with letters, a number that rises with the pages is theirs only if it is near them;
# beyond this it may as well be that of an invoice a page.
_FURTHEST = 100


def without_furniture(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The lines of each page but for its furniture.

    Words that are found nowhere else are kept where they stand first: a title that is only ever a
    running head is not lost.
    """
    places = _places(pages)
    heads = [{id(line) for line in _edges(lines) if _place(line) in places} for lines in pages]
    paired = list(zip(pages, heads, strict=True))
    body = (line for lines, head in paired for line in lines if id(line) not in head)
    # Without a mark between the lines: what is one line as a running head may be two as a title.
    seen = "".join(map(_words, body)) if places else ""
    kept: list[list[Line]] = []
    for lines, head in paired:
        kept.append([])
        for line in lines:
            if id(line) not in head:
                kept[-1].append(line)
            elif _words(line) not in seen:
                kept[-1].append(line)
                seen += _words(line)
    return kept


def _places(pages: Sequence[Sequence[Line]]) -> set[Place]:
    """The places where more than half of the pages have something that another page has there too.

    Two pages prove nothing, so a document of fewer than three has no furniture.
    """
    counts: Counter[tuple[Place, str]] = Counter()
    for number, lines in enumerate(pages):
        counts.update({signature for line in _edges(lines) for signature in _signatures(line, number)})
    recurring: Counter[Place] = Counter()
    for number, lines in enumerate(pages):
        recurring.update(
            {
                place
                for line in _edges(lines)
                for place, text in _signatures(line, number)
                if counts[place, text] > 1
            }
        )
    return {place for place, count in recurring.items() if count * 2 > len(pages) > 2}


def _edges(lines: Sequence[Line]) -> list[Line]:
    upright = [line for line in lines if not line.turn]
    heights = sorted({_place(line) for line in upright})
    outer = {*heights[:_HEIGHTS], *heights[-_HEIGHTS:]}
    return [line for line in upright if _place(line) in outer]


def _place(line: Line) -> Place:
    return round(line.baseline / 4)


def _signatures(line: Line, number: int) -> Iterator[tuple[Place, str]]:
    """The line as it is, and once for each number in it with that number counted from the page's."""
    place = _place(line)
    yield place, line.text
    has_letters = bool(_words(line))
    for match in _NUMBER.finditer(line.text):
        offset = int(match[0]) - number
        if not has_letters or abs(offset) <= _FURTHEST:
            yield place, f"{line.text[: match.start()]}#{offset}{line.text[match.end() :]}"


def _words(line: Line) -> str:
    """The line without its numbers and signs."""
    return _NOT_LETTER.sub("", line.text).casefold()

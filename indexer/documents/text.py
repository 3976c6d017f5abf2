"""Plain text: the file's own text, its paragraphs, and the line where each begins."""

import re
from collections.abc import Iterator
from pathlib import Path

from indexer.documents.document import Block, BlockKind, Document
from indexer.documents.draft import check_length
from indexer.documents.encoding import decode, undecoded
from indexer.documents.files import load

__all__ = ["paragraphs", "read"]

# Nobody wraps by hand beyond this many columns, so a line that is longer is a whole paragraph.
_WIDEST_WRAP = 120
# Nor to fewer than this: such lines are verse, addresses, names.
_NARROWEST_WRAP = 25

_LIST_ITEM = re.compile(r"\s*(?:[-*+•·▪◦–]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
_PARAGRAPH = re.compile(r"\S.*(?:\n.*\S.*)*")


def read(path: Path) -> Document:
    """A text file. `Document.text` is the decoded file, so offsets and lines are true of it."""
    text = decode(load(path))
    check_length(len(text))
    kind: BlockKind | None = "lines" if path.suffix.lower() == ".log" else None
    return Document(text, tuple(paragraphs(text, kind)), gaps=undecoded(text))


def paragraphs(text: str, kind: BlockKind | None = None) -> Iterator[Block]:
    """The blocks of plain text: paragraphs, between them blank lines.

    A paragraph whose lines are lists or verse is "lines"; `kind` overrules what it looks like.
    """
    line, counted = 1, 0
    for match in _PARAGRAPH.finditer(text):
        for start, end in _parts(text, *match.span()):
            line += text.count("\n", counted, start)
            counted = start
            yield Block(start, end, kind or _kind(text[start:end]), line=line)


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """One paragraph, or each of its lines where the file has a paragraph a line."""
    lines = [(match.start() + start, match.end() + start) for match in re.finditer(r"\S.*", text[start:end])]
    if len(lines) > 1 and max(_width(text[a:b]) for a, b in lines) > _WIDEST_WRAP:
        yield from ((a, a + len(text[a:b].rstrip())) for a, b in lines)
    else:
        yield start, start + len(text[start:end].rstrip())


def _width(line: str) -> int:
    """Columns on a screen: a CJK character takes two."""
    return len(line) + sum("\u2e80" <= char <= "\uffef" for char in line[: _WIDEST_WRAP + 1])


def _kind(paragraph: str) -> BlockKind:
    lines = paragraph.split("\n")
    if len(lines) < 2:
        return "prose"
    if sum(bool(_LIST_ITEM.match(line)) for line in lines) * 3 >= len(lines):
        return "lines"
    # Wrapped lines are about equally long, but for the last.
    widths = [_width(line) for line in lines[:-1]]
    ragged = sum(width < max(widths) * 0.6 for width in widths)
    return "lines" if ragged * 2 > len(widths) or max(widths) < _NARROWEST_WRAP else "prose"

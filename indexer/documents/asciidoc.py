"""AsciiDoc, line by line: there is no library for it in Python."""

import re
from pathlib import Path

from indexer.documents.asciitext import cells, columns, plain
from indexer.documents.document import Document
from indexer.documents.draft import Draft, check_length
from indexer.documents.encoding import decode, undecoded
from indexer.documents.files import load
from indexer.documents.tables import Cell

__all__ = ["read"]

_HEADING = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*)")
_ATTRIBUTE = re.compile(r":!?([\w-]+)!?:(?:[ \t]+(.*))?")
_ATTRIBUTES = re.compile(r"\[[^\]\n]*\]")
_ITEM = re.compile(r"\s*(?:[*-]{1,5}|\.{1,5}|\d+\.|[a-zA-Z]\.|<\d+>|<\.>)[ \t]+(?:\[[ x*]\][ \t]+)?(\S.*)")
_BLOCK_TITLE = re.compile(r"\.[^\s.].*")
_VERBATIM = re.compile(r"(-{4,}|\.{4,}|\+{4,}|`{3,})(.*)")
_TABLE = re.compile(r"[|,:!]={3,}")
_FENCE = re.compile(r"={4,}|\*{4,}|_{4,}|--|\"\"|\+")
_RULE = re.compile(r"'{3,}|<{3,}")
_MACRO = re.compile(r"(\w+)::([^\[\s]*)\[(.*)\]")
_AUTHOR = re.compile(r"[^\W\d][^:|=*\[<]*<[^<>@\s]+@[^<>\s]+>")
_UNDERLINES = "=-~^+"
_METADATA = {
    "author": "author",
    "revdate": "date",
    "lang": "language",
    "keywords": "keywords",
    "description": "description",
}


def read(path: Path) -> Document:
    """A text in AsciiDoc; blocks have the lines where they begin. Included files and raw blocks are gaps."""
    text = decode(load(path))
    check_length(len(text))
    reader = _Reader(text.split("\n"))
    reader.run()
    metadata = {name: reader.attributes[key] for key, name in _METADATA.items() if key in reader.attributes}
    return reader.draft.document(title=reader.title, metadata=metadata, gaps=[*reader.gaps, *undecoded(text)])


class _Reader:
    """Reads the lines of a file, of which `_at` is the next, from 0."""

    def __init__(self, lines: list[str]) -> None:
        self.draft = Draft()
        self.title = ""
        self.attributes: dict[str, str] = {}
        self.gaps: list[str] = []
        self._lines = lines
        self._at = 0
        self._columns = 0

    def run(self) -> None:
        while self._at < len(self._lines):
            line = self._lines[self._at].rstrip()
            if not (self._structure(line) or self._block(line)):
                self._text()

    def _structure(self, line: str) -> bool:
        """Reads a line that is no text: a heading, an attribute, a macro, a delimiter; whether it was one."""
        if heading := _HEADING.fullmatch(line):
            self._heading(heading[2], len(heading[1]))
        elif level := self._underlined(line):
            self._heading(line, level)
            self._at += 1
        elif attribute := _ATTRIBUTE.fullmatch(line):
            self.attributes[attribute[1]] = self._plain(attribute[2] or "")
        elif macro := _MACRO.fullmatch(line):
            self._macro(macro[1], macro[3])
        elif _ATTRIBUTES.fullmatch(line):
            self._columns = columns(line)
        elif line.strip() and not _FENCE.fullmatch(line) and not _RULE.fullmatch(line):
            return False
        self._at += 1
        return True

    def _underlined(self, line: str) -> int:
        """The level of a heading in the old style, with a line of marks below it; 0 where it is none."""
        below = self._lines[self._at + 1].rstrip() if self._at + 1 < len(self._lines) else ""
        is_rule = len(below) > 1 and len(set(below)) == 1 and below[0] in _UNDERLINES
        return (
            _UNDERLINES.index(below[0]) + 1
            if is_rule and line[:1].isalnum() and abs(len(line) - len(below)) < 3
            else 0
        )

    def _heading(self, text: str, level: int) -> None:
        title = self._plain(text)
        self.draft.heading(title, level, line=self._at + 1)
        if level == 1 and not self.title:
            self.title = title
            self._byline()

    def _byline(self) -> None:
        """The author, who may stand below the title of the whole text."""
        following = self._lines[self._at + 1] if self._at + 1 < len(self._lines) else ""
        if _AUTHOR.fullmatch(following):
            self.attributes["author"] = following
            self._at += 1

    def _macro(self, name: str, argument: str) -> None:
        if name == "include":
            self.gaps.append(f"line {self._at + 1}: the file that would be included is not read")
        elif name == "image":
            description = argument.split(",")[0]
            self.draft.prose(
                "" if "=" in description else self._plain(description.strip('"')), line=self._at + 1
            )

    def _block(self, line: str) -> bool:
        """Reads what stands between two delimiters, or a comment; whether there was one."""
        if line.startswith("////"):
            self._until(line)
        elif line.startswith("//"):
            self._at += 1
        elif verbatim := _VERBATIM.fullmatch(line):
            first = self._at + 2
            inside = self._until(verbatim[1])
            if line.startswith("+"):
                self.gaps.append(f"line {first - 1}: a block of raw output is not read")
            else:
                self.draft.lines("\n".join(inside), line=first)
        elif _TABLE.fullmatch(line):
            first = self._at + 2
            self._table(self._until(line), line[0], first)
        else:
            return False
        return True

    def _until(self, delimiter: str) -> list[str]:
        """The lines up to the delimiter that closes the block, or to the end of the file."""
        start = self._at + 1
        self._at = next(
            (at for at in range(start, len(self._lines)) if self._lines[at].rstrip() == delimiter),
            len(self._lines),
        )
        self._at += 1
        return self._lines[start : self._at - 1]

    def _table(self, lines: list[str], separator: str, first: int) -> None:
        found = cells(lines, separator)
        width = self._columns or (len(found[0]) if found else 1)
        self._columns = 0
        if any(len(row) == 1 < width for row in found):  # a cell a line
            every = [cell for row in found for cell in row]
            found = [every[at : at + width] for at in range(0, len(every), width)]
        self.draft.table(([Cell(self._plain(cell)) for cell in row] for row in found), line=first)

    def _text(self) -> None:
        """Reads a paragraph, or the items of a list."""
        first, paragraph = self._at + 1, self._paragraph()
        if _BLOCK_TITLE.fullmatch(paragraph[0]) and len(paragraph) == 1:
            self.draft.prose(self._plain(paragraph[0][1:]), line=first)
        elif paragraph[0].startswith("|"):
            table = [[Cell(self._plain(cell)) for cell in row] for row in cells(paragraph, "|")]
            self.draft.table(table, line=first)
        elif _ITEM.fullmatch(paragraph[0]):
            self._items(paragraph, first)
        elif paragraph[0][0] in " \t":
            self.draft.lines("\n".join(paragraph), line=first)
        else:
            self.draft.prose("\n".join(map(self._plain, paragraph)), line=first)

    def _paragraph(self) -> list[str]:
        """The lines up to an empty one, or to one that begins something else."""
        start = self._at
        self._at += 1
        while self._at < len(self._lines):
            line = self._lines[self._at].rstrip()
            begins = (_ATTRIBUTES, _VERBATIM, _TABLE, _FENCE, _MACRO)
            if not line or line.startswith("//") or any(pattern.fullmatch(line) for pattern in begins):
                break
            if _BLOCK_TITLE.fullmatch(self._lines[self._at - 1]):
                break
            self._at += 1
        return [line.rstrip() for line in self._lines[start : self._at]]

    def _items(self, lines: list[str], first: int) -> None:
        """Items that have a line each are one block; those that are wrapped are paragraphs."""
        starts = [number for number, line in enumerate(lines) if _ITEM.fullmatch(line)]
        texts = [
            self._plain(match[1] if (match := _ITEM.fullmatch(line)) else line.strip()) for line in lines
        ]
        if len(starts) == len(lines):
            self.draft.lines("\n".join(texts), line=first)
            return
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            self.draft.prose("\n".join(texts[start:end]), line=first + start)

    def _plain(self, text: str) -> str:
        return plain(text, self.attributes)

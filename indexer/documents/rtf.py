"""RTF: groups in braces, control words, and text in the code page of whatever font is current.

Written here because striprtf, the library for it, drops footnotes, text boxes and headings, and takes
the two halves of a character outside the basic plane for two.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.documents.document import Document
from indexer.documents.draft import Draft
from indexer.documents.encoding import undecoded
from indexer.documents.files import load
from indexer.documents.rtfwords import ASIDES, CHARACTERS, INFORMATION, KEPT, SKIPPED, charset, code_page
from indexer.documents.spacing import collapse
from indexer.documents.titles import real_title
from indexer.errors import DocumentError

__all__ = ["parse", "read"]

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)|[\r\n]+"
)
_HEADING_STYLE = re.compile(r"\s*heading (\d)", re.IGNORECASE)
_MAX_DEPTH = 10_000


def read(path: Path) -> Document:
    """An RTF file; it has no pages and no lines."""
    document = parse(load(path))
    return replace(document, title=real_title(document.title, path))


def parse(data: bytes) -> Document:
    """The Document of RTF given as bytes, as mail holds it.

    Raises DocumentError when it is something else, or nested deeper than any program writes.
    """
    if data.lstrip()[:5].lower() != b"{\\rtf":
        raise DocumentError("the file is not RTF, although it is named so")
    reader = _Reader()
    reader.run(data)
    information = {name: "".join(pieces) for name, pieces in reader.information.items()}
    document = reader.draft.document(title=information.pop("title", ""), metadata=information)
    only_pictures = reader.pictures and not document.text
    return replace(
        document, gaps=("the file has no text, only pictures",) if only_pictures else undecoded(document.text)
    )


@dataclass(slots=True)
class _Group:
    """What a group inherits from the one around it, and what is as before when it ends.

    out: where its text goes. uc: how many characters for old readers follow a Unicode character.
    level: of the heading that the paragraph is; None where it is none.
    """

    out: list[str]
    within: str = "text"
    font: int = -1
    uc: int = 1
    hidden: bool = False
    level: int | None = None
    in_table: bool = False


class _Reader:
    def __init__(self) -> None:
        self.draft = Draft()
        self.information: dict[str, list[str]] = {}
        self.pictures = 0
        self._paragraph: list[str] = []
        self._asides: list[list[str]] = []
        self._cells: list[str] = []
        self._rows: list[str] = []
        self._group = _Group(self._paragraph)
        self._outer: list[_Group] = []
        self._code_page = "cp1252"
        self._fonts: dict[int, str] = {}
        self._default_font = -1
        self._levels: dict[int, int] = {}
        self._style = -1
        self._ignorable = False
        self._to_skip = 0
        self._bytes = bytearray()
        self._units: list[int] = []

    def run(self, data: bytes) -> None:
        at = 0
        while match := _TOKEN.match(data, at):
            at = match.end()
            word, number, code, symbol, brace, text = match.groups()
            if word == b"bin":
                at += max(int(number or 0), 0)
            elif word:
                self._word(word.decode(), int(number) if number else None)
            elif brace == b"{":
                self._open()
            elif brace:
                self._close()
            elif code:
                self._take(bytes.fromhex(code.decode()))
            elif symbol:
                self._symbol(symbol)
            elif text:
                self._take(text)
        self._flush()
        self._end_paragraph()
        self._end_table()

    def _open(self) -> None:
        self._flush()
        if len(self._outer) >= _MAX_DEPTH:
            raise DocumentError(f"the groups of the file are nested more than {_MAX_DEPTH:,} deep")
        self._outer.append(self._group)
        self._group = replace(self._group)

    def _close(self) -> None:
        self._flush()
        if self._outer:
            self._group = self._outer.pop()

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._ignorable = True
        elif symbol in b"\r\n":
            self._word("par", None)
        elif symbol in b"~_":
            self._flush()
            self._put(" " if symbol == b"~" else "-")
        elif symbol in b"\\{}":
            self._take(symbol)

    def _word(self, word: str, number: int | None) -> None:
        ignorable, self._ignorable = self._ignorable, False
        if word == "u" and number is not None:
            self._take_unit(number % 0x10000)
            return
        self._flush()
        group = self._group
        if group.within == "skipped":
            return
        if word in CHARACTERS:
            self._put(CHARACTERS[word])
        elif word in INFORMATION and group.within == "info":
            group.within, group.out = "text", self.information.setdefault(INFORMATION[word], [])
        elif word in ASIDES:
            group.out = []
            self._asides.append(group.out)
        elif word in ("fonttbl", "stylesheet", "info"):
            group.within = word
        elif word in SKIPPED or (ignorable and word not in KEPT):
            group.within = "skipped"
            self.pictures += word == "pict"
        else:
            self._control(word, 1 if number is None else number)

    def _control(self, word: str, number: int) -> None:
        group = self._group
        match word:
            case "f":
                group.font = number
            case "fcharset" if group.within == "fonttbl":
                self._fonts[group.font] = charset(number)
            case "deff":
                self._default_font = group.font = number
            case "plain":
                group.font, group.hidden = self._default_font, False
            case "uc":
                group.uc = max(number, 0)
            case "v" | "deleted":
                group.hidden = number != 0
            case "ansicpg":
                self._code_page = code_page(number)
            case "mac" | "pc" | "pca":
                self._code_page = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[word]
            case "pard":
                group.level, group.in_table = None, False
            case "intbl":
                group.in_table = True
            case "s":
                self._style = number
                group.level = self._levels.get(number)
            case "outlinelevel" if 0 <= number < 9:
                group.level = number + 1
                if group.within == "stylesheet":
                    self._levels[self._style] = number + 1
            case "par" | "sect" | "page":
                self._end_paragraph()
            case "cell" | "nestcell":
                self._cells.append(collapse("".join(self._paragraph)))
                self._paragraph.clear()
            case "row" | "nestrow":
                self._end_row()

    def _take(self, data: bytes) -> None:
        """Characters in the current code page, less those that only old readers should see."""
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        if skipped < len(data) and self._group.within != "skipped":
            self._flush_units()
            self._bytes += data[skipped:]

    def _take_unit(self, unit: int) -> None:
        self._flush_bytes()
        self._units.append(unit)
        self._to_skip = self._group.uc

    def _flush(self) -> None:
        self._flush_units()
        self._flush_bytes()
        self._to_skip = 0

    def _flush_units(self) -> None:
        if self._units:
            units = b"".join(unit.to_bytes(2, "little") for unit in self._units)
            self._units.clear()
            self._put(units.decode("utf-16-le", "replace"))

    def _flush_bytes(self) -> None:
        if self._bytes:
            text = self._bytes.decode(self._fonts.get(self._group.font) or self._code_page, "replace")
            self._bytes.clear()
            self._put(text)

    def _put(self, text: str) -> None:
        group = self._group
        if group.within == "text" and not group.hidden:
            group.out.append(text)
        elif group.within == "stylesheet" and (style := _HEADING_STYLE.match(text)):
            self._levels.setdefault(self._style, int(style[1]))

    def _end_paragraph(self) -> None:
        if self._group.out is not self._paragraph or self._group.in_table:
            self._put("\n")
            return
        self._end_table()
        text = "\n".join(filter(None, map(collapse, "".join(self._paragraph).split("\n"))))
        self._paragraph.clear()
        if self._group.level is not None:
            self.draft.heading(text, self._group.level)
        elif "\n" in text:
            self.draft.lines(text)
        else:
            self.draft.prose(text)
        self._end_asides()

    def _end_row(self) -> None:
        self._rows.append(" | ".join(filter(None, self._cells)))
        self._cells = []

    def _end_table(self) -> None:
        if self._cells:  # of a row that was never ended
            self._end_row()
        self.draft.lines("\n".join(filter(None, self._rows)))
        self._rows = []

    def _end_asides(self) -> None:
        """Footnotes and text boxes follow the paragraph that they are in."""
        for aside in self._asides:
            self.draft.prose(collapse("".join(aside)))
        self._asides.clear()

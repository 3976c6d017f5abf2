"""The cells of an XLSX sheet -> what they show.

The rows are read directly: openpyxl pads every row to its last column (a few kilobytes make it hand out
16,384 cells a row for a million rows), refuses a whole file for a style it does not know, and can't tell
an empty cell from a formula that was never calculated. What numbers mean as dates is left to it.
"""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from io import BytesIO

from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from indexer.documents.archive import Archive
from indexer.documents.ooxml import local
from indexer.documents.rows import Placed, Row, repeat_down
from indexer.documents.spacing import collapse
from indexer.errors import DocumentError

__all__ = ["Cells"]

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]+)")
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]{0,99}?ref=[\"']([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})[\"']"
)
_PERCENT = re.compile(r"[#,]*0(?:\.(0+))?%")


class Cells:
    """What the sheets of one workbook share: strings, number formats and the epoch of dates."""

    def __init__(self, archive: Archive, strings: str | None, styles: str | None, epoch_1904: bool) -> None:
        self._archive = archive
        self._strings = [_string(item) for item in archive.xml(strings).iter("{*}si")] if strings else []
        self._formats = _formats(archive.xml(styles)) if styles else []
        self._epoch = MAC_EPOCH if epoch_1904 else WINDOWS_EPOCH
        self.uncalculated = 0

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of the sheet in member `name`; one empty row stands for any number of them.

        Counts in `uncalculated` the formulas that have no value saved with them.
        """
        data = self._archive.read(name)
        return repeat_down(self._placed(data, name))

    def _placed(self, data: bytes, name: str) -> Iterator[Placed]:
        merged = _merged(data)
        at = 0
        for element in _elements(data, name):
            number = element.get("r", "")
            at = int(number) if number.isdecimal() else at + 1
            yield Placed(at, self._cells(element), tuple(merged.get(at, ())))
            # What has been read would otherwise stay in memory as a tree.
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]

    def _cells(self, row: etree._Element) -> dict[int, str]:
        found: dict[int, str] = {}
        column = -1
        for cell in row.iterchildren("{*}c"):
            reference = _REFERENCE.fullmatch(cell.get("r", ""))
            column = _column(reference[1]) if reference else column + 1
            text = collapse(self._shown(cell))
            if text:
                found[column] = text
        return found

    def _shown(self, cell: etree._Element) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return "".join(map(_string, cell.iterchildren("{*}is")))
        value = cell.findtext("{*}v")
        if not value:
            self.uncalculated += value is None and cell.find("{*}f") is not None
            return ""
        if kind == "s":
            return self._shared(value)
        if kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        if kind == "n":
            return self._number(value, cell.get("s", ""))
        return value

    def _shared(self, index: str) -> str:
        try:
            return self._strings[int(index)]
        except (ValueError, IndexError):
            raise DocumentError(
                f"a cell refers to text {index[:20]!r} of the file's {len(self._strings)} texts; the file is damaged"
            ) from None

    def _number(self, value: str, style: str) -> str:
        try:
            number = float(value)
            shown = self._formats[int(style)] if style and int(style) < len(self._formats) else "General"
            if is_date_format(shown):
                return _moment(from_excel(number, self._epoch, timedelta=bool(is_timedelta_format(shown))))
        except (ValueError, OverflowError):
            return value
        if percent := _PERCENT.fullmatch(shown):
            return f"{number * 100:.{len(percent[1] or '')}f}%"
        # 15 digits, as spreadsheets show: the file holds 0.30000000000000004 for 0.3.
        return f"{number:.15g}" if abs(number) < 1e15 else value


def _elements(data: bytes, name: str) -> Iterator[etree._Element]:
    events = etree.iterparse(
        BytesIO(data), tag="{*}row", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        for _, element in events:
            yield element
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"the XML of {name} is damaged: {error.msg}") from None


def _merged(data: bytes) -> dict[int, list[tuple[int, int]]]:
    """The cells that are merged over several rows: first row -> `(column, last row)` of each."""
    found: dict[int, list[tuple[int, int]]] = {}
    # Found by a pattern, since the file states them after the rows.
    for match in _MERGED.finditer(data):
        letters, first, last = match[1].decode(), int(match[2]), int(match[3])
        if last > first:
            found.setdefault(first, []).append((_column(letters), last))
    return found


def _string(item: etree._Element) -> str:
    """A string's text, without the phonetic guides that stand in it for East Asian names."""
    texts = (text for text in item.iter("{*}t") if local(text.getparent()) != "rPh")
    return "".join(text.text or "" for text in texts)


def _formats(styles: etree._Element) -> list[str]:
    """The number format of each cell style."""
    own = {each.get("numFmtId", ""): each.get("formatCode", "") for each in styles.iter("{*}numFmt")}
    cell_styles = styles.find("{*}cellXfs")
    ids = [each.get("numFmtId", "0") for each in cell_styles] if cell_styles is not None else []
    builtin = {str(number): code for number, code in BUILTIN_FORMATS.items()}
    return [own.get(each) or builtin.get(each, "General") for each in ids]


def _moment(value: object) -> str:
    """A date, a time or a duration; no seconds and no midnight where there are none."""
    if isinstance(value, datetime):
        day, clock = value.date().isoformat(), _moment(value.time())
        return day if clock == "00:00" else f"{day} {clock}"
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return str(value)


def _column(letters: str) -> int:
    """The column's number, from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1

"""The cells of an XLSX sheet -> what they show.

The rows are read directly: openpyxl pads every row to its last column (a few kilobytes make it hand out
16,384 cells a row for a million rows), refuses a whole file for a style it does not know, and can't tell
an empty cell from a formula that was never calculated. What numbers mean as dates is left to it.
"""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import lru_cache
from io import BytesIO

from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from indexer.documents.archive import Archive
from indexer.documents.elements import local, number
from indexer.documents.rows import Placed, Row, repeat_down
from indexer.documents.spacing import collapse
from indexer.errors import DocumentError

__all__ = ["Cells"]

_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]{0,99}?ref=[\"']([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})[\"']"
)
_PERCENT = re.compile(r"[#,]*0(?:\.(0+))?%")


class Cells:
    """What the sheets of one workbook share: strings, number formats and the epoch of dates."""

    def __init__(self, archive: Archive, strings: str | None, styles: str | None, epoch_1904: bool) -> None:
        self._archive = archive
        texts = archive.xml(strings).iter("{*}si") if strings else ()
        self._strings = [collapse(_string(item)) for item in texts]
        self._formats = dict(enumerate(_formats(archive.xml(styles)))) if styles else {}
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
            at = number(element.get("r"), at + 1)
            yield Placed(at, self._cells(element), tuple(merged.get(at, ())))
            # What has been read would otherwise stay in memory as a tree.
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]

    def _cells(self, row: etree._Element) -> dict[int, str]:
        found: dict[int, str] = {}
        column = -1
        for cell in row.iterchildren("{*}c"):
            letters = cell.get("r", "").rstrip("0123456789")
            column = _column(letters) if letters else column + 1
            if text := self._shown(cell):
                found[column] = text
        return found

    def _shown(self, cell: etree._Element) -> str:
        kind, value = cell.get("t", "n"), None
        for child in cell:
            name = local(child)
            if name == "v":
                value = child.text
            elif name == "is" and kind == "inlineStr":
                return collapse(_string(child))
        if not value:
            self.uncalculated += any(local(child) == "f" for child in cell)
            return ""
        if kind == "s":
            return self._shared(value)
        if kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        if kind == "n":
            return self._number(value, self._formats.get(number(cell.get("s"), 0), "General"))
        return collapse(value)

    def _shared(self, index: str) -> str:
        position = number(index.strip(), -1)
        if not 0 <= position < len(self._strings):
            raise DocumentError(
                f"a cell refers to text {index[:20]!r}, and the file has {len(self._strings)}; it is damaged"
            )
        return self._strings[position]

    def _number(self, value: str, shown: str) -> str:
        try:
            amount = float(value)
            if (kind := _kind(shown)) != "number":
                return _moment(from_excel(amount, self._epoch, timedelta=kind == "duration"))
        except (ValueError, OverflowError):
            return value.strip()
        if percent := _PERCENT.fullmatch(shown):
            return f"{amount * 100:.{len(percent[1] or '')}f}%"
        # 15 digits, as spreadsheets show: the file holds 0.30000000000000004 for 0.3.
        return f"{amount:.15g}" if abs(amount) < 1e15 else value.strip()


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
    guides = {text for guide in item.iter("{*}rPh") for text in guide.iter("{*}t")}
    return "".join(text.text or "" for text in item.iter("{*}t") if text not in guides)


def _formats(styles: etree._Element) -> list[str]:
    """The number format of each cell style."""
    own = {each.get("numFmtId", ""): each.get("formatCode", "") for each in styles.iter("{*}numFmt")}
    cell_styles = styles.find("{*}cellXfs")
    ids = [each.get("numFmtId", "0") for each in cell_styles] if cell_styles is not None else []
    builtin = {str(number): code for number, code in BUILTIN_FORMATS.items()}
    return [own.get(each) or builtin.get(each, "General") for each in ids]


@lru_cache(20_000)
def _kind(shown: str) -> str:
    """What a number format shows: a "number", a "moment" or a "duration"."""
    if not is_date_format(shown):
        return "number"
    return "duration" if is_timedelta_format(shown) else "moment"


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


@lru_cache(20_000)
def _column(letters: str) -> int:
    """The column's number, from 0: A is 0, AA is 26."""
    column = 0
    for letter in letters[:3]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1

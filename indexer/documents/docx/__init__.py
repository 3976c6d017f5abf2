"""DOCX: headings, paragraphs, lists, tables, text boxes, notes and comments, in reading order.

python-docx was left out: it loads every picture into memory, cannot open the "strict" variant of the
format, and knows neither text boxes, notes nor the numbers of lists.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree

from indexer.documents.archive import Archive
from indexer.documents.document import Document
from indexer.documents.docx.inline import Inline, inline, plain
from indexer.documents.docx.numbering import Numbering
from indexer.documents.docx.styles import Style, Styles
from indexer.documents.docx.xml import child, value
from indexer.documents.draft import Draft
from indexer.documents.elements import local, number
from indexer.documents.ooxml import chart, main_part, properties, related
from indexer.documents.rows import add_rows
from indexer.documents.spacing import collapse
from indexer.documents.tables import Cell
from indexer.documents.titles import real_title

__all__ = ["read"]

# Relationships to other files inside the file: a workbook, a program's own data, HTML to be merged in.
_OBJECTS = frozenset({"oleObject", "package", "aFChunk"})

# A table's own heading stands below all nine levels that Word has.
_BELOW_HEADINGS = 10

# What wraps paragraphs without being one: content controls, custom XML, inserted text.
_WRAPPERS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"})


def read(path: Path) -> Document:
    """A Word document. It has no pages: where they break is known only when it is laid out."""
    archive = Archive(path)
    main = main_part(archive, "document")
    writer = _Writer(archive, main)
    root = archive.xml(main)
    body = child(root, "body")
    if body is not None:
        writer.write(body)
    title, metadata = properties(archive)
    gaps = _gaps(root, (part.kind for part in related(archive, main).values()))
    return writer.draft.document(title=real_title(title, path), metadata=metadata, gaps=gaps)


def _gaps(root: etree._Element, kinds: Iterable[str]) -> Iterator[str]:
    """What is in the file and is not read."""
    objects = sum(kind in _OBJECTS for kind in kinds)
    if objects:
        yield f"{objects} embedded object{'s' * (objects > 1)}, not read"
    if entities := sum(1 for _ in root.iter(etree.Entity)):
        yield f"{entities} entities that the file defines, not filled in"


class _Writer:
    """Turns the paragraphs and tables of a document into the blocks of a draft."""

    def __init__(self, archive: Archive, main: str) -> None:
        self.draft = Draft()
        self._archive = archive
        self._parts = related(archive, main)
        self._styles = Styles(self._part("styles"))
        self._numbering = Numbering(self._part("numbering"))
        self._notes = {
            (kind, value(note, "id")): note
            for kind in ("footnotes", "endnotes", "comments")
            if (root := self._part(kind)) is not None
            for note in root
        }
        self._items: list[str] = []

    def write(self, body: etree._Element) -> None:
        """The whole document, and once what stands at the top and at the bottom of its pages."""
        self._furniture("header")
        self._blocks(body)
        self._flush_list()
        self._furniture("footer")

    def _part(self, kind: str) -> etree._Element | None:
        name = next((part.name for part in self._parts.values() if part.kind == kind), None)
        return self._archive.xml(name) if name else None

    def _furniture(self, kind: str) -> None:
        """Each different header or footer once; most hold a page number alone, which is left out."""
        texts = (
            collapse(plain(self._archive.xml(part.name)))
            for part in self._parts.values()
            if part.kind == kind
        )
        for text in dict.fromkeys(texts):
            if any(map(str.isalpha, text)):
                self.draft.prose(text)

    def _blocks(self, parent: etree._Element) -> None:
        for element in parent:
            name = local(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._flush_list()
                self._table(element)
            elif name in _WRAPPERS:
                self._blocks(element)

    def _paragraph(self, element: etree._Element) -> None:
        style, found = self._styles.of(element), inline(element)
        if found.text.strip():
            self._text(style, found.text)
        if found.boxes or found.notes or found.charts:
            self._flush_list()
            self._attached(found)

    def _text(self, style: Style, text: str) -> None:
        label = self._numbering.label(style.list_id, style.depth) if style.list_id else ""
        lines = [line for line in map(collapse, text.split("\n")) if line]
        if style.level is not None:
            self._flush_list()
            self.draft.heading(label + " ".join(lines), style.level)
        elif label or style.toc:
            self._items.append("  " * style.depth + label + " ".join(lines))
        else:
            self._flush_list()
            if len(lines) > 1:
                self.draft.lines("\n".join(lines))
            else:
                self.draft.prose(lines[0])

    def _flush_list(self) -> None:
        self.draft.lines("\n".join(self._items))
        self._items.clear()

    def _attached(self, found: Inline) -> None:
        for box in found.boxes:
            self._blocks(box)
            self._flush_list()
        for key in found.notes:
            # Removed, so that a note that is referred to twice, or refers to itself, stands once.
            note = self._notes.pop(key, None)
            if note is not None:
                self._blocks(note)
                self._flush_list()
        for relation in found.charts:
            if relation in self._parts:
                titles, table = chart(self._archive.xml(self._parts[relation].name))
                for title in titles:
                    self.draft.prose(title)
                add_rows(self.draft, table, level=_BELOW_HEADINGS)

    def _table(self, table: etree._Element) -> None:
        found = list(_rows(table))
        if len(found) == 1 and len(found[0]) == 1:  # a frame around paragraphs
            for cell in table.iter("{*}tc"):
                self._blocks(cell)
                self._flush_list()
                return
        self.draft.table(_cells(found))


def _rows(table: etree._Element) -> Iterator[list[etree._Element]]:
    """The cells of each row of a table, not those of tables inside it."""
    for element in table:
        name = local(element)
        if name == "tr":
            yield list(_row(element))
        elif name in _WRAPPERS:
            yield from _rows(element)


def _row(parent: etree._Element) -> Iterator[etree._Element]:
    for element in parent:
        name = local(element)
        if name == "tc":
            yield element
        elif name in _WRAPPERS:
            yield from _row(element)


def _cells(table: list[list[etree._Element]]) -> Iterator[list[Cell]]:
    """Word marks the lower cells of a merge as its continuation; they say again what the top one says."""
    above: dict[int, str] = {}
    for row in table:
        cells: list[Cell] = []
        column = 0
        current: dict[int, str] = {}
        for element in row:
            properties = child(element, "tcPr")
            merge = child(properties, "vMerge")
            text = collapse(plain(element))
            if merge is not None and value(merge, "val") != "restart":
                text = text or above.get(column, "")
            across = max(number(value(child(properties, "gridSpan"), "val"), 1), 1)
            cells.append(Cell(text, across=across))
            current[column] = text
            column += across
        above = current
        yield cells

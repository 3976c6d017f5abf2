"""The text of an OpenDocument body -> blocks: paragraphs, headings, lists, tables, frames and notes."""

from collections.abc import Iterable, Iterator

from lxml import etree

from indexer.documents.archive import Archive
from indexer.documents.draft import Draft
from indexer.documents.elements import attribute, local, number
from indexer.documents.rows import add_rows, row
from indexer.documents.tables import Cell

__all__ = ["Writer", "plain"]

# Not shown, or shown elsewhere too: what was deleted, the table of contents, page furniture.
# fmt: off
_UNREAD = frozenset((
    "tracked-changes", "table-of-content", "sequence-decls", "forms", "notes", "header", "footer",
    "date-time", "page-number", "ruby-text", "note-citation",
))
# fmt: on
# What stands beside a paragraph although the file has it inside.
# fmt: off
_ASIDES = frozenset((
    "note", "annotation", "frame", "custom-shape", "rect", "ellipse", "line", "connector", "g",
    "caption",
))
# fmt: on


class Writer:
    """Writes elements of a body to a draft.

    page: of the blocks to come. written, pictures: how many blocks and pictures there were so far.
    title: the first paragraph in the style "Title". gaps: what could not be read.
    """

    def __init__(self, archive: Archive, draft: Draft, content: etree._Element) -> None:
        self.draft = draft
        self.page: int | None = None
        self.written = 0
        self.pictures = 0
        self.title = ""
        self.gaps: list[str] = []
        self._archive = archive
        self._parents = {
            attribute(style, "name"): attribute(style, "parent-style-name")
            for style in content.iter("{*}style")
        }

    def write(self, elements: Iterable[etree._Element]) -> None:
        """Elements in order, with everything in them; an element stands for its children."""
        for element in elements:
            name = local(element)
            if name in ("h", "p"):
                self._paragraph(element, name)
            elif name == "list":
                self._list(element)
            elif name == "table":
                self.written += self.draft.table(_table(element), page=self.page)
                self.beside(element)
            elif name == "annotation":
                self._comment(element)
            elif name in ("title", "desc"):  # of a picture
                self.lines(plain(element))
            elif name == "object":
                self._object(attribute(element, "href"))
            elif name == "image":
                self.pictures += 1
            elif name not in _UNREAD:
                self.write(element)

    def heading(self, text: str, level: int) -> None:
        """A heading, unless there is no text."""
        self.written += bool(text)
        self.draft.heading(text, level, page=self.page)

    def lines(self, text: str) -> None:
        """Lines, unless there is no text."""
        self.written += bool(text)
        self.draft.lines(text, page=self.page)

    def _paragraph(self, element: etree._Element, name: str) -> None:
        text = plain(element)
        style = attribute(element, "style-name")
        if "Title" in (style, self._parents.get(style)):
            self.title = self.title or text
            self.heading(text, 1)
        elif name == "h":
            # Under the title, which has level 1.
            self.heading(text, number(attribute(element, "outline-level"), 1) + 1)
        elif "\n" in text:
            self.lines(text)
        else:
            self.written += bool(text)
            self.draft.prose(text, page=self.page)
        self.beside(element)

    def _list(self, element: etree._Element) -> None:
        # Numbered headings are lists too.
        if next(element.iter("{*}h", "{*}table"), None) is not None:
            self.write(element)
            return
        self.lines("\n".join(_items(element, 0)))
        self.beside(element)

    def beside(self, element: etree._Element) -> None:
        """What stands beside the text of an element."""
        self.write(_asides(element))

    def _comment(self, element: etree._Element) -> None:
        author = (element.findtext("{*}creator") or "").strip()
        text = " ".join(plain(paragraph) for paragraph in element.iterchildren("{*}p", "{*}list")).strip()
        self.lines(f"{author}: {text}" if author and text else text)

    def _object(self, target: str) -> None:
        """A chart or a formula, which is a document within the document."""
        name = f"{target.removeprefix('./')}/content.xml"
        content = self._archive.xml(name) if name in self._archive else None
        chart = content.find("{*}body/{*}chart/{*}chart") if content is not None else None
        if chart is not None:
            titles = [
                plain(paragraph) for title in chart.iter("{*}title", "{*}subtitle") for paragraph in title
            ]
            self.lines("\n".join(filter(None, titles)))
            for table in chart.iterchildren("{*}table"):
                numbers = (row(cell.text for cell in cells) for cells in _table(table))
                self.written += add_rows(self.draft, numbers, level=9, page=self.page)
        elif content is not None and (formula := "".join(content.itertext("{*}annotation")).strip()):
            self.lines(formula)
        else:
            where = f"page {self.page}" if self.page else "the text"
            self.gaps.append(f"{where} has an embedded object that is not read")


def plain(element: etree._Element) -> str:
    """The text of a paragraph without what stands beside it; a line break is ``\\n``."""
    pieces = "".join(_pieces(element)).split("\n")
    return "\n".join(" ".join(piece.split()) for piece in pieces).strip()


def _pieces(element: etree._Element) -> Iterator[str]:
    yield (element.text or "").replace("\n", " ")
    for child in element:
        name = local(child)
        if name in ("s", "tab"):
            yield " "
        elif name == "line-break":
            yield "\n"
        elif name in ("p", "h", "list-item", "table-cell"):
            yield from (" ", *_pieces(child), " ")
        elif name and name not in _UNREAD and name not in _ASIDES:
            yield from _pieces(child)
        yield (child.tail or "").replace("\n", " ")


def _asides(element: etree._Element) -> Iterator[etree._Element]:
    """What stands beside the text of an element: notes, comments and frames, but not those inside another."""
    for child in element:
        if local(child) in _ASIDES:
            yield child
        elif local(child) not in _UNREAD:
            yield from _asides(child)


def _items(element: etree._Element, depth: int) -> Iterator[str]:
    """The items of a list, one a line; those of lists within are indented."""
    for item in element:
        for child in item:
            if local(child) == "list":
                yield from _items(child, depth + 1)
            elif text := plain(child):
                yield "  " * depth + text.replace("\n", " ")


def _table(element: etree._Element) -> Iterator[list[Cell]]:
    """The rows of a table in running text; a table in a cell is text of the cell."""
    for child in element:
        name = local(child)
        if name == "table-row":
            yield [_cell(cell) for cell in child.iterchildren("{*}table-cell")]
        elif name in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _table(child)


def _cell(element: etree._Element) -> Cell:
    down, across = (number(attribute(element, f"number-{what}-spanned"), 1) for what in ("rows", "columns"))
    return Cell(plain(element), down, across)

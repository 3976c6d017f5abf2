"""PPTX: the text of every slide, its tables, charts, diagrams, speaker notes and comments.

The XML is read directly: python-pptx raises on shapes that it does not know, and does not see text in
alternate content, diagrams and comments.
"""

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from indexer.documents.archive import Archive
from indexer.documents.document import Document
from indexer.documents.draft import Draft
from indexer.documents.elements import local, number
from indexer.documents.ooxml import chart, drawing, main_part, paragraphs, properties, reference, related
from indexer.documents.rows import add_rows
from indexer.documents.tables import Cell
from indexer.documents.titles import real_title
from indexer.errors import DocumentError

__all__ = ["read"]

# Slide number, date, footer and header stand on every slide; "sldImg" is the slide itself on its notes page.
_FURNITURE = {"sldNum", "dt", "ftr", "hdr", "sldImg"}
_TITLES = {"title", "ctrTitle"}


def read(path: Path) -> Document:
    """A presentation: page is the slide's number (hidden ones count), its title the heading.

    Shapes come in the order of the file, which is the reading order that authors set and screen
    readers follow; the title comes first. Descriptions of pictures are left out: programs write
    most of them.
    """
    archive = Archive(path)
    names = _slides(archive)
    authors = _authors(archive)
    draft = Draft()
    gaps: list[str] = []
    titles: list[str] = []
    for page, name in enumerate(names, 1):
        slide = _Slide(archive, name, page, draft)
        titles.append(slide.write(authors))
        gaps.extend(slide.gaps())
    stated, metadata = properties(archive)
    # What is stated is often the title of the template.
    title = next(filter(None, titles[:1]), real_title(stated, path))
    return draft.document(title=title, pages=len(names), metadata=metadata, gaps=gaps)


class _Slide:
    """One slide while it is written to the draft."""

    def __init__(self, archive: Archive, name: str, page: int, draft: Draft) -> None:
        self._archive = archive
        self._root = drawing(archive, name)
        self._parts = related(archive, name)
        self._page = page
        self._draft = draft
        self._empty = True
        self._pictures = False
        self._objects = 0

    def write(self, authors: dict[str, str]) -> str:
        """Writes the slide; returns its title, "" where it has none."""
        shapes = list(_shapes(self._root))
        title = next((shape for shape in shapes if _role(shape) in _TITLES and paragraphs(shape)), None)
        heading = " ".join(paragraphs(title)) if title is not None else ""
        self._draft.leave(1)
        if heading:
            self._empty = False
            self._draft.heading(heading, 1, page=self._page)
        for shape in shapes:
            if shape is not title:
                self._shape(shape)
        for part in self._parts.values():
            if part.kind == "notesSlide":
                self._paragraphs(
                    [text for shape in _shapes(drawing(self._archive, part.name)) for text in _texts(shape)]
                )
            elif "comment" in part.kind.lower():
                self._paragraphs(_comments(self._archive.xml(part.name), authors))
        return heading

    def gaps(self) -> Iterator[str]:
        """What of the slide is not text."""
        if self._objects:
            yield f"slide {self._page} has embedded objects ({self._objects}), which are not read"
        if self._empty and self._pictures:
            yield f"slide {self._page} has no text, only pictures"

    def _shape(self, shape: etree._Element) -> None:
        kind = local(shape)
        self._pictures |= kind == "pic" or shape.find(".//{*}blip") is not None
        if kind == "graphicFrame":
            self._frame(shape)
        else:
            self._paragraphs(_texts(shape))

    def _frame(self, frame: etree._Element) -> None:
        for table in frame.iter("{*}tbl"):
            self._empty &= not self._draft.table(map(_cells, table.iter("{*}tr")), page=self._page)
        for element in frame.iter("{*}chart"):
            part = self._parts.get(reference(element, "id"))
            if part is not None:
                titles, numbers = chart(self._archive.xml(part.name))
                self._paragraphs(titles)
                add_rows(self._draft, numbers, level=2, page=self._page)
                self._empty = False
        for element in frame.iter("{*}relIds"):
            part = self._parts.get(reference(element, "dm"))
            if part is not None:
                self._paragraphs(paragraphs(self._archive.xml(part.name)))
        self._objects += next(frame.iter("{*}oleObj"), None) is not None

    def _paragraphs(self, texts: list[str]) -> None:
        if len(texts) == 1:
            self._draft.prose(texts[0], page=self._page)
        elif texts:
            self._draft.lines("\n".join(texts), page=self._page)
        self._empty &= not texts


def _slides(archive: Archive) -> list[str]:
    """The members that hold the slides, in the order they are shown."""
    main = main_part(archive, "presentation")
    parts = related(archive, main)
    # No slide is shown twice; a file that says so would be read for ever.
    ids = list(dict.fromkeys(reference(slide, "id") for slide in archive.xml(main).iter("{*}sldId")))
    missing = [each for each in ids if each not in parts]
    if missing:
        raise DocumentError(f"{len(missing)} of the {len(ids)} slides are not in the file; it is damaged")
    return [parts[each].name for each in ids]


def _shapes(root: etree._Element) -> Iterator[etree._Element]:
    """The shapes of a slide, those of groups among them."""
    tree = root.find(".//{*}spTree")
    if tree is not None:
        yield from _inside(tree)


def _inside(group: etree._Element) -> Iterator[etree._Element]:
    for child in group:
        kind = local(child)
        if kind in ("grpSp", "AlternateContent", "Choice", "Fallback"):
            yield from _inside(child)
        elif kind in ("sp", "cxnSp", "pic", "graphicFrame", "contentPart"):
            yield child


def _role(shape: etree._Element) -> str:
    placeholder = shape.find(".//{*}nvPr/{*}ph")
    return placeholder.get("type", "") if placeholder is not None else ""


def _texts(shape: etree._Element) -> list[str]:
    return [] if _role(shape) in _FURNITURE else paragraphs(shape)


def _cells(row: etree._Element) -> Iterator[Cell]:
    for cell in row.iter("{*}tc"):
        # A cell that another one spans is in the file too, empty.
        if not (cell.get("hMerge") or cell.get("vMerge")):
            yield Cell(
                " ".join(paragraphs(cell)), number(cell.get("rowSpan"), 1), number(cell.get("gridSpan"), 1)
            )


def _authors(archive: Archive) -> dict[str, str]:
    """The names of those who commented, by id."""
    names = [name for name in ("ppt/commentAuthors.xml", "ppt/authors.xml") if name in archive]
    return {each.get("id", ""): each.get("name", "") for name in names for each in archive.xml(name)}


def _comments(root: etree._Element, authors: dict[str, str]) -> list[str]:
    """Comments and the replies to them, each with its author before it."""
    comments = []
    for comment in root.iter("{*}cm", "{*}reply"):
        body = comment.find("{*}txBody")
        text = " ".join(paragraphs(body)) if body is not None else (comment.findtext("{*}text") or "").strip()
        author = authors.get(comment.get("authorId", ""), "")
        if text:
            comments.append(f"{author}: {text}" if author else text)
    return comments

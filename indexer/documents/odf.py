"""OpenDocument: ODT, ODS and ODP."""

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from indexer.documents.archive import Archive
from indexer.documents.document import Document
from indexer.documents.draft import Draft
from indexer.documents.elements import attribute, local, number
from indexer.documents.odftext import Writer, plain
from indexer.documents.rows import Placed, add_rows, repeat_down
from indexer.documents.spacing import collapse
from indexer.documents.titles import real_title
from indexer.errors import DocumentError

__all__ = ["read"]

_METADATA = {
    "initial-creator": "author",
    "creator": "author",
    "creation-date": "date",
    "date": "date",
    "language": "language",
    "subject": "subject",
    "keyword": "keywords",
    "description": "description",
}

# A cell or row with text may be repeated to fill a sheet of a million rows; nobody looks for the thousandth.
_MAX_REPEATS = 100

_FURNITURE = {"header", "footer", "date-time", "page-number", "notes"}


def read(path: Path) -> Document:
    """A text (no pages), a presentation (page is the slide) or a workbook (page is the sheet)."""
    archive = Archive(path)
    if "META-INF/manifest.xml" in archive and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise DocumentError("the file is protected by a password; save it without one", "encrypted")
    content = archive.xml("content.xml")
    body = content.find("{*}body")
    kinds = list(body) if body is not None else []
    if not kinds:
        raise DocumentError("the file has no body; it is damaged or of another format")
    writer = Writer(archive, Draft(), content)
    pages = _BODIES.get(local(kinds[0]), _text)(writer, kinds[0])
    title, metadata = _properties(archive)
    return writer.draft.document(
        title=writer.title or real_title(title, path), pages=pages, metadata=metadata, gaps=writer.gaps
    )


def _text(writer: Writer, body: etree._Element) -> None:
    writer.write(body)
    _note_pictures(writer, "the text", 0, 0)


def _presentation(writer: Writer, body: etree._Element) -> int:
    slides = list(body.iterchildren("{*}page"))
    for writer.page, slide in enumerate(slides, 1):
        written, pictures = writer.written, writer.pictures
        titles = [shape for shape in slide if attribute(shape, "class") == "title"]
        title = " ".join(plain(box) for shape in titles for box in shape)
        writer.draft.leave(1)
        writer.heading(title, 1)
        if writer.page == 1:
            writer.title = title
        writer.write(
            shape for shape in slide if shape not in titles and attribute(shape, "class") not in _FURNITURE
        )
        for notes in slide.iterchildren("{*}notes"):
            writer.write(shape for shape in notes if attribute(shape, "class") == "notes")
        _note_pictures(writer, f"slide {writer.page}", written, pictures)
    return len(slides)


def _spreadsheet(writer: Writer, body: etree._Element) -> int:
    sheets = list(body.iterchildren("{*}table"))
    for writer.page, sheet in enumerate(sheets, 1):
        pictures = writer.pictures
        writer.heading(attribute(sheet, "name"), 1)
        written = writer.written
        writer.written += add_rows(writer.draft, repeat_down(_rows(sheet)), level=2, page=writer.page)
        writer.beside(sheet)
        _note_pictures(writer, f"sheet {attribute(sheet, 'name')!r}", written, pictures)
    return len(sheets)


_BODIES = {"presentation": _presentation, "spreadsheet": _spreadsheet}


def _note_pictures(writer: Writer, where: str, written: int, pictures: int) -> None:
    """A gap where pictures came since the counts given, and no text."""
    if writer.written == written and writer.pictures > pictures:
        writer.gaps.append(f"{where} has no text, only pictures")


def _rows(sheet: etree._Element) -> Iterator[Placed]:
    """The rows of a sheet that have text, with their numbers."""
    at = 0
    for element in sheet.iter("{*}table-row"):
        cells, merged = _cells(element)
        repeats = number(attribute(element, "number-rows-repeated"), 1)
        for row in range(at + 1, at + 1 + min(repeats, _MAX_REPEATS if cells else 0)):
            yield Placed(row, cells, tuple((column, row + down - 1) for column, down in merged))
        at += repeats


def _cells(row: etree._Element) -> tuple[dict[int, str], list[tuple[int, int]]]:
    """The cells of a row that have text, and `(column, rows)` of those that are merged."""
    cells: dict[int, str] = {}
    merged: list[tuple[int, int]] = []
    column = 0
    for cell in row.iterchildren("{*}table-cell", "{*}covered-table-cell"):
        repeats = number(attribute(cell, "number-columns-repeated"), 1)
        shown = [plain(paragraph) for paragraph in cell.iterchildren("{*}p")]
        text = collapse("\n".join(shown) if shown else attribute(cell, "value"))
        if text:
            cells.update((column + offset, text) for offset in range(min(repeats, _MAX_REPEATS)))
            merged.append((column, number(attribute(cell, "number-rows-spanned"), 1)))
        column += repeats
    return cells, merged


def _properties(archive: Archive) -> tuple[str, dict[str, str]]:
    """The title and the metadata that the file states of itself."""
    if "meta.xml" not in archive:
        return "", {}
    stated = archive.xml("meta.xml").find("{*}meta")
    found = {
        local(element): (element.text or "").strip() for element in (stated if stated is not None else ())
    }
    metadata: dict[str, str] = {}
    for key, name in _METADATA.items():
        if found.get(key):
            metadata.setdefault(name, found[key])
    return found.get("title", ""), metadata

"""A PDF's outline: the headings its author gave it, and the pages they are on."""

from dataclasses import dataclass

from pypdfium2 import PdfDocument, PdfiumError

from indexer.documents.encoding import clean
from indexer.documents.spacing import collapse

__all__ = ["Entry", "outline"]

# A file can claim any number; no book has more.
_MAX_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One heading: its `level` from 1 and its `page` from 0."""

    title: str
    level: int
    page: int


def outline(pdf: PdfDocument) -> list[Entry]:
    """The entries that point at a page of the document, in order of their pages."""
    entries: list[Entry] = []
    for bookmark in pdf.get_toc():
        if len(entries) >= _MAX_ENTRIES:
            break
        try:
            title = collapse(clean(bookmark.get_title()))
            destination = bookmark.get_dest()
            page = destination.get_index() if destination else None
        except (PdfiumError, UnicodeDecodeError):
            continue
        if title and page is not None and 0 <= page < len(pdf):
            entries.append(Entry(title, bookmark.level + 1, page))
    return sorted(entries, key=lambda entry: entry.page)

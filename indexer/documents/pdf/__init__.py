"""PDF: paragraphs with their page and heading path, and what the pages lack."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from pypdfium2 import PdfDocument, PdfiumError, PdfPage, raw

from indexer.documents.document import Document
from indexer.documents.draft import Draft, check_length
from indexer.documents.files import load
from indexer.documents.ocr import Recogniser
from indexer.documents.pdf.furniture import without_furniture
from indexer.documents.pdf.headings import Heading, by_outline, by_type, type_levels
from indexer.documents.pdf.info import metadata, title
from indexer.documents.pdf.layout import Paragraph, paragraphs
from indexer.documents.pdf.lines import Line, lines, undecodable
from indexer.documents.pdf.notes import notes
from indexer.documents.pdf.outline import outline
from indexer.documents.pdf.recognised import as_paragraph
from indexer.documents.pdf.words import Words
from indexer.errors import DocumentError

__all__ = ["read"]

# A file may claim a million pages and have one; after so many that can't be read, the rest is not tried.
_MISSING_IN_A_ROW = 100

# What tesseract asks for, as long as the page is not a poster.
_DPI, _POINTS = 300, 72
_MOST_PIXELS = 20_000_000

_NO_TEXT = "no text layer"
_UNREADABLE = "unreadable"
_UNDECODABLE = "characters that its fonts give no meaning"


@dataclass(slots=True)
class _Page:
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    recognised: list[Paragraph] = field(default_factory=list)
    gap: str = ""


def read(path: Path, recogniser: Recogniser | None = None) -> Document:
    """A PDF file; a block never runs across pages. PDFium is not thread-safe: one thread a process.

    A page that says nothing a machine can read is given to the `recogniser`, if there is one.
    """
    with _open(load(path)) as pdf:
        pages = _pages(pdf, recogniser)
        draft = Draft()
        _write(pdf, pages, draft)
        gaps = [*_gaps(pages, len(pdf)), *_attachments(pdf.count_attachments())]
        return draft.document(title=title(pdf, path), pages=len(pdf), metadata=metadata(pdf), gaps=gaps)


def _open(data: bytes) -> PdfDocument:
    try:
        pdf = PdfDocument(data)
        pdf.init_forms()
    except PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise DocumentError(
                "the file is protected by a password; save it without one", "encrypted"
            ) from None
        raise DocumentError(f"the PDF is damaged: {error}") from None
    return pdf


def _pages(pdf: PdfDocument, recogniser: Recogniser | None) -> list[_Page]:
    pages: list[_Page] = []
    missing = characters = 0
    for number in range(len(pdf)):
        page = _page(pdf, number, recogniser)
        pages.append(page)
        characters += sum(len(line.text) for line in page.lines)
        check_length(characters)
        missing = missing + 1 if page.gap == _UNREADABLE else 0
        if missing >= _MISSING_IN_A_ROW:
            break
    return pages


def _page(pdf: PdfDocument, number: int, recogniser: Recogniser | None) -> _Page:
    try:
        page = pdf[number]
    except PdfiumError:
        return _Page(gap=_UNREADABLE)
    try:
        text = page.get_textpage()
        result = _Page(list(lines(text)), [note for note in notes(pdf, page) if note.strip()])
        if undecodable(text):
            result.gap = _UNDECODABLE
        elif not result.lines and raw.FPDFPage_CountObjects(page) > 0:
            result.gap = _NO_TEXT
        text.close()
        if result.gap and recogniser:
            _recognise(page, result, recogniser)
        return result
    except PdfiumError:
        return _Page(gap=_UNREADABLE)
    finally:
        page.close()


def _recognise(page: PdfPage, result: _Page, recogniser: Recogniser) -> None:
    """Puts what is recognised on the page in the place of what its text layer says."""
    size = width, height = page.get_size()
    scale = min(_DPI / _POINTS, (_MOST_PIXELS / max(width * height, 1)) ** 0.5)
    reading = recogniser.read(page.render(scale=scale, grayscale=True).to_pil())
    if reading.paragraphs:
        result.recognised = [as_paragraph(printed, size) for printed in reading.paragraphs]
        result.lines = [line for each in result.recognised for line in each.lines]
        result.gap = reading.gap
    else:
        result.gap += f", and {reading.gap}"


def _write(pdf: PdfDocument, pages: Sequence[_Page], draft: Draft) -> None:
    kept = without_furniture([page.lines for page in pages])
    words = Words(line for page in kept for line in page)
    entries = {page: list(group) for page, group in groupby(outline(pdf), lambda entry: entry.page)}
    # An outline of one entry only repeats the title.
    by_entries = sum(map(len, entries.values())) > 1
    typed = (left for page, left in zip(pages, kept, strict=True) if not page.recognised)
    levels = {} if by_entries else type_levels(typed)
    for number, (page, left) in enumerate(zip(pages, kept, strict=True)):
        found = list(_only(left, page.recognised) if page.recognised else paragraphs(left))
        texts = [words.text(paragraph.lines) for paragraph in found]
        headings = by_outline(entries.get(number, []), texts) if by_entries else by_type(levels, found, texts)
        _write_page(number + 1, found, texts, list(headings), draft)
        for note in page.notes:
            draft.prose(note, page=number + 1)


def _only(lines: Sequence[Line], recognised: Iterable[Paragraph]) -> Iterator[Paragraph]:
    """The paragraphs with these of their lines; those that keep none are left out."""
    kept = {id(line) for line in lines}
    for each in recognised:
        if left := [line for line in each.lines if id(line) in kept]:
            yield Paragraph(left)


def _write_page(
    page: int, found: Sequence[Paragraph], texts: Sequence[str], headings: Iterable[Heading], draft: Draft
) -> None:
    shown = {heading.at: heading for heading in headings if heading.shown}
    for at, (paragraph, text) in enumerate(zip(found, texts, strict=True)):
        for heading in headings:
            if heading.at == at and not heading.shown:
                draft.enter(heading.title, heading.level)
        if at in shown:
            draft.heading(text, shown[at].level, page=page)
        elif paragraph.table:
            draft.lines("\n".join(" | ".join(line.cells) for line in paragraph.lines), page=page)
        else:
            draft.prose(text, page=page)
    for heading in headings:
        if heading.at >= len(found):
            draft.enter(heading.title, heading.level)


def _gaps(pages: Sequence[_Page], claimed: int) -> Iterator[str]:
    """One reason for each run of pages that lack the same."""
    numbered = enumerate((page.gap for page in pages), 1)
    for gap, run in groupby(numbered, lambda item: item[1]):
        first, *rest = [number for number, _ in run]
        last = rest[-1] if rest else first
        if gap == _UNREADABLE and last == len(pages):
            last = claimed
        if gap:
            where, has, are = (
                (f"pages {first}–{last}", "have", "are") if last > first else (f"page {first}", "has", "is")
            )
            yield f"{where} {are if gap == _UNREADABLE else has} {gap}"


def _attachments(count: int) -> Iterator[str]:
    if count:
        yield f"{count} attached file{'s' * (count > 1)}, not read"

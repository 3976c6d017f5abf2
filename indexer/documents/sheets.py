"""XLSX and XLSM: the rows of every sheet, its charts, text boxes and comments."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from indexer.documents.archive import Archive
from indexer.documents.cells import Cells
from indexer.documents.document import Document
from indexer.documents.draft import Draft
from indexer.documents.elements import number
from indexer.documents.ooxml import (
    Part,
    chart,
    drawing,
    main_part,
    paragraph,
    paragraphs,
    properties,
    reference,
    related,
)
from indexer.documents.rows import add_rows
from indexer.documents.titles import real_title

__all__ = ["read"]


def read(path: Path) -> Document:
    """A workbook: page is the sheet's number (hidden ones count), its name the heading.

    Values are those saved with the file; formulas without one are a gap.
    """
    archive = Archive(path)
    main = main_part(archive, "workbook")
    book, parts = archive.xml(main), related(archive, main)
    writer = _Writer(archive, _cells(archive, book, parts), _people(archive, parts), Draft())
    sheets = list(book.iter("{*}sheet"))
    gaps: list[str] = []
    seen: set[Part] = set()
    for page, sheet in enumerate(sheets, 1):
        name, part = sheet.get("name", ""), parts.get(reference(sheet, "id"))
        if part is None or part in seen:
            gaps.append(f"sheet {name!r} is not in the file")
        else:
            seen.add(part)
            gaps += writer.sheet(name, part, page)
    title, metadata = properties(archive)
    return writer.draft.document(
        title=real_title(title, path), pages=len(sheets), metadata=metadata, gaps=gaps
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    archive: Archive
    cells: Cells
    people: dict[str, str]
    draft: Draft

    def sheet(self, name: str, part: Part, page: int) -> Iterator[str]:
        """Writes one sheet; gives its gaps."""
        uncalculated = self.cells.uncalculated
        self.draft.heading(name, 1, page=page)
        rows = add_rows(self.draft, self.cells.rows(part.name), level=2, page=page)
        pictures = False
        for beside in related(self.archive, part.name).values():
            if beside.kind == "drawing":
                pictures |= self._drawing(beside.name, page)
            elif beside.kind in ("comments", "threadedComment"):
                self.draft.lines("\n".join(_comments(self.archive.xml(beside.name), self.people)), page=page)
        if uncalculated := self.cells.uncalculated - uncalculated:
            yield (
                f"sheet {name!r} has {uncalculated:,} formulas without a saved value;"
                " open the file in a spreadsheet program and save it"
            )
        if pictures and not rows:
            yield f"sheet {name!r} has no rows, only pictures"

    def _drawing(self, name: str, page: int) -> bool:
        """Writes text boxes and charts; whether there are pictures as well."""
        root = drawing(self.archive, name)
        self.draft.lines("\n".join(paragraphs(root)), page=page)
        for part in related(self.archive, name).values():
            if part.kind == "chart":
                titles, numbers = chart(self.archive.xml(part.name))
                self.draft.lines("\n".join(titles), page=page)
                add_rows(self.draft, numbers, level=2, page=page)
        return next(root.iter("{*}pic"), None) is not None


def _cells(archive: Archive, book: etree._Element, parts: dict[str, Part]) -> Cells:
    names = {part.kind: part.name for part in parts.values()}
    settings = book.find("{*}workbookPr")
    epoch_1904 = settings is not None and settings.get("date1904") in ("1", "true")
    return Cells(archive, names.get("sharedStrings"), names.get("styles"), epoch_1904=epoch_1904)


def _people(archive: Archive, parts: dict[str, Part]) -> dict[str, str]:
    """The names of those who take part in threads of comments, by id."""
    names = [part.name for part in parts.values() if part.kind == "person"]
    return {each.get("id", ""): each.get("displayName", "") for name in names for each in archive.xml(name)}


def _comments(root: etree._Element, people: dict[str, str]) -> Iterator[str]:
    """Comments, each with its author before it."""
    authors = dict(enumerate(author.text or "" for author in root.iter("{*}author")))
    for comment in root.iter("{*}comment"):
        author = authors.get(number(comment.get("authorId"), -1), "")
        # What old versions of Excel are shown instead of a thread, which is a part of its own.
        if not author.startswith("tc="):
            yield _signed(author, paragraph(comment))
    for comment in root.iter("{*}threadedComment"):
        yield _signed(people.get(comment.get("personId", ""), ""), comment.findtext("{*}text") or "")


def _signed(author: str, text: str) -> str:
    text = " ".join(text.split())
    return f"{author}: {text}" if author and text else text

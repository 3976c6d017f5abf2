"""Which reader a file gets: by its first bytes first, by its suffix second."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

from indexer.documents.archive import Archive
from indexer.documents.document import Document
from indexer.documents.encoding import is_text
from indexer.documents.files import head, load
from indexer.documents.ocr import OCR_SECONDS, Recogniser, require_ocr
from indexer.errors import DocumentError

__all__ = ["Reader", "read", "suffixes"]

Reader = Callable[[Path], Document]

# Imported on first use: a folder of text files should not wait for the PDF library.
_MODULES = {
    "text": ".txt .text .log",
    "markdown": ".md .markdown .mdx",
    "html": ".html .htm .xhtml",
    "pdf": ".pdf",
    "docx": ".docx .docm",
    "slides": ".pptx .pptm",
    "sheets": ".xlsx .xlsm",
    "delimited": ".csv .tsv",
    "odf": ".odt .ods .odp",
    "epub": ".epub",
    "rtf": ".rtf",
    "mail": ".eml .msg",
    "office": ".doc .xls .ppt",
    "picture": ".png .jpg .jpeg .tif .tiff .bmp .webp",
    "rst": ".rst",
    "asciidoc": ".adoc .asciidoc",
    "jats": ".nxml .xml",
    "notebook": ".ipynb",
    "data": ".json .jsonl",
    "subtitles": ".vtt .srt",
    "code": ".py .pyi .js .mjs .cjs .jsx .ts .tsx .java .kt .scala .c .h .cc .cpp .hpp .cs .go .rs .swift .rb"
    " .php .pl .lua .r .jl .m .sh .bash .ps1 .sql .css .scss .yaml .yml .toml .ini .cfg .tex .bib",
}
_MODULE_OF = {suffix: module for module, names in _MODULES.items() for suffix in names.split()}

# Texts with a syntax: one that breaks it is still a text that people want to find.
_SYNTACTIC = frozenset({"delimited", "rst", "asciidoc", "jats", "notebook", "data", "subtitles", "code"})

# Suffixes whose files can only be what their first bytes say.
_BINARY = frozenset(
    suffix
    for module in ("pdf", "docx", "slides", "sheets", "odf", "epub", "office", "picture")
    for suffix in _MODULES[module].split()
)

# Readers that recognise text in pictures where that is wanted.
_RECOGNISING = frozenset({"pdf", "picture"})

# Where an archive says what it is: a member of that name.
_ARCHIVES = {"word/": ".docx", "ppt/": ".pptx", "xl/": ".xlsx"}
_MIMETYPES = {
    b"application/epub+zip": ".epub",
    b"application/vnd.oasis.opendocument.text": ".odt",
    b"application/vnd.oasis.opendocument.spreadsheet": ".ods",
    b"application/vnd.oasis.opendocument.presentation": ".odp",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
    b"BM": ".bmp",
}
_KNOWN_BINARIES = {
    b"GIF8": "a GIF, which holds pictures rather than text; save it as .png",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"\x1f\x8b": "a compressed file; unpack it",
    b"7z\xbc\xaf": "a compressed archive; unpack it",
    b"Rar!": "a compressed archive; unpack it",
    b"SQLite format 3": "a database",
}


def read(path: Path, *, ocr: bool = False, ocr_seconds: float = OCR_SECONDS) -> Document:
    """The text of a file and the place of every stretch of it.

    With `ocr` also the text in pictures, by the program tesseract: of picture files, and of PDF pages
    without a text layer. After `ocr_seconds` of CPU the pages left are gaps.

    Raises DocumentError with its `status`: "encrypted", "unsupported" (no reader for such a file),
    "too large", "timed out", or "failed" (damaged, gone, not permitted); UsageError for `ocr` where
    tesseract isn't installed.
    """
    if ocr:
        require_ocr()
    try:
        document = _read(path, Recogniser(ocr_seconds) if ocr else None)
    except DocumentError:
        raise
    except MemoryError:
        raise DocumentError("reading it takes more memory than one document may", "too large") from None
    except Exception as error:
        # Parsers meet files that nobody thought of; one of them must not end the run.
        raise DocumentError(f"it can't be read: {type(error).__name__}: {error}") from error
    if not document.blocks and not document.gaps:
        return replace(document, gaps=("there is no text in it",))
    return document


def suffixes() -> tuple[str, ...]:
    """Every suffix that has a reader, sorted; text files of any other suffix are read as well.

    Pictures are read only with `ocr`, and .doc, .xls and .ppt only where LibreOffice is installed.
    """
    return tuple(sorted({*_MODULE_OF, *_added()}))


@cache
def _added() -> dict[str, Reader]:
    """Readers of other packages: entry points named after their suffix, in the group "bertrieve.readers"."""
    return {
        entry.name.lower(): cast(Reader, entry.load()) for entry in entry_points(group="bertrieve.readers")
    }


def _read(path: Path, recogniser: Recogniser | None) -> Document:
    suffix = path.suffix.lower()
    if suffix in _added():
        return _added()[suffix](path)
    module = _MODULE_OF[_kind(path, head(path), suffix)]
    try:
        return _reader(module, recogniser)(path)
    except DocumentError as error:
        if module not in _SYNTACTIC or error.status != "failed":
            raise
        document = _reader("text", None)(path)
        return replace(document, gaps=(f"read as plain text: {error}", *document.gaps))


def _reader(module: str, recogniser: Recogniser | None) -> Reader:
    reader = import_module(f"indexer.documents.{module}").read
    return cast(Reader, partial(reader, recogniser=recogniser) if module in _RECOGNISING else reader)


def _kind(path: Path, start: bytes, suffix: str) -> str:
    """The suffix that the file should have."""
    if start.startswith(b"%PDF-") or (suffix == ".pdf" and b"%PDF-" in start[:1024]):
        return ".pdf"
    if start.startswith(b"PK\x03\x04"):
        return _archive_kind(path, suffix)
    if start.startswith(b"{\\rtf"):
        return ".rtf"
    if start.startswith(_OLE):
        return _ole_kind(path, suffix)
    if not is_text(start):
        if picture := _picture_kind(start):
            return picture
        names = (name for magic, name in _KNOWN_BINARIES.items() if start.startswith(magic))
        raise DocumentError(f"this is {next(names, 'binary data of an unknown kind')}", "unsupported")
    if suffix in _BINARY or suffix not in _MODULE_OF or suffix == ".txt":
        return ".html" if _is_html(start) else ".txt"
    return suffix


def _picture_kind(start: bytes) -> str:
    """The suffix of a picture; "" for what is none."""
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return ".webp"
    return next((suffix for magic, suffix in _PICTURES.items() if start.startswith(magic)), "")


def _is_html(start: bytes) -> bool:
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))


def _archive_kind(path: Path, suffix: str) -> str:
    archive = Archive(path)
    if "mimetype" in archive:
        mimetype = archive.read("mimetype").strip()
        if mimetype in _MIMETYPES:
            return _MIMETYPES[mimetype]
    for folder, kind in _ARCHIVES.items():
        if any(name.startswith(folder) for name in archive.names):
            return kind
    if suffix in _BINARY and suffix != ".pdf":
        return suffix
    raise DocumentError("this is a zip archive; unpack it", "unsupported")


def _ole_kind(path: Path, suffix: str) -> str:
    """Old Office files, and the envelope that new ones get with a password."""
    if "EncryptedPackage".encode("utf-16-le") in load(path):
        raise DocumentError("the file is protected by a password; save it without one", "encrypted")
    return suffix if suffix == ".msg" else ".doc"

"""What a PDF says of itself: title, author, date."""

import re
from pathlib import Path

from pypdfium2 import PdfDocument

from indexer.documents.encoding import clean
from indexer.documents.spacing import collapse
from indexer.documents.titles import real_title

__all__ = ["metadata", "title"]

_KEYS = {"Author": "author", "Subject": "subject", "Keywords": "keywords"}
_DATE = re.compile(r"(?:D:)?(\d{4})(\d{2})?(\d{2})?")


def title(pdf: PdfDocument, path: Path) -> str:
    """The title in the metadata where it is one, or ""."""
    return real_title(_value(pdf, "Title"), path)


def metadata(pdf: PdfDocument) -> dict[str, str]:
    """Author, subject, keywords and date (ISO), as far as they are given."""
    found = {name: _value(pdf, key) for key, name in _KEYS.items()}
    if date := _DATE.match(_value(pdf, "CreationDate") or _value(pdf, "ModDate")):
        found["date"] = "-".join(part for part in date.groups() if part)
    return found


def _value(pdf: PdfDocument, key: str) -> str:
    try:
        return collapse(clean(str(pdf.get_metadata_value(key))))
    except UnicodeDecodeError:
        return ""

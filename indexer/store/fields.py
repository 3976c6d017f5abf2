"""What a filter can ask of a document besides its size and time: names with the values they have.

All of it follows from the document's row, so it carries no CRC: `check` derives it anew and compares.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

__all__ = ["SAME_KIND", "fields_of", "folded", "kind_of", "language_of", "parts_of"]

# One name for what several suffixes mean.
SAME_KIND = {
    "htm": "html",
    "jpeg": "jpg",
    "log": "txt",
    "markdown": "md",
    "text": "txt",
    "tiff": "tif",
    "xhtml": "html",
    "yml": "yaml",
}
SUFFIX = re.compile(r"[^/]\.(\w{1,10})(?: \(\d+\))?$")  # the second attachment of a name ends with " (2)"

# Past this a value with commas is a sentence, not a list.
LONGEST_PART = 40

NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")


def kind_of(path: str) -> str:
    """The type of a document by its name, lower case: "pdf", "md"; "" for a name without a suffix.

    >>> kind_of("notes/README.markdown"), kind_of("Makefile")
    ('md', '')
    """
    found = SUFFIX.search(path)
    suffix = found[1].lower() if found else ""
    return SAME_KIND.get(suffix, suffix)


def language_of(metadata: Mapping[str, str]) -> str:
    """The language a document is in, as a tag in lower case ("en", "zh", "pt-br"); "" where none is known."""
    return metadata.get("language", "").strip().lower().replace("_", "-")


def folded(text: str) -> str:
    """Text as it is compared: without case, width and superfluous spaces.

    >>> folded("Ａnnual  REPORT")
    'annual report'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def parts_of(value: str) -> list[str]:
    """The members of a list that was written as one value; the value alone where it is none.

    >>> parts_of("bert, mean pooling"), parts_of("bert")
    (['bert', 'mean pooling'], ['bert'])
    """
    parts = [part.strip() for part in re.split(r", |[;；、，]", value) if part.strip()]
    return parts if len(parts) > 1 and max(map(len, parts)) <= LONGEST_PART else [value]


def fields_of(document: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """The rows of `fields` that a row of `documents` has: its path and title, and all it says of itself.

    A list is found by the whole of it and by each member.
    """
    stated = {folded(name): value for name, value in json.loads(document["metadata"]).items()}
    values = {**stated, "path": document["path"], "title": document["title"]}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for name, whole in values.items():
        members = parts_of(whole) if name in stated and name not in ("path", "title") else [whole]
        for value in {whole: None, **dict.fromkeys(members)}:
            if key := folded(value):
                number = float(key) if NUMBER.fullmatch(key) else None
                rows[name, key] = {
                    "document_id": document["id"],
                    "name": name,
                    "folded": key,
                    "value": value,
                    "number": number,
                    "listed": value in members,
                }
    return list(rows.values())

"""Telling a title that a person gave from what a program filled in."""

import re
from pathlib import Path

from indexer.documents.spacing import collapse

__all__ = ["real_title"]

_PROGRAM = re.compile(r"^microsoft (?:word|powerpoint|excel) ?- ?", re.IGNORECASE)
_FILE_NAME = re.compile(
    r"\.(?:docx?|pptx?|xlsx?|pdf|tex|dvi|rtf|odt|indd|qxd|html?|txt|ps|md)$", re.IGNORECASE
)
_PLACEHOLDER = re.compile(
    r"(?:untitled|unknown|(?:no )?title|(?:word )?document|(?:powerpoint )?presentation|slide|无标题)\W*\d*",
    re.IGNORECASE,
)
_LONGEST = 300


def real_title(text: str, path: Path) -> str:
    """`text` where it looks like a title that a person gave to the file at `path`, or "".

    >>> real_title("Microsoft Word - report_final.doc", Path("x.pdf"))
    ''
    >>> real_title("On the mean of vectors", Path("x.pdf"))
    'On the mean of vectors'
    """
    found = _PROGRAM.sub("", collapse(text))
    if (
        _FILE_NAME.search(found)
        or _PLACEHOLDER.fullmatch(found)
        or len(found) > _LONGEST
        or found == path.stem
    ):
        return ""
    return found if any(map(str.isalpha, found)) else ""

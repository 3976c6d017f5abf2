"""Comma-, semicolon-, tab- or bar-separated tables."""

import csv
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from pathlib import Path

from indexer.documents.document import Document
from indexer.documents.draft import MAX_CHARACTERS, Draft, check_length
from indexer.documents.encoding import decode, undecoded
from indexer.documents.files import load
from indexer.documents.rows import Row, add_rows, row

__all__ = ["read"]

_DELIMITERS = ",;\t|"
_SAMPLE = 100


def read(path: Path) -> Document:
    """A table as text; rows that stand on one line each, one after the other, are one block."""
    text = decode(load(path))
    check_length(len(text))
    # The module's default of 131,072 characters a cell is a guess at what is hostile; ours is checked above.
    csv.field_size_limit(MAX_CHARACTERS)
    draft = Draft()
    add_rows(draft, _rows(text, _delimiter(text, path)), level=1)
    return draft.document(gaps=undecoded(text))


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    for values in reader:
        if any(value.strip() for value in values):
            yield row(values, line)
        line = reader.line_num + 1


def _delimiter(text: str, path: Path) -> str:
    """The delimiter that gives most rows the same number of cells; a tie goes to the one that splits more.

    `csv.Sniffer` looks at single characters instead, and takes letters for delimiters.
    """
    if path.suffix.lower() == ".tsv":
        return "\t"
    return max(_DELIMITERS, key=lambda delimiter: _regularity(text, delimiter))


def _regularity(text: str, delimiter: str) -> tuple[float, int]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    widths = Counter(len(values) for values in islice(reader, _SAMPLE) if values)
    width, rows = max(widths.items(), key=lambda item: item[1], default=(1, 0))
    return (rows / widths.total(), width) if width > 1 else (0.0, 0)

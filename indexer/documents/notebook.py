"""Jupyter notebooks: Markdown, code, and what the code printed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexer.documents.document import Document
from indexer.documents.draft import Draft, check_length
from indexer.documents.encoding import clean, decode, undecoded
from indexer.documents.files import load
from indexer.documents.markdown import blocks
from indexer.errors import DocumentError

__all__ = ["read"]

_TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

# A log of training can be longer than everything that was written by hand.
_MAX_OUTPUT = 2_000


def read(path: Path) -> Document:
    """A notebook; it has no pages and no lines. Pictures and what is cut off a long output are gaps."""
    text = decode(load(path))
    check_length(len(text))
    draft, gaps = Draft(), list(undecoded(text))
    try:
        for number, cell in enumerate(_cells(json.loads(text)), 1):
            gaps += _write(cell, draft, f"cell {number}")
    except RecursionError:
        raise DocumentError("the notebook is nested deeper than any program writes") from None
    except ValueError as error:
        raise DocumentError(f"the notebook is damaged: {error}") from None
    document = draft.document()
    headings = [block.heading[-1] for block in document.blocks if block.kind == "heading"]
    return draft.document(title=headings[0] if headings else "", gaps=gaps)


def _cells(notebook: Any) -> list[dict[str, Any]]:
    """The cells, also of format 3, where they stand in worksheets."""
    holder = _object(notebook)
    sheets = _objects(holder["worksheets"]) if "worksheets" in holder else [holder]
    return [cell for sheet in sheets for cell in _objects(sheet.get("cells"))]


def _write(cell: dict[str, Any], draft: Draft, place: str) -> Iterator[str]:
    """Writes a cell; gives its gaps."""
    source = _text(cell.get("source", cell.get("input", "")))
    kind = cell.get("cell_type")
    if kind == "markdown":
        _write_markdown(source, draft)
    elif kind == "heading":
        draft.heading(source, _level(cell.get("level")))
    else:
        draft.lines(source)
    for output in _objects(cell.get("outputs", [])):
        shown = _TERMINAL_COLOURS.sub("", _output(output)).strip()
        if len(shown) > _MAX_OUTPUT:
            yield f"{place} printed {len(shown):,} characters, of which the first {_MAX_OUTPUT:,} are read"
        draft.lines(shown[:_MAX_OUTPUT])
        if any(name.startswith("image/") for name in (*_object(output.get("data", {})), *output)):
            yield f"an output of {place} is a picture"


def _write_markdown(source: str, draft: Draft) -> None:
    text, found = blocks(clean(source))
    for block in found:
        own = text[block.start : block.end]
        if block.kind == "heading":
            marks = len(own) - len(own.lstrip("#"))
            draft.heading(block.heading[-1], marks or (1 if own.endswith("=") else 2))
        elif block.kind == "lines":
            draft.lines(own)
        else:
            draft.prose(own)


def _output(output: dict[str, Any]) -> str:
    """What an output shows as text; of a picture, not the name that stands for it."""
    if output.get("output_type") in ("error", "pyerr"):
        return f"{_text(output.get('ename', ''))}: {_text(output.get('evalue', ''))}"
    data = _object(output.get("data", {}))
    if any(name.startswith("image/") for name in (*data, *output)):
        return ""
    return _text(output.get("text", data.get("text/plain", "")))


def _text(value: Any) -> str:
    """A text, which notebooks save whole or as a list of its lines."""
    if isinstance(value, list):
        value = "".join(map(_text, value))
    if not isinstance(value, str):
        raise ValueError(f"where a text should be there is a {type(value).__name__}")
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"where an object should be there is a {type(value).__name__}")
    return value


def _objects(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise ValueError(f"where a list should be there is a {type(value).__name__}")
    return [_object(each) for each in value]


def _level(value: Any) -> int:
    return value if isinstance(value, int) else 1

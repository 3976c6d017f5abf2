"""JSON and JSON lines: each value as `key: value`, on the line where the file has it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from indexer.documents.document import Document
from indexer.documents.draft import Draft, check_length
from indexer.documents.encoding import decode, undecoded
from indexer.documents.files import load
from indexer.documents.spacing import collapse
from indexer.documents.text import paragraphs
from indexer.errors import DocumentError

__all__ = ["read"]

# Read by a pattern rather than by `json`, which keeps no positions and recurses. Comments are no JSON,
# but people write them into settings.
_TOKEN = re.compile(
    r'\s*(?:(?P<mark>[\[\]{},:])|(?P<string>"(?:[^"\\\n]++|\\.)*+")|(?P<number>-?\d[\d.eE+-]*)'
    r"|(?P<word>true|false|null|NaN|-?Infinity)|(?P<comment>//.*|/\*(?s:.*?)\*/)|(?P<end>\Z))"
)
_MAX_DEPTH = 200

# Beyond this length a text is a paragraph, not a value beside others.
_LONG = 200

# More numbers under one name are a vector or a series of measurements, which nobody searches by words.
_MAX_NUMBERS = 20


@dataclass(frozen=True, slots=True)
class _Value:
    """A text, number or truth value.

    path: the keys that lead to it. record: the number of the record that it is in.
    """

    path: tuple[str, ...]
    text: str
    line: int
    record: int
    is_number: bool


def read(path: Path) -> Document:
    """Data as text: a block a record, with the lines of the file; a long text is a block of its own.

    A record is a line of JSON lines, or an element of the outermost list or object. Raises
    DocumentError where JSON is malformed; a malformed line of JSON lines is a gap.
    """
    text = decode(load(path))
    check_length(len(text))
    gaps = list(undecoded(text))
    is_lines = path.suffix.lower() in (".jsonl", ".ndjson")
    values = _values_of_lines(text, gaps) if is_lines else list(_values(text))
    values = _without_series(values, gaps)
    draft = Draft()
    for _, record in groupby(values, key=lambda value: value.record):
        _write(list(record), draft)
    title = next((value.text for value in values if value.path in (("title",), ("name",))), "")
    return draft.document(title="" if is_lines else title, gaps=gaps)


def _values_of_lines(text: str, gaps: list[str]) -> list[_Value]:
    values: list[_Value] = []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            values += [replace(value, record=number) for value in list(_values(line, number))]
        except DocumentError as error:
            gaps.append(str(error))
    return values


def _values(text: str, first: int = 1) -> Iterator[_Value]:
    """Every text, number and truth value of JSON that begins on line `first`; null and "" are none."""
    # What is open: "{" or "[", and the key that it is the value of.
    outer: list[tuple[str, str | None]] = []
    key: str | None = None
    record, line, previous = 0, first, ","
    for kind, token, line in _tokens(text, first):
        if token in (",", ":") and previous in (",", ":", "{", "["):
            raise DocumentError(f"line {line} has {token!r} after {previous!r}")
        previous = token
        if kind == "string" and outer and outer[-1][0] == "{" and key is None:
            key = _unquoted(token, line)
        elif token in ("{", "["):
            record += len(outer) == 1
            outer.append((token, key))
            key = None
            if len(outer) > _MAX_DEPTH:
                raise DocumentError(f"line {line} is nested more than {_MAX_DEPTH} deep")
        elif token in ("}", "]"):
            if not outer or outer.pop()[0] + token not in ("{}", "[]"):
                raise DocumentError(f"line {line} closes with {token!r} what was not opened so")
            key = None
            record += len(outer) == 1
        elif kind != "mark":
            shown = _unquoted(token, line) if kind == "string" else "" if token == "null" else token
            if shown.strip():
                path = tuple(filter(None, (*(name for _, name in outer), key)))
                yield _Value(path, shown, line, record, is_number=kind == "number")
            key = None
    if outer:
        raise DocumentError(f"line {line} ends before all that was opened is closed")


def _tokens(text: str, line: int) -> Iterator[tuple[str, str, int]]:
    """`(kind, token, line)`, of a text that begins on that line."""
    at, counted = 0, 0
    while match := _TOKEN.match(text, at):
        kind = match.lastgroup or "end"
        line += text.count("\n", counted, match.start(kind))
        counted = match.start(kind)
        at = match.end()
        if kind == "end":
            return
        if kind != "comment":
            yield kind, match[kind], line
    rest = text[at:].lstrip()
    line += text.count("\n", counted, len(text) - len(rest))
    raise DocumentError(f"line {line} is no JSON: {rest[:30]!r}")


def _unquoted(token: str, line: int) -> str:
    if "\\" not in token:
        return token[1:-1]
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        raise DocumentError(f"line {line} has a text that is no JSON: {token[:30]}") from None


def _without_series(values: list[_Value], gaps: list[str]) -> list[_Value]:
    """The values but for long series of numbers, which are a gap for each name."""
    counts = Counter((value.record, value.path) for value in values if value.is_number)
    series = {place for place, count in counts.items() if count > _MAX_NUMBERS}
    left_out = Counter(value.path for value in values if (value.record, value.path) in series)
    gaps += [
        f"{count:,} numbers of {'.'.join(path)!r} are not read as text" for path, count in left_out.items()
    ]
    return [value for value in values if (value.record, value.path) not in series]


def _write(record: list[_Value], draft: Draft) -> None:
    """A record's values: those of one line of the file on a line, those of neighbouring lines in a block."""
    for _, run in groupby(_runs(record), key=lambda item: item[0]):
        values = [value for _, value in run]
        if len(values[0].text) > _LONG:
            _write_long(values[0], draft)
        else:
            by_line = groupby(values, key=lambda value: value.line)
            draft.lines("\n".join(_line(list(each)) for _, each in by_line), line=values[0].line)


def _runs(record: list[_Value]) -> Iterator[tuple[int, _Value]]:
    """The values, each with the number of the block that it belongs to."""
    number, previous = 0, record[0]
    for value in record:
        number += value.line > previous.line + 1 or max(len(value.text), len(previous.text)) > _LONG
        yield number, value
        previous = value


def _write_long(value: _Value, draft: Draft) -> None:
    label = _label(value)
    for block in paragraphs(value.text):
        draft.prose(label + collapse(value.text[block.start : block.end]), line=value.line)
        label = ""


def _line(values: list[_Value]) -> str:
    """Values of one line: `tags: bert, pooling; year: 2019`."""
    named = (
        _label(first) + ", ".join(collapse(value.text) for value in (first, *rest))
        for (first, *rest) in (list(each) for _, each in groupby(values, key=lambda value: value.path))
    )
    return "; ".join(named)


def _label(value: _Value) -> str:
    return f"{'.'.join(value.path)}: " if value.path else ""

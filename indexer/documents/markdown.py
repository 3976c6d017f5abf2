"""Markdown: the file's own text, its headings, paragraphs and lists, and the line where each begins.

`Document.text` is the decoded file with its mark-up, so offsets and lines are true of it. What a
person reading the page would not see (front matter, rules, comments) is overwritten with spaces:
it belongs to no block, and everything else stays where it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from indexer.documents.document import Block, BlockKind, Document
from indexer.documents.draft import check_length
from indexer.documents.encoding import decode, undecoded
from indexer.documents.files import load

__all__ = ["blocks", "read"]

_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n(.*?\n)?\1[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"([\w-]+)[ \t]*[:=][ \t]*(.*)")
_NOT_NEWLINE = re.compile(r"[^\n]")

_LEAVES: dict[str, BlockKind] = {
    "blockquote_open": "prose",
    "paragraph_open": "prose",
    "code_block": "lines",
    "fence": "lines",
    "html_block": "lines",
    "table_open": "lines",
}


@dataclass(slots=True)
class _Part:
    """Lines `begin` to `end` (from 0, `end` excluded) of one kind; "hidden" is not shown to a reader."""

    begin: int
    end: int
    kind: BlockKind | None
    title: str = ""
    level: int = 0
    is_table: bool = False


def read(path: Path) -> Document:
    """A Markdown file (CommonMark and tables)."""
    text = decode(load(path))
    check_length(len(text))
    gaps = undecoded(text)
    metadata: dict[str, str] = {}
    if front := _FRONT_MATTER.match(text):
        metadata = _fields(front[2] or "")
        text = _blank(front[0]) + text[front.end() :]
    text, found = blocks(text)
    top = next(
        (block.heading[-1] for block in found if block.kind == "heading" and len(block.heading) == 1), ""
    )
    return Document(text, found, title=metadata.pop("title", top), metadata=metadata, gaps=gaps)


def blocks(text: str) -> tuple[str, tuple[Block, ...]]:
    """The text with what a reader would not see overwritten with spaces, and its blocks."""
    lines = text.split("\n")
    parts = _complete(_parts(text), lines)
    for part in parts:
        if part.kind is None:
            lines[part.begin : part.end] = map(_blank, lines[part.begin : part.end])
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    found: list[Block] = []
    path: list[tuple[int, str]] = []
    for part in parts:
        whole = "\n".join(lines[part.begin : part.end])
        if part.kind is None or not whole.strip():
            continue
        if part.kind == "heading":
            while path and path[-1][0] >= part.level:
                path.pop()
            path.append((part.level, part.title))
        before = len(whole) - len(whole.lstrip())
        block = Block(
            starts[part.begin] + before,
            starts[part.begin] + len(whole.rstrip()),
            part.kind,
            heading=tuple(title for _, title in path),
            line=part.begin + whole.count("\n", 0, before) + 1,
            header=_header(whole) if part.is_table else "",
        )
        found.append(block)
    return "\n".join(lines), tuple(found)


def _parts(text: str) -> Iterator[_Part]:
    """Top-level stretches of lines; a list whose items are wrapped is cut into its paragraphs."""
    # Inline mark-up is parsed for headings alone: it takes most of the time and only titles need it.
    parser = MarkdownIt("commonmark").enable("table").disable("inline")
    inline = MarkdownIt("commonmark")
    tokens = parser.parse(text)
    for at, token in enumerate(tokens):
        if token.level or not token.map:
            continue
        begin, end = token.map
        if token.type == "heading_open":
            title = _plain(inline.parseInline(tokens[at + 1].content)[0].children or [])
            yield _Part(begin, end, "heading" if title else "lines", title, int(token.tag[1:]))
        elif token.type == "hr" or _is_comment(token):
            yield _Part(begin, end, None)
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            yield from _list(tokens, at)
        else:
            kind = _LEAVES.get(token.type, "lines")
            yield _Part(begin, end, kind, is_table=token.type == "table_open")


def _header(table: str) -> str:
    """The first row without its outer bars."""
    return table.strip().partition("\n")[0].strip().strip("|").strip()


def _list(tokens: Sequence[Token], at: int) -> Iterator[_Part]:
    """A list of one-line items is one stretch of lines; else its wrapped paragraphs are prose."""
    opening = tokens[at]
    inside: list[Token] = []
    for token in tokens[at + 1 :]:
        if token.level == opening.level and token.nesting < 0:
            break
        if token.map and (token.type in _LEAVES or token.type == "heading_open"):
            inside.append(token)
    begin, end = opening.map or (0, 0)
    if all(_lines_of(token) == 1 for token in inside if token.type == "paragraph_open"):
        yield _Part(begin, end, "lines")
        return
    covered = begin
    for token in inside:
        first, last = token.map or (0, 0)
        if first >= covered:  # not inside the one before, as a paragraph in a quotation is
            yield _Part(first, last, _LEAVES.get(token.type, "lines"))
            covered = last


def _lines_of(token: Token) -> int:
    begin, end = token.map or (0, 0)
    return end - begin


def _complete(parts: Iterator[_Part], lines: Sequence[str]) -> list[_Part]:
    """The parts with every line between them that has text: link definitions, list markers alone."""
    complete: list[_Part] = []
    covered = 0
    for part in parts:
        complete += _between(lines, covered, part.begin)
        complete.append(part)
        covered = max(covered, part.end)
    return complete + _between(lines, covered, len(lines))


def _between(lines: Sequence[str], begin: int, end: int) -> list[_Part]:
    return [_Part(begin, end, "lines")] if any(line.strip() for line in lines[begin:end]) else []


def _is_comment(token: Token) -> bool:
    content = token.content.strip()
    return token.type == "html_block" and content.startswith("<!--") and content.endswith("-->")


def _plain(tokens: Sequence[Token]) -> str:
    """The text of a heading as a person reads it: mark-up gone, pictures as their description."""
    words = (" " if token.type in ("softbreak", "hardbreak") else token.content for token in tokens)
    kept = (word for word, token in zip(words, tokens, strict=True) if token.type != "html_inline")
    return " ".join("".join(kept).split())


def _fields(front: str) -> dict[str, str]:
    """The fields of front matter (YAML or TOML), flat: nested values and lists joined by commas.

    >>> _fields('title: "On pooling"\\ntags:\\n  - bert\\n  - mean\\n')
    {'title': 'On pooling', 'tags': 'bert, mean'}
    """
    found: dict[str, list[str]] = {}
    last: list[str] = []
    for line in front.split("\n"):
        field = _FIELD.match(line)
        if field:
            last = found.setdefault(field[1].lower(), [])
        value = (field[2] if field else line).strip().removeprefix("- ").strip("[]|>\"' ")
        if value and not value.startswith("#"):
            last.append(value)
    return {key: ", ".join(values) for key, values in found.items() if values}


def _blank(text: str) -> str:
    return _NOT_NEWLINE.sub(" ", text)

"""reStructuredText, with what Sphinx adds to it, by docutils; nothing is included, fetched or run."""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from docutils.core import publish_doctree

from indexer.documents.document import Document
from indexer.documents.draft import Draft, check_length
from indexer.documents.encoding import decode, undecoded
from indexer.documents.files import load
from indexer.documents.tables import Cell
from indexer.errors import DocumentError

__all__ = ["read"]

_SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "report_level": 5,
    "halt_level": 6,
    "warning_stream": "",
    "syntax_highlight": "none",
    "line_length_limit": 10_000_000,
}
_ROLE = re.compile(r":[\w:.+-]+:`(?:!|~(?:[\w.]+\.)?)?([^`<]+?)(?:\s*<[^`>]*>)?`")
_DIRECTIVE = re.compile(r"\.\. ([\w:.+-]+)::[ \t]*(.*)")
_OPTION = re.compile(r"\s*:[\w-]+:(?:\s.*)?")
_MAX_DEPTH = 10

# What Sphinx makes of other files and modules rather than of the text.
_REFERENCES = ("toctree", "auto", "currentmodule", "py:currentmodule", "index", "highlight")
_INSERTIONS = ("include", "literalinclude", "raw", "csv-table")
_CHANGES = {
    "versionadded": "New in version ",
    "versionchanged": "Changed in version ",
    "deprecated": "Deprecated since version ",
}
_UNREAD = (
    nodes.comment,
    nodes.substitution_definition,
    nodes.target,
    nodes.decoration,
    nodes.pending,
    nodes.docinfo,
)
_AS_LINES = (nodes.literal_block, nodes.doctest_block, nodes.math_block, nodes.line_block)
_TEXTS = (
    nodes.paragraph,
    nodes.subtitle,
    nodes.rubric,
    nodes.caption,
    nodes.term,
    nodes.attribution,
    nodes.title,
)


def read(path: Path) -> Document:
    """A text; blocks have the lines where they begin. What would insert a file is a gap."""
    text = decode(load(path))
    check_length(len(text))
    writer = _Writer(text.split("\n"))
    # Docutils can't say in advance what it raises on text that nobody foresaw.
    try:
        tree = _parsed(text)
        writer.write(tree, level=1)
    except (DocumentError, MemoryError):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise DocumentError(f"docutils can't read it: {reason}") from None
    title = tree.next_node(nodes.title)
    stated = _fields(tree)
    named = _plain(title) if title is not None else stated.pop("title", "")
    return writer.draft.document(title=named, metadata=stated, gaps=[*writer.gaps, *undecoded(text)])


def _fields(tree: nodes.document) -> dict[str, str]:
    """The fields at the top of a text, which it states of itself."""
    found: dict[str, str] = {}
    for info in tree.findall(nodes.docinfo):
        for node in info.children:
            parts = [child.astext() for child in node.children] if isinstance(node, nodes.field) else []
            if len(parts) == 2:
                found[parts[0].lower()] = parts[1]
            elif isinstance(node, nodes.Element):
                found[node.tagname] = node.astext()
    return found


def _parsed(text: str) -> nodes.document:
    return publish_doctree(text, settings_overrides=_SETTINGS)


class _Writer:
    """Writes trees of docutils to a draft."""

    def __init__(self, lines: list[str]) -> None:
        self.draft = Draft()
        self.gaps: list[str] = []
        self._lines = lines
        # Of the tree being written: how many lines of the file are above it, and how many trees it is in.
        self._above = 0
        self._depth = 0

    def write(self, parent: nodes.Element, level: int) -> None:
        """The children of a node, whose headings have that level."""
        for node in parent.children:
            if isinstance(node, nodes.section):
                self.write(node, level + 1)
            elif isinstance(node, nodes.title) and isinstance(parent, (nodes.section, nodes.document)):
                # Docutils gives the line of the underline.
                self.draft.heading(_plain(node), level, line=self._line(node, -1))
            elif isinstance(node, nodes.system_message):
                self._message(node, level)
            elif isinstance(node, _AS_LINES):
                self.draft.lines(_plain(node), line=self._begin(_plain(node), self._line(node)))
            elif isinstance(node, _TEXTS):
                self.draft.prose(_plain(node), line=self._line(node))
            elif isinstance(node, (nodes.bullet_list, nodes.enumerated_list)) and (
                items := self._items(node)
            ):
                self.draft.lines("\n".join(items), line=self._line(node))
            elif isinstance(node, nodes.table):
                self._table(node)
            elif isinstance(node, (nodes.field, nodes.option_list_item)):
                self.draft.prose(": ".join(map(_plain, node.children)), line=self._line(node))
            elif isinstance(node, nodes.Element) and not isinstance(node, _UNREAD):
                self.write(node, level)

    def _items(self, element: nodes.Element) -> list[str]:
        """The items of a list that has one on each line; [] where they are longer or further apart."""
        paragraphs = list(element.findall(nodes.paragraph))
        texts = list(map(_plain, paragraphs))
        first = element.line or 0
        if len(paragraphs) != len(list(element.findall(nodes.list_item))) or any(
            "\n" in text for text in texts
        ):
            return []
        return texts if all(each.line == first + number for number, each in enumerate(paragraphs)) else []

    def _table(self, table: nodes.table) -> None:
        for title in table.findall(nodes.title):
            self.draft.prose(_plain(title), line=self._line(table))
        cells = ([_cell(entry) for entry in row.findall(nodes.entry)] for row in table.findall(nodes.row))
        self.draft.table(cells, line=self._line(table))

    def _message(self, message: nodes.system_message, level: int) -> None:
        """What docutils could not use: of a directive of Sphinx the text that is in it, the rest as it is."""
        source = next((node.astext() for node in message.findall(nodes.literal_block)), "")
        line = self._above + int(message.get("line", 0))
        directive = _DIRECTIVE.match(source)
        if directive is None or self._depth == _MAX_DEPTH:
            self.draft.lines(source, line=self._begin(source, line))
        elif directive[1] in _INSERTIONS:
            self.gaps.append(f"line {line}: what {directive[1]!r} would insert is not read")
        elif not directive[1].startswith(_REFERENCES):
            self.draft.prose(f"{_CHANGES.get(directive[1], '')}{directive[2]}", line=line or None)
            head, content = _split(source)
            outer = self._above, self._depth
            self._above, self._depth = line - 1 + head, self._depth + 1
            self.write(_parsed(content), level + 1)
            self._above, self._depth = outer

    def _line(self, node: nodes.Node, shift: int = 0) -> int | None:
        return self._above + node.line + shift if node.line else None

    def _begin(self, text: str, near: int | None) -> int | None:
        """The line where a block of the file's own text begins; docutils often gives that of its end."""
        first = text.lstrip("\n").partition("\n")[0].strip()
        for line in range(min(near or 0, len(self._lines)), max((near or 0) - text.count("\n") - 4, 0), -1):
            if self._lines[line - 1].strip() == first:
                return line
        return near


def _split(directive: str) -> tuple[int, str]:
    """How many lines a directive's name and options take, and its content without the indent."""
    lines = directive.split("\n")
    head = next(
        (number for number, line in enumerate(lines) if number and not _OPTION.fullmatch(line)), len(lines)
    )
    return head, textwrap.dedent("\n".join(lines[head:]))


def _cell(entry: nodes.entry) -> Cell:
    return Cell(_plain(entry), entry.get("morerows", 0) + 1, entry.get("morecols", 0) + 1)


def _plain(node: nodes.Node) -> str:
    """The text of a node as a page shows it."""
    return "".join(_pieces(node)).strip("\n")


def _pieces(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Text):
        yield str(node)
    elif isinstance(node, nodes.problematic):
        # A role of Sphinx: :class:`~indexer.Index` is shown as its name.
        yield _ROLE.sub(r"\1", node.astext())
    elif isinstance(node, nodes.footnote_reference):
        yield f"[{node.astext()}]"
    elif isinstance(node, nodes.Element) and not isinstance(node, (*_UNREAD, nodes.system_message)):
        for number, child in enumerate(node.children):
            if number and isinstance(child, (nodes.Body, nodes.line)) and not isinstance(child, nodes.Inline):
                yield "\n"
            yield from _pieces(child)

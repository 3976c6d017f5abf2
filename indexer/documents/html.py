"""HTML: the text of a page without its scripts, styles and navigation."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.documents.document import Document
from indexer.documents.draft import Draft
from indexer.documents.encoding import clean, decode, undecoded
from indexer.documents.files import load
from indexer.documents.spacing import collapse
from indexer.documents.tables import Cell

__all__ = ["parse", "read", "write"]

# fmt: off
_UNREAD = frozenset((
    "script", "style", "template", "noscript", "nav", "head", "iframe", "object", "embed", "svg",
    "canvas", "audio", "video", "map", "dialog", "rp", "annotation", "annotation-xml",
))
# fmt: on
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LISTS = frozenset({"ul", "ol", "dl", "menu"})
_ITEMS = frozenset({"li", "dt", "dd"})
# fmt: off
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "details", "div",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "html", "legend",
    "main", "option", "p", "search", "section", "summary", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr",
))
# fmt: on
_BOUNDARIES = _BLOCKS | _LISTS | _ITEMS | _HEADINGS.keys() | {"br", "pre"}
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE
)
# Pages that say gb2312 use characters beyond it, and those that say latin-1 mean Windows'.
_MEANT = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "shift_jis": "cp932"}
# What a link to the heading it stands in looks like: Sphinx's, Node's, GitHub's.
_PERMALINKS = frozenset("¶#§🔗⚓")
_METADATA = {"author": "author", "description": "description", "keywords": "keywords", "date": "date"}

# What stands between the lines of a paragraph that has <br>; `clean` never leaves one in a text.
_HARD_BREAK = "\v"


def read(path: Path) -> Document:
    """An HTML file; its blocks have no lines, for the parser keeps no positions."""
    return parse(_decode(load(path)))


def parse(html: str) -> Document:
    """The Document of a page given as text."""
    draft = Draft()
    tree = _tree(html)
    _write(tree, draft, 0)
    document = draft.document(title=_title(tree), metadata=_metadata(tree))
    return replace(document, gaps=undecoded(document.text))


def write(html: str, draft: Draft, under: int = 0) -> None:
    """Adds a page to a draft; its headings of level 1 become level `under` + 1."""
    _write(_tree(html), draft, under)


def _tree(html: str) -> LexborHTMLParser:
    return LexborHTMLParser(clean(html))


def _decode(data: bytes) -> str:
    """As the page declares it, where that holds; else by what it looks like."""
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = declared[1].decode("ascii").lower()
        try:
            return clean(data.decode(_MEANT.get(name, name)))
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def _title(tree: LexborHTMLParser) -> str:
    for selector in ("head title", "h1"):
        if (node := tree.css_first(selector)) and (title := collapse(node.text())):
            return title
    return ""


def _metadata(tree: LexborHTMLParser) -> dict[str, str]:
    root = tree.css_first("html")
    found = {"language": root.attributes.get("lang") or ""} if root else {}
    for node in tree.css("meta[name][content]"):
        key = _METADATA.get((node.attributes.get("name") or "").lower())
        if key:
            found[key] = node.attributes.get("content") or ""
    return found


def _write(tree: LexborHTMLParser, draft: Draft, under: int) -> None:
    root = _content(tree)
    if root is None:
        return
    writer = _Writer(draft, under)
    for node, opening in _walk(root, writer.whole):
        if opening:
            writer.open(node)
        else:
            writer.close(node)
    writer.finish()


def _content(tree: LexborHTMLParser) -> LexborNode | None:
    """<main> where the page has one that is most of it, or the whole body."""
    body = tree.body
    mains = tree.css("main, [role=main]")
    if body is not None and len(mains) == 1 and len(_text(mains[0])) * 2 > len(_text(body)):
        return mains[0]
    return body


def _walk(root: LexborNode, whole: frozenset[str] = frozenset()) -> Iterator[tuple[LexborNode, bool]]:
    """Every node that is read, in order: as it opens (True) and closes (False).

    Elements named in `whole` come once and are not entered. A stack rather than recursion, for a page
    can be nested deeper than Python is.
    """
    stack = [(root, True)]
    while stack:
        node, opening = stack.pop()
        if not opening:
            yield node, False
        elif node.is_text_node:
            yield node, True
        elif node.is_element_node and not _is_unread(node):
            yield node, True
            if node.tag in whole and not (node.tag == "table" and _is_layout(node)):
                continue
            stack.append((node, False))
            children = list(node.iter(include_text=True))
            stack.extend((child, True) for child in reversed(children))


def _is_unread(node: LexborNode) -> bool:
    if node.tag in _UNREAD:
        return True
    attributes = node.attributes
    if not attributes:
        return False
    return (
        "hidden" in attributes
        or attributes.get("role") == "navigation"
        or bool(_HIDDEN.search(attributes.get("style") or ""))
        or (node.tag == "a" and _is_permalink(node, attributes.get("href") or ""))
    )


def _is_permalink(link: LexborNode, href: str) -> bool:
    """Whether a link is the sign behind a heading that leads to the heading itself."""
    return href.startswith("#") and link.text().strip() in _PERMALINKS


def _is_layout(table: LexborNode) -> bool:
    """Whether a table holds the parts of a page rather than data."""
    if table.css_first("h1, h2, h3, h4, h5, h6, pre"):
        return True
    first = table.css_first("tr")
    has_header = first is not None and any(cell.tag == "th" for cell in first.iter())
    return not has_header and any(inner.mem_id != table.mem_id for inner in table.css("table"))


def _text(node: LexborNode) -> str:
    """All text under a node on one line."""
    pieces: list[str] = []
    for inner, opening in _walk(node):
        if inner.is_text_node:
            pieces.append(inner.text_content or "")
        elif inner.tag in _BOUNDARIES:
            pieces.append(" ")
        elif opening and inner.tag == "img":
            pieces.append(_description(inner))
    return collapse("".join(pieces))


def _description(image: LexborNode) -> str:
    return f" {image.attributes.get('alt') or ''} "


class _Writer:
    """Turns the nodes of a page into the blocks of a draft."""

    whole = frozenset({"pre", "table"})

    def __init__(self, draft: Draft, under: int) -> None:
        self._draft = draft
        self._under = under
        self._inline: list[str] = []
        # A list is one block however deep it is nested: its lines so far, and a counter a level.
        self._items: list[str] = []
        self._counters: list[int | None] = []
        self._marker = ""

    def open(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if node.is_text_node:
            self._inline.append(node.text_content or "")
        elif tag == "br":
            self._inline.append(_HARD_BREAK)
        elif tag == "img":
            self._inline.append(_description(node))
        elif tag in self.whole:
            self._flush_list()
            if tag == "pre":
                self._draft.lines(node.text().strip("\n"))
            elif not _is_layout(node):
                self._table(node)
        elif tag in _HEADINGS:
            self._flush_list()
        elif tag in _LISTS:
            self._flush()
            self._counters.append(_start(node) if tag == "ol" else None)
        elif tag in _ITEMS:
            self._flush()
            self._marker = self._next_marker(tag)
        elif tag in _BLOCKS:
            self._flush()

    def close(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _HEADINGS:
            title = collapse("".join(self._inline).replace(_HARD_BREAK, " "))
            self._inline.clear()
            self._draft.heading(title, self._under + _HEADINGS[tag])
        elif tag in _LISTS:
            self._flush()
            if self._counters:
                self._counters.pop()
            if not self._counters:
                self._flush_list()
        elif tag in _ITEMS or tag in _BLOCKS:
            self._flush()

    def finish(self) -> None:
        self._flush_list()

    def _flush(self) -> None:
        """What was collected becomes a paragraph, or a line of the list it stands in."""
        lines = [collapse(line) for line in "".join(self._inline).split(_HARD_BREAK)]
        self._inline.clear()
        if not any(lines):
            return
        if self._counters:
            indent = "  " * (len(self._counters) - 1)
            self._items.append(indent + self._marker + " ".join(filter(None, lines)))
            self._marker = ""
            return
        # An empty line between two <br> is how old pages write paragraphs.
        for paragraph in "\n".join(lines).split("\n\n"):
            if "\n" in paragraph.strip():
                self._draft.lines(paragraph)
            else:
                self._draft.prose(paragraph)

    def _flush_list(self) -> None:
        self._flush()
        self._draft.lines("\n".join(self._items))
        self._items.clear()

    def _next_marker(self, tag: str) -> str:
        if tag != "li" or not self._counters:
            return ""
        number = self._counters[-1]
        if number is None:
            return "- "
        self._counters[-1] = number + 1
        return f"{number}. "

    def _table(self, table: LexborNode) -> None:
        if caption := table.css_first("caption"):
            self._draft.prose(_text(caption))
        self._draft.table(_cells(row) for row in table.css("tr"))


def _cells(row: LexborNode) -> Iterator[Cell]:
    for node in row.iter():
        if node.tag in ("td", "th") and not _is_unread(node):
            yield Cell(_text(node), _span(node, "rowspan"), _span(node, "colspan"))


def _span(cell: LexborNode, name: str) -> int:
    value = (cell.attributes.get(name) or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 5 else 1


def _start(node: LexborNode) -> int:
    value = (node.attributes.get("start") or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else 1

"""JATS: scientific articles as PubMed Central has them. XML of other kinds is read as the text that it is."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree

from indexer.documents import text
from indexer.documents.archive import parse_xml
from indexer.documents.document import Document
from indexer.documents.draft import Draft
from indexer.documents.elements import attribute, local, number
from indexer.documents.files import load
from indexer.documents.spacing import collapse
from indexer.documents.tables import Cell
from indexer.errors import DocumentError

__all__ = ["read"]

# Beside the text of a paragraph, although the file has them inside.
# fmt: off
_BESIDE = frozenset((
    "list", "def-list", "disp-formula", "disp-formula-group", "table-wrap", "fig", "fig-group",
    "boxed-text", "disp-quote", "preformat", "code", "supplementary-material", "verse-group",
    "statement", "fn",
))
# fmt: on
# Read with what they belong to, or no text of the article.
_UNREAD = frozenset({"title", "label", "caption", "graphic", "media", "object-id"})
_CAPTIONED = frozenset({"fig", "table-wrap", "supplementary-material"})
_WHOLE = frozenset(
    {"mixed-citation", "element-citation", "citation", "nlm-citation", "p", "disp-formula", "def-item"}
)

# Elements whose parts the file sets off by their names alone.
_SPACED = frozenset({"element-citation", "nlm-citation", "name", "person-group", "aff", "institution-wrap"})


def read(path: Path) -> Document:
    """An article: title, authors, abstract, sections, tables, captions, references.

    Blocks have the lines where they begin; there are no pages. XML that is no article, or not well
    formed, is a text of lines, mark-up and all.
    """
    try:
        root = parse_xml(load(path))
    except DocumentError as error:
        if error.status != "failed":
            raise
        return text.read(path)
    article = root if local(root) == "article" else root.find("{*}article")
    if article is None:
        return text.read(path)
    draft = Draft()
    title = _article(article, draft, 1)
    entities = sum(1 for _ in root.iter(etree.Entity))
    gaps = [f"entities that the file defines, not filled in: {entities}"] if entities else []
    return draft.document(title=title, metadata=_metadata(article), gaps=gaps)


def _article(article: etree._Element, draft: Draft, level: int) -> str:
    """Writes an article or one that belongs to it (a reply, a review); returns its title."""
    front = article.find("{*}front/{*}article-meta")
    front = front if front is not None else article.find("{*}front-stub")
    title = _text(front, "title-group/article-title")
    draft.heading(title or article.get("article-type", ""), level, line=_line(article))
    if front is not None:
        _front(front, draft, level + 1)
    for part in article.iterchildren("{*}body", "{*}floats-group", "{*}back"):
        _inside(part, draft, level + 1)
    for part in article.iterchildren("{*}sub-article", "{*}response"):
        _article(part, draft, level + 1)
    return title


def _front(front: etree._Element, draft: Draft, level: int) -> None:
    draft.prose(", ".join(_authors(front)), line=_line(front))
    for institution in front.iter("{*}aff"):
        draft.prose(_plain(institution), line=_line(institution))
    for abstract in front.iterchildren("{*}abstract", "{*}trans-abstract"):
        draft.heading(_text(abstract, "title") or "Abstract", level, line=_line(abstract))
        _inside(abstract, draft, level + 1)
    draft.leave(level)
    for group in front.iterchildren("{*}kwd-group"):
        words = ", ".join(_plain(word) for word in group.iter("{*}kwd"))
        draft.prose(f"{_text(group, 'title') or 'Keywords'}: {words}" if words else "", line=_line(group))


def _inside(elements: Iterable[etree._Element], draft: Draft, level: int) -> None:
    """Elements with all that is in them, under headings of that level and deeper."""
    for element in elements:
        name, line = local(element), _line(element)
        if name in _UNREAD or not name:
            continue
        if name in _CAPTIONED:
            parts = ("label", "caption/title", "caption/p")
            caption = (
                _plain(part) for path in parts for part in element.iterfind("{*}" + path.replace("/", "/{*}"))
            )
            draft.prose(" ".join(filter(None, caption)), line=line)
            _inside(element, draft, level)
        elif name == "table":
            draft.table(map(_cells, element.iter("{*}tr")), line=line)
        elif name in ("preformat", "code"):
            draft.lines("".join(map(str, element.itertext())), line=line)
        elif name in _WHOLE or _has_text(element):
            draft.prose(_plain(element), line=line)
            _inside((child for child in element if local(child) in _BESIDE), draft, level)
        elif title := _text(element, "title"):
            draft.heading(" ".join(filter(None, (_text(element, "label"), title))), level, line=line)
            _inside(element, draft, level + 1)
            draft.leave(level)
        else:
            _inside(element, draft, level)


def _has_text(element: etree._Element) -> bool:
    """Whether text stands directly in an element, not only in those within."""
    return any(each and each.strip() for each in (element.text, *(child.tail for child in element)))


def _text(element: etree._Element | None, path: str) -> str:
    """The text of the first descendant at a path of local names; "" where there is none."""
    found = element.find("{*}" + path.replace("/", "/{*}")) if element is not None else None
    return _plain(found) if found is not None else ""


def _plain(element: etree._Element) -> str:
    """The text of an element on one line, without what stands beside it."""
    return collapse("".join(_pieces(element)))


def _pieces(element: etree._Element) -> Iterator[str]:
    name = local(element)
    if name == "tex-math":
        # TeX in an article is a document of its own around the formula.
        inside = (element.text or "").rpartition("\\begin{document}")[2].partition("\\end{document}")[0]
        yield inside.replace("$", " ")
        return
    yield element.text or ""
    for child in element:
        kind = local(child)
        # Of a formula in several notations, the one that is text.
        is_other = name == "alternatives" and kind != "tex-math" and element.find("{*}tex-math") is not None
        if kind == "break":
            yield " "
        elif kind and kind not in _BESIDE and kind != "institution-id" and not is_other:
            yield from _pieces(child)
        yield (child.tail or "") + (" " if name in _SPACED else "")


def _cells(row: etree._Element) -> Iterator[Cell]:
    for cell in row.iterchildren("{*}td", "{*}th"):
        yield Cell(_plain(cell), number(cell.get("rowspan"), 1), number(cell.get("colspan"), 1))


def _authors(front: etree._Element) -> list[str]:
    """The authors' names, given names first."""
    authors = []
    for contributor in front.iterfind("{*}contrib-group/{*}contrib"):
        if contributor.get("contrib-type", "author") != "author":
            continue
        names = (_text(contributor, f"name/{part}") for part in ("given-names", "surname", "suffix"))
        authors.append(
            " ".join(filter(None, names)) or _text(contributor, "string-name") or _text(contributor, "collab")
        )
    return list(filter(None, authors))


def _metadata(article: etree._Element) -> dict[str, str]:
    meta = article.find("{*}front/{*}article-meta")
    if meta is None:
        return {}
    date = meta.find("{*}pub-date")
    parts = (_text(date, part) for part in ("year", "month", "day"))
    return {
        "author": "; ".join(_authors(meta)),
        "date": "-".join(part.zfill(2) for part in parts if part),
        "language": attribute(article, "lang"),
        "journal": _text(article, "front/journal-meta/journal-title-group/journal-title"),
    }


def _line(element: etree._Element) -> int | None:
    # libxml2 counts lines in 16 bits where it has no better place for them.
    return element.sourceline if element.sourceline and element.sourceline < 65_535 else None

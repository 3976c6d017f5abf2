"""EPUB: the chapters of a book in reading order."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import etree

from indexer.documents import html
from indexer.documents.archive import Archive
from indexer.documents.document import Document
from indexer.documents.draft import Draft
from indexer.documents.elements import local
from indexer.documents.encoding import decode
from indexer.errors import DocumentError

__all__ = ["read"]

_METADATA = {
    "creator": "author",
    "language": "language",
    "date": "date",
    "publisher": "publisher",
    "subject": "subject",
}
_PAGES = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml"}
_HEADING = re.compile(r"<h[1-6][\s>]", re.IGNORECASE)

# To an HTML parser, <title/> opens a title that never ends.
_CLOSED = re.compile(r"<([a-zA-Z][\w:-]*)((?:\s[^<>]*)?)/>")
# fmt: off
_VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
))
# fmt: on


def read(path: Path) -> Document:
    """A book; it has no pages. A chapter without a heading stands under its title in the table of contents.

    Raises DocumentError "encrypted" for a book with digital rights management.
    """
    archive = Archive(path)
    package = _package(archive)
    root = archive.xml(package)
    items = {item.get("id", ""): item for item in root.iter("{*}item")}
    spine = [
        items.get(each) for each in dict.fromkeys(each.get("idref", "") for each in root.iter("{*}itemref"))
    ]
    chapters = [
        _member(package, item.get("href", "")) for item in spine if item is not None and _is_page(item)
    ]
    _refuse_encrypted(archive, chapters)
    titles = _contents(archive, package, items.values())
    draft, gaps = Draft(), []
    for chapter in chapters:
        if chapter in archive:
            _write(decode(archive.read(chapter)), titles.get(chapter, ""), draft)
        else:
            gaps.append(f"the chapter {chapter!r} is not in the file")
    if len(chapters) < len(spine):
        gaps.append(f"{len(spine) - len(chapters)} of the {len(spine)} chapters are not pages of text")
    title, metadata = _properties(root)
    return draft.document(title=title, metadata=metadata, gaps=gaps)


def _write(page: str, title: str, draft: Draft) -> None:
    page = _CLOSED.sub(
        lambda tag: tag[0] if tag[1].lower() in _VOID else f"<{tag[1]}{tag[2]}></{tag[1]}>", page
    )
    if title and not _HEADING.search(page):
        draft.enter(title, 1)
    html.write(page, draft)


def _package(archive: Archive) -> str:
    """The member that lists the parts of the book."""
    for file in archive.xml("META-INF/container.xml").iter("{*}rootfile"):
        if file.get("full-path", "") in archive:
            return file.get("full-path", "")
    raise DocumentError("the file does not say where the book in it begins; it is damaged")


def _member(base: str, reference: str) -> str:
    """The member that a reference in member `base` points to."""
    path = unquote(urlsplit(reference).path)
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), path)).lstrip("/")


def _is_page(item: etree._Element) -> bool:
    return item.get("media-type", "").lower() in _PAGES


def _refuse_encrypted(archive: Archive, chapters: list[str]) -> None:
    """Raises where chapters are encrypted; fonts often are, and don't matter."""
    if "META-INF/encryption.xml" not in archive:
        return
    references = archive.xml("META-INF/encryption.xml").iter("{*}CipherReference")
    if {_member("", each.get("URI", "")) for each in references} & set(chapters):
        raise DocumentError(
            "the book is protected by digital rights management; only its reader can open it", "encrypted"
        )


def _contents(archive: Archive, package: str, items: Iterable[etree._Element]) -> dict[str, str]:
    """The titles in the table of contents, by the member where their chapter begins."""
    titles: dict[str, str] = {}
    for item in items:
        name = _member(package, item.get("href", ""))
        is_contents = (
            "nav" in item.get("properties", "").split()
            or item.get("media-type") == "application/x-dtbncx+xml"
        )
        if is_contents and name in archive:
            for target, title in _entries(archive, name):
                titles.setdefault(_member(name, target), title)
    return titles


def _entries(archive: Archive, name: str) -> Iterator[tuple[str, str]]:
    try:
        root = archive.xml(name)
    except DocumentError:
        return  # A book can be read without its table of contents.
    for link in root.iter("{*}a"):
        yield link.get("href", ""), " ".join("".join(link.itertext()).split())
    for point in root.iter("{*}navPoint"):
        content, label = point.find("{*}content"), point.findtext("{*}navLabel/{*}text") or ""
        if content is not None:
            yield content.get("src", ""), " ".join(label.split())


def _properties(root: etree._Element) -> tuple[str, dict[str, str]]:
    """The book's first title, and the rest of what it states of itself, several values joined."""
    title = ""
    found: dict[str, list[str]] = {}
    for element in root.iterfind("{*}metadata//*"):
        name, text = local(element), " ".join((element.text or "").split())
        if name == "title" and not title:
            title = text
        elif name in _METADATA and text:
            found.setdefault(_METADATA[name], []).append(text)
    return title, {name: "; ".join(values) for name, values in found.items()}

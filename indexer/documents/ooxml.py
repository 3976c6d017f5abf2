"""What presentations and workbooks (Office Open XML) share: parts, drawings, charts, properties.

Elements are found by their local name, since the "strict" variant of the format has other namespaces.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from indexer.documents.archive import Archive
from indexer.documents.elements import local, number
from indexer.documents.rows import Row
from indexer.documents.spacing import collapse
from indexer.errors import DocumentError

__all__ = [
    "Part",
    "chart",
    "local",
    "main_part",
    "paragraph",
    "paragraphs",
    "properties",
    "reference",
    "related",
]

_PROPERTIES = {
    "creator": "author",
    "subject": "subject",
    "keywords": "keywords",
    "language": "language",
    "created": "date",
    "description": "description",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A member that another one refers to. kind: the last word of the relationship's type, as "chart"."""

    kind: str
    name: str


def related(archive: Archive, name: str) -> dict[str, Part]:
    """The parts that member `name` refers to, by relationship id; what is not in the archive is left out."""
    folder, file = posixpath.split(name)
    relations = posixpath.join(folder, "_rels", f"{file}.rels")
    if relations not in archive:
        return {}
    parts = {}
    for relation in archive.xml(relations).iter("{*}Relationship"):
        target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
        if relation.get("TargetMode") != "External" and target in archive:
            kind = relation.get("Type", "").rpartition("/")[2]
            parts[relation.get("Id", "")] = Part(kind, target)
    return parts


def main_part(archive: Archive, what: str) -> str:
    """The member that holds the document itself; `what` names it in the error when there is none."""
    for part in related(archive, "").values():
        if part.kind == "officeDocument":
            return part.name
    raise DocumentError(f"the file has no {what} in it; it is damaged or of another format")


def reference(element: etree._Element, attribute: str) -> str:
    """The relationship id in an attribute `r:id`, `r:dm`, …; "" where the element has none."""
    return next((value for key, value in element.items() if key.endswith(f"/relationships}}{attribute}")), "")


def drawing(archive: Archive, name: str) -> etree._Element:
    """The root of a slide or a drawing; of variants for old and for new programs, the first with text."""
    root = archive.xml(name)
    for alternatives in list(root.iter("{*}AlternateContent")):
        kept = next((each for each in alternatives if any(t.text for t in each.iter("{*}t"))), None)
        for each in list(alternatives):
            if each is not kept and kept is not None:
                alternatives.remove(each)
    return root


def paragraphs(element: etree._Element) -> list[str]:
    """The paragraphs of text in a drawing, a text box or a comment, without the empty ones."""
    return [text for text in map(paragraph, element.iter("{*}p")) if text]


def paragraph(element: etree._Element) -> str:
    """The text of one `a:p`, or of anything else made of runs."""
    pieces = (
        child.text or "" if local(child) == "t" else " " for child in element.iter("{*}t", "{*}br", "{*}tab")
    )
    return collapse("".join(pieces))


def chart(root: etree._Element) -> tuple[list[str], list[Row]]:
    """A chart's titles, and its numbers as a table: a row a category, a column a series."""
    titles = [text for title in root.iter("{*}title") for text in paragraphs(title)]
    names: list[tuple[int, str]] = []
    categories: dict[int, str] = {}
    values: dict[int, list[tuple[int, str]]] = {}
    for column, series in enumerate(root.iter("{*}ser"), 1):
        names.extend((column, name) for _, name in _points(series, "tx"))
        categories = dict(_points(series, "cat", "xVal")) | categories
        for index, value in _points(series, "val", "yVal", "bubbleSize"):
            values.setdefault(index, []).append((column, value))
    rows = [
        Row(tuple(([(0, categories[index])] if index in categories else []) + values.get(index, [])))
        for index in sorted(categories.keys() | values.keys())
    ]
    return titles, ([Row(tuple(names))] if names else []) + rows


def properties(archive: Archive) -> tuple[str, dict[str, str]]:
    """The title and the metadata that the file states of itself; "" and {} where it states none."""
    if "docProps/core.xml" not in archive:
        return "", {}
    found = {local(element): element.text or "" for element in archive.xml("docProps/core.xml")}
    metadata = {name: found[key].strip() for key, name in _PROPERTIES.items() if found.get(key, "").strip()}
    return found.get("title", "").strip(), metadata


def _points(series: etree._Element, *names: str) -> Iterator[tuple[int, str]]:
    """The cached points of a part of a series: `(index, text)`."""
    for name in names:
        for holder in series.findall(f"{{*}}{name}"):
            for position, point in enumerate(holder.iter("{*}pt")):
                yield number(point.get("idx"), position), _shown(point.findtext("{*}v") or "")
            if name == "tx" and (text := holder.findtext("{*}v")):
                yield 0, text


def _shown(text: str) -> str:
    """A number as a person would write it: the file holds 4.5999999999999996 for 4.6."""
    try:
        return f"{float(text):.15g}"
    except ValueError:
        return text

"""Word's styles: which paragraph is a heading, which an item of a list."""

import re
from dataclasses import dataclass

from lxml import etree

from indexer.documents.docx.xml import child, value
from indexer.documents.elements import number

__all__ = ["Style", "Styles"]

# Built-in styles keep their English names in the file, whatever the language of the program.
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_BODY_TEXT = 9


@dataclass(frozen=True, slots=True)
class Style:
    """What a paragraph's own properties and its style come to.

    level    of the heading, from 1; 0 for the document's title; None where it is no heading.
    list_id  the `numId` of the list it is an item of; "" where it is none.
    depth    of the item in its list, from 0.
    toc      whether it is a line of the table of contents.
    """

    level: int | None = None
    list_id: str = ""
    depth: int = 0
    toc: bool = False


class Styles:
    """The styles of a document, by id."""

    def __init__(self, root: etree._Element | None) -> None:
        elements = root.iterchildren("{*}style") if root is not None else ()
        self._styles = {value(element, "styleId"): element for element in elements}

    def of(self, paragraph: etree._Element) -> Style:
        """What a `w:p` is."""
        properties = child(paragraph, "pPr")
        chain = [properties, *self._chain(value(child(properties, "pStyle"), "val"))]
        list_id = _first(chain, "numPr", "numId")
        # An item may name its list and inherit its depth, or the other way round.
        return Style(
            self._level(chain),
            "" if list_id == "0" else list_id,
            number(_first(chain, "numPr", "ilvl"), 0),
            any(_name(style).startswith("toc ") for style in chain[1:]),
        )

    def _chain(self, style_id: str) -> list[etree._Element]:
        """The style and those it is based on, nearest first; a file may make them a ring."""
        chain: list[etree._Element] = []
        while style_id in self._styles and self._styles[style_id] not in chain:
            chain.append(self._styles[style_id])
            style_id = value(child(chain[-1], "basedOn"), "val")
        return chain

    def _level(self, chain: list[etree._Element | None]) -> int | None:
        outline = _first(chain, "outlineLvl")
        if outline:
            level = number(outline, _BODY_TEXT)
            return level + 1 if level < _BODY_TEXT else None
        for style in chain[1:]:
            name = _name(style)
            if heading := _HEADING.match(name):
                return int(heading[1])
            if name == "title":
                return 0
        return None


def _name(style: etree._Element | None) -> str:
    return value(child(style, "name"), "val").lower()


def _first(chain: list[etree._Element | None], *path: str) -> str:
    """The value of a property where it is nearest: the paragraph's own, then its style's."""
    for at, element in enumerate(chain):
        properties = element if at == 0 else child(element, "pPr")
        if found := value(child(properties, *path), "val"):
            return found
    return ""

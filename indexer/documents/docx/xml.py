"""Small steps through WordprocessingML, whose values are attributes of children: ``<w:ilvl w:val="0"/>``."""

from lxml import etree

from indexer.documents.elements import attribute

__all__ = ["child", "text", "value"]


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first child of that name, and the first of that in turn; None where there is none."""
    for name in path:
        element = element.find(f"{{*}}{name}") if element is not None else None
    return element


def text(element: etree._Element) -> str:
    """Its text, but for entities that the file defines: these are never filled in."""
    return (element.text or "") + "".join(inner.tail or "" for inner in element)


def value(element: etree._Element | None, name: str) -> str:
    """An attribute by its local name; "" where the element or the attribute is missing."""
    return attribute(element, name) if element is not None else ""

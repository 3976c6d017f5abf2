"""Small steps through WordprocessingML, whose values are attributes of children: ``<w:ilvl w:val="0"/>``."""

from lxml import etree

__all__ = ["child", "number", "value"]


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first child of that name, and the first of that in turn; None where there is none."""
    for name in path:
        element = element.find(f"{{*}}{name}") if element is not None else None
    return element


def value(element: etree._Element | None, name: str) -> str:
    """An attribute by its local name; "" where the element or the attribute is missing."""
    if element is None:
        return ""
    return next((str(value) for key, value in element.items() if str(key).rpartition("}")[2] == name), "")


def number(text: str, default: int = 0) -> int:
    """A small whole number, or `default` where the text is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else default

"""Small questions to an XML element, asked without namespaces: the variants of a format differ in them."""

from lxml import etree

__all__ = ["attribute", "local", "number"]


def local(element: etree._Element) -> str:
    """The name of an element without its namespace; "" for what is none (an entity that is not filled in)."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: etree._Element, name: str) -> str:
    """An attribute by its name without namespace; "" where the element has none."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


def number(text: str | None, default: int) -> int:
    """A whole number from 0 to 999,999,999, or the default where the text is anything else.

    >>> number("12", 1), number("-3", 1), number("9" * 5000, 1)
    (12, 1, 1)
    """
    return int(text) if text and text.isdecimal() and len(text) < 10 else default

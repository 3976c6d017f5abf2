"""Office Math -> the formula on one line, as people type it: ``(a+b)/2``, ``x^2``."""

from lxml import etree

from indexer.documents.docx.xml import child, text, value
from indexer.documents.elements import local

__all__ = ["formula"]


def formula(element: etree._Element) -> str:
    """The text of an `m:oMath` or of any part of one."""
    return "".join(_part(inner) for inner in element)


def _part(element: etree._Element) -> str:
    name = local(element)
    if name == "t":
        return text(element)
    if name == "f":
        return f"{_group(element, 'num')}/{_group(element, 'den')}"
    if name == "sSup":
        return f"{_group(element, 'e')}^{_group(element, 'sup')}"
    if name == "sSub":
        return f"{_group(element, 'e')}_{_group(element, 'sub')}"
    if name == "sSubSup":
        return f"{_group(element, 'e')}_{_group(element, 'sub')}^{_group(element, 'sup')}"
    if name == "rad":
        return f"√{_group(element, 'e')}"
    if name == "nary":
        sign = value(child(element, "naryPr", "chr"), "val") or "∫"
        return f"{sign} {_of(element, 'sub')} {_of(element, 'sup')} {_of(element, 'e')}"
    if name in ("limLow", "limUpp"):
        return f"{_of(element, 'e')}{'_' if name == 'limLow' else '^'}{_group(element, 'lim')}"
    if name == "func":
        return f"{_of(element, 'fName')} {_of(element, 'e')}"
    if name == "d":
        return f"({', '.join(formula(inner) for inner in element.iterchildren('{*}e'))})"
    if name.endswith("Pr"):
        return ""
    # Formulas side by side would otherwise run into one.
    return formula(element) + (" " if name in ("oMath", "mr") else "")


def _of(element: etree._Element, name: str) -> str:
    inner = child(element, name)
    return formula(inner) if inner is not None else ""


def _group(element: etree._Element, name: str) -> str:
    text = _of(element, name).strip()
    return text if len(text) < 2 or text.isalnum() or (text[0] == "(" and text[-1] == ")") else f"({text})"

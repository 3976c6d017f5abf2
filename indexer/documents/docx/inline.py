"""What stands inside a Word paragraph: its text, and the boxes, notes and charts that hang on it."""

from dataclasses import dataclass, field

from lxml import etree

from indexer.documents.docx.math import formula
from indexer.documents.docx.xml import child, text, value
from indexer.documents.elements import local
from indexer.documents.ooxml import reference

__all__ = ["Inline", "inline", "plain"]

# Deleted or moved text, the code of a field (its result is kept), how to pronounce, properties.
_UNREAD = frozenset(
    {"del", "moveFrom", "delText", "delInstrText", "instrText", "rt", "pPr", "rPr", "tblPr", "tcPr"}
)
_SIGNS = {"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "-"}
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes", "commentReference": "comments"}
_PRIVATE_USE = range(0xE000, 0xF900)


@dataclass(slots=True)
class Inline:
    """What was found in a paragraph, in order.

    text    with a newline for each line break.
    boxes   the `w:txbxContent` of text boxes anchored in it.
    notes   (kind of part, id) of footnotes, endnotes and comments.
    charts  relationship ids.
    """

    pieces: list[str] = field(default_factory=list)
    boxes: list[etree._Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    charts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def inline(paragraph: etree._Element) -> Inline:
    """What a `w:p` holds."""
    found = Inline()
    _collect(paragraph, found)
    return found


def plain(element: etree._Element) -> str:
    """All the text under an element, its paragraphs separated by spaces."""
    pieces: list[str] = []
    for paragraph in element.iter("{*}p"):
        found = Inline()
        _collect(paragraph, found)
        pieces.append(found.text)
    return " ".join(pieces)


def _collect(element: etree._Element, found: Inline) -> None:
    # Recursion is safe: libxml2 refuses a document that is deeper than 256 elements.
    for inner in element:
        name = local(inner)
        if name == "t":
            found.pieces.append(text(inner))
        elif name in _SIGNS:
            found.pieces.append(_SIGNS[name])
        elif name == "br":
            # A break to the next page or column falls between words as well.
            found.pieces.append("\n" if value(inner, "type") in ("", "textWrapping") else " ")
        elif name == "sym":
            found.pieces.append(_symbol(value(inner, "char")))
        elif name in _NOTES:
            found.notes.append((_NOTES[name], value(inner, "id")))
        elif name == "txbxContent":
            found.boxes.append(inner)
        elif name == "chart":
            found.charts.append(reference(inner, "id"))
        elif name in ("oMath", "oMathPara"):
            found.pieces.append(formula(inner))
        elif name == "AlternateContent":
            _collect_one(inner, found)
        elif name not in _UNREAD and not (name == "r" and _is_hidden(inner)):
            _collect(inner, found)


def _collect_one(alternatives: etree._Element, found: Inline) -> None:
    """The first alternative that holds anything; the others say the same for older programs."""
    for alternative in alternatives:
        before = len(found.pieces), len(found.boxes), len(found.charts)
        _collect(alternative, found)
        if before != (len(found.pieces), len(found.boxes), len(found.charts)):
            return


def _is_hidden(run: etree._Element) -> bool:
    hidden = child(run, "rPr", "vanish")
    return hidden is not None and value(hidden, "val") not in ("0", "false", "off")


def _symbol(code: str) -> str:
    try:
        character = int(code, 16)
    except ValueError:
        return ""
    # A symbol font's own numbering: what it shows can't be known without the font.
    return chr(character) if 0x20 < character < 0xD800 and character not in _PRIVATE_USE else " "

"""What stands at the same place on most pages of a PDF: running heads, page numbers."""

import re
from collections import Counter
from collections.abc import Sequence, Set

from indexer.documents.pdf.lines import Line

__all__ = ["furniture", "without"]

_DIGITS = re.compile(r"\d+")

# A place on the page (height in steps of 4 points, size of type), and what stands there, its numbers
# made equal.
Place = tuple[int, int]
Signature = tuple[Place, str]

# A running head names its chapter: its place is taken on most pages, each text on some of them.
_SOME = 3


def furniture(pages: Sequence[Sequence[Line]]) -> Set[Signature]:
    """What recurs at a place that is taken on more than half of the pages.

    Two pages prove nothing, so a document of fewer than three has none.
    """
    places: Counter[Place] = Counter()
    signatures: Counter[Signature] = Counter()
    for lines in pages:
        found = {_signature(line) for line in _edges(lines)}
        signatures.update(found)
        places.update({place for place, _ in found})
    return {
        signature
        for signature, count in signatures.items()
        if count >= _SOME and places[signature[0]] * 2 > len(pages)
    }


def without(lines: Sequence[Line], repeated: Set[Signature], shown: set[Signature]) -> list[Line]:
    """The lines of a page that are not `furniture`.

    What has letters stays where it stands first, and is added to `shown`: a title that is only ever
    a running head is not lost.
    """
    dropped = set()
    for line in _edges(lines) if repeated else ():
        signature = _signature(line)
        if signature in repeated and (signature in shown or not any(map(str.isalpha, line.text))):
            dropped.add(id(line))
        shown.add(signature)
    return [line for line in lines if id(line) not in dropped]


def _edges(lines: Sequence[Line]) -> list[Line]:
    """The three lowest and the three topmost lines: furniture is nowhere else."""
    ordered = sorted((line for line in lines if not line.turn), key=lambda line: line.baseline)
    return ordered[:3] + ordered[3:][-3:]


def _signature(line: Line) -> Signature:
    return (round(line.baseline / 4), round(line.size)), _DIGITS.sub("#", line.text)

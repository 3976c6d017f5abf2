"""Joining words that are broken at the end of a line: a hyphen of the word or of the typesetter?"""

import re
from collections.abc import Iterable, Sequence

from indexer.documents.pdf.lines import HYPHEN, Line
from indexer.documents.spacing import join_lines

__all__ = ["Words"]

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_LAST = re.compile(r"([^\W_]+)$")
_FIRST = re.compile(r"[^\W_]+")

# Shorter halves are syllables more often than words: "con-sider" beside a "con".
_WHOLE_WORD = 4


class Words:
    """The words of a document, as evidence for how its broken words are spelt.

    >>> words = Words([Line("mean-pooled vectors; information", 0, 1, 0, 10)])
    >>> words.text([Line("infor" + HYPHEN, 0, 1, 0, 10), Line("mation, mean" + HYPHEN, 0, 1, 0, 10),
    ...             Line("pooled", 0, 1, 0, 10)])
    'information, mean-pooled'
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        self._seen = {word.lower() for line in lines for word in _whole(line.text)}

    def text(self, lines: Sequence[Line]) -> str:
        """The lines of a paragraph on one line."""
        pieces: list[str] = []
        broken = ""
        for line in lines:
            text = self._joined(broken, line.text) if broken else line.text
            broken = text.removesuffix(HYPHEN) if text.endswith(HYPHEN) else ""
            if not broken:
                pieces.append(text)
        return join_lines([*pieces, broken])

    def _joined(self, left: str, right: str) -> str:
        end, start = _LAST.search(left), _FIRST.match(right)
        if not end or not start:
            return f"{left}-{right}"
        hyphen = start[0].istitle() or self._has_hyphen(end[0].lower(), start[0].lower())
        return left + "-" * hyphen + right

    def _has_hyphen(self, left: str, right: str) -> bool:
        if f"{left}-{right}" in self._seen or left[-1].isdigit() or right[0].isdigit():
            return True
        if left + right in self._seen:
            return False
        return min(len(left), len(right)) >= _WHOLE_WORD and left in self._seen and right in self._seen


def _whole(text: str) -> Iterable[str]:
    """The words of a line but for a half at its end; a compound counts as itself and as its parts."""
    whole = text.rsplit(" ", 1)[0] if text.endswith(HYPHEN) else text
    for word in _WORD.findall(whole):
        yield word
        if "-" in word:
            yield from word.split("-")

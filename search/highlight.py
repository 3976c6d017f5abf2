"""Where a text holds the words of a question: what the lexical arm matched, for marking.

The lexical index knows which words a passage holds, not where. So the text is cut where the index's
analyser cuts it, and each piece is asked for its words by the analyser itself: "pooling" marks "Pooled",
and Han, kana and hangul match by pairs of characters. The single characters that the index also holds are
marked only where the question has one by itself: they rank, but they don't tell.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from indexer.store.analysis import CJK_RUN, JOINED, WORDS, added, words_of

__all__ = ["matches"]

Span = tuple[int, int]


def matches(question: str, text: str) -> list[Span]:
    """The `(start, end)` spans of `text`, in code points, with words that tell why it was found.

    In order; none overlaps or touches another. Stop words of a question are never among its words, unless
    it has no others.

    >>> matches("how are the vectors pooled?", "Pooling makes one vector.")
    [(0, 7), (18, 24)]
    >>> matches("err4012", "throws ERR_4012")
    [(7, 15)]
    >>> matches("平均池化", "句向量用平均池化得到")
    [(4, 8)]
    """
    wanted = set(words_of(question, singles=False))
    pieces = (span for span in _pieces(text) if not wanted.isdisjoint(_words(text[slice(*span)])))
    # ERR_4012 asked as ERR4012 has none of its parts.
    names = (at.span() for at in JOINED.finditer(text) if not wanted.isdisjoint(_whole(at.group())))
    return _merged(iter(sorted((*pieces, *names))))


def _pieces(text: str) -> Iterator[Span]:
    """The places of the words of a text, in order of their start; those of CJK characters overlap."""
    start = 0
    for kind, run in groupby(text, _kind):
        end = start + len(list(run))
        if kind == "word":
            yield start, end
        elif kind == "cjk":
            yield from ((at, min(at + length, end)) for at in range(start, end) for length in (1, 2))
        start = end


@lru_cache(65_536)
def _kind(character: str) -> str:
    if CJK_RUN.match(character):
        return "cjk"
    # The analyser's own notion of a letter: Python's differs from it on vowel signs.
    return "word" if words_of(character) else ""


@lru_cache(65_536)
def _words(piece: str) -> frozenset[str]:
    return frozenset(words_of(piece, singles=False))


def _whole(name: str) -> frozenset[str]:
    return frozenset(WORDS.analyze(added(name, singles=False)))


def _merged(spans: Iterator[Span]) -> list[Span]:
    """Spans in order of their start, with those that touch made one."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged

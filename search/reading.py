"""How far an encoder can read a question: what the dense arm is worth for it."""

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["known_share"]

Span = tuple[int, int]


def known_share(text: str, spans: NDArray[np.int32], tokens: Sequence[int], unknown: int | None) -> float:
    """The share of a question's tokens that the encoder reads, 0..1; 1.0 where there is nothing to read.

    text     the question
    spans    `(n, 2)` int32, the code points of each token
    tokens   the n token ids, without special tokens
    unknown  the id that stands for what the vocabulary lacks; None where the model has none

    Not read are unknown tokens, and words spelled letter by letter: an English vocabulary holds the letters
    of Cyrillic, Arabic, Greek or hangul, but no words made of them. The cosines of such a question still
    stand out from their mean, but at random: only the tokens tell. Marks don't count. Han characters are
    words of their own, so that a Chinese model with one token for each reads them.

    >>> spans = np.int32([[0, 1], [1, 2], [2, 3], [4, 5], [6, 7]])
    >>> known_share("как 7 池", spans, [5, 6, 7, 8, 100], unknown=100)
    0.2
    """
    read: list[bool] = []
    for word in _words(text, spans.tolist()):
        spelled = _spelled(text, [tuple(spans[at].tolist()) for at in word])
        read += [not spelled and tokens[at] != unknown for at in word]
    return sum(read) / len(read) if read else 1.0


def _words(text: str, spans: list[list[int]]) -> Iterator[list[int]]:
    """The tokens of each word: those that touch, without marks; a Han character is a word."""
    word: list[int] = []
    end = -1
    for at, span in enumerate(spans):
        piece = text[slice(*span)]
        apart = span[0] > end or _is_han(piece) or (word and _is_han(text[slice(*spans[word[-1]])]))
        if word and apart:
            yield word
            word = []
        end = max(end, span[1])
        if any(unicodedata.category(character)[0] in "LNM" for character in piece):
            word.append(at)
        elif word:
            yield word
            word = []
    if word:
        yield word


def _spelled(text: str, spans: list[Span]) -> bool:
    """Whether most of a word's letters stand alone as tokens, which of one or two letters says nothing, or
    are even taken apart, as hangul is."""
    letters = spans[-1][1] - spans[0][0]
    alone = {start for start, end in spans if end - start == 1 and not text[start].isdigit()}
    return len(spans) > letters or (letters > 2 and 2 * len(alone) > letters)


def _is_han(piece: str) -> bool:
    return any("\u3400" <= character <= "\u9fff" or character >= "\U00020000" for character in piece)

"""Where running text may be cut: between sentences, and inside one that is too long.

Unicode's own rules, by ICU, find the sentences. They know nothing of titles, initials and numbered
references beyond a short list, and they leave a Chinese or Japanese opening quote with the sentence
before it; both are put right here. All positions are code points.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
from icu4py.breakers import BaseBreaker, CharacterBreaker, LineBreaker, SentenceBreaker
from numpy.typing import NDArray

__all__ = ["INNER_BREAKS", "sentence_ends"]

Positions = NDArray[np.intp]

# "ss=standard" adds Unicode's list of abbreviations ("Mr.", "etc."); it holds across languages that
# share the stop, and languages with their own stop are the same in every locale.
_LOCALE = "en@ss=standard"
_PARAGRAPH = "\u2029"
_SOFT_WRAPS = str.maketrans(dict.fromkeys("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))

# What ends in a full stop that ends no sentence: an initial or dotted letters (but "so am I. Then"),
# or a word that announces a name, a number or an example.
_ABBREVIATION = re.compile(
    r"(?<!\w)(?:(?!I\.)[^\W\d_]|(?:[^\W\d_]\.)+[^\W\d_]|"
    r"Dr|Drs|Prof|Mr|Mrs|Ms|Mx|St|Gen|Col|Capt|Lt|Sgt|Sen|Rep|Gov|Rev|Hon|Pres|"
    r"Figs?|figs?|Eqs?|eqs?|Secs?|Ch|Vol|vol|Nos?|Nr|Art|Tab|Refs?|Eds?|pp|cf|vs|et al|approx|ca|resp|viz)\.$"
)
_ENUMERATOR = re.compile(r"\s*[(\[]?(?:\d{1,4}|[IVXivx]{1,5})\.$")
_OPENING = "“‘「『《〈（【〔［｛〖〘〝([{"
_TAIL = 40  # no abbreviation is longer; looking no further back keeps the work linear


def sentence_ends(texts: Sequence[str]) -> list[list[int]]:
    """For each text, where its sentences end: rising code points, the last one `len(text)`.

    A line break is a soft wrap: no sentence ends there for its sake. White space between two
    sentences belongs to the first. An empty text has no ends.

    >>> sentence_ends(["Dr. No is back. Is he? Yes.", "走吧？“好。”"])
    [[16, 23, 27], [3, 7]]
    """
    # One call for all of them: ICU reads its abbreviations anew for every call (0.25 ms).
    joined = _PARAGRAPH.join(text.translate(_SOFT_WRAPS) for text in texts)
    breaks = _breaks(SentenceBreaker, joined)
    ends, at = [], 0
    for text in texts:
        first, last = np.searchsorted(breaks, (at, at + len(text)), side="right")
        ends.append(_mended(text, (breaks[first:last] - at).tolist()))
        at += len(text) + 1
    return ends


def _mended(text: str, ends: list[int]) -> list[int]:
    """`ends` of one text, without those that end no sentence."""
    kept: list[int] = []
    begin = 0
    for end in ends:
        tail = text[max(begin, end - _TAIL) : end]
        stem = tail.rstrip()
        if end < len(text) and (
            _ABBREVIATION.search(stem) or (end - begin <= _TAIL and _ENUMERATOR.fullmatch(stem))
        ):
            continue
        # An opening quote that stands straight after a stop, with no space on either side, opens
        # what follows. (German closes with the same “, but then a space comes next.)
        moved = end - (len(tail) - len(tail.rstrip(_OPENING))) if end < len(text) else end
        begin = moved if moved > begin else end
        kept.append(begin)
    if text and (not kept or kept[-1] < len(text)):
        kept.append(len(text))
    return kept


def _breaks(breaker: type[BaseBreaker], text: str) -> Positions:
    """The ends of all of ICU's segments of `text`."""
    # ICU's own positions count UTF-16 units, two for an emoji; the lengths of its segments do not.
    return np.cumsum([len(segment) for segment in breaker(text, _LOCALE)], dtype=np.intp)


def _matches(pattern: str) -> Callable[[str], Positions]:
    find = re.compile(pattern).finditer
    return lambda text: np.fromiter((match.end() for match in find(text)), np.intp)


# Where one sentence may be cut, from the best kind of place to the last resort: after a stop that
# Unicode does not trust (no capital follows), after a clause, where a line may wrap (which knows
# words and scripts), between graphemes, anywhere. Each gives rising code points, `len(text)` perhaps
# among them.
INNER_BREAKS: tuple[Callable[[str], Positions], ...] = (
    _matches(r"[.!?…؟।۔][\"'”’»)\]]*\s+|[。！？｡][”’」』）】]*"),
    _matches(r"[;:,—–،؛][\"'”’»)\]]*\s+|[、，；：—][”’」』）】]*"),
    lambda text: _breaks(LineBreaker, text),
    lambda text: _breaks(CharacterBreaker, text),
    lambda text: np.arange(1, len(text) + 1),
)

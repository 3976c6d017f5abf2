"""Arithmetic on token counts: cutting what is too long, packing what is short. Knows no document."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from indexer.sentences import INNER_BREAKS

__all__ = ["packed", "parts"]

# A stretch of this many characters counts as a token, whatever the tokeniser says: WordPiece makes one
# [UNK] of a word of a million characters and nothing of control characters.
LONGEST_TOKEN = 32


def parts(text: str, offsets: NDArray[np.int32], limit: int, size: int) -> list[tuple[int, int]]:
    """`text` whole if it has at most `limit` tokens, else its parts: the end and the tokens of each.

    offsets  `(n, 2)` int32: first and one past the last character of each token, in order.
    """
    tokens, stretches = len(offsets), len(text) // LONGEST_TOKEN
    if tokens + stretches <= limit:
        return [(len(text), max(1, tokens, stretches))]
    starts = _token_starts(offsets, len(text))
    ends = _cut(text, starts, limit, size)
    counted = np.searchsorted(starts, [0, *ends])
    return list(zip(ends, np.diff(counted).tolist(), strict=True))


def _cut(text: str, starts: NDArray[np.intp], limit: int, size: int, level: int = 0) -> list[int]:
    """Rising ends of the parts of `text`, the last `len(text)`: each part has at most `limit` tokens.

    Cut into even parts of at most `size` tokens or so, at the best kind of place there is.

    starts  where its tokens begin, rising.
    """
    if len(starts) <= limit or level == len(INNER_BREAKS):
        return [len(text)]
    places = INNER_BREAKS[level](text)
    places = places[places < len(text)]
    ends = [len(text)]
    if len(places):
        count = -(-len(starts) // min(size, limit))
        wanted = np.arange(1, count) * len(starts) / count
        ends = [*places[_nearest(np.searchsorted(starts, places), wanted)].tolist(), len(text)]
    found = []
    for begin, end in pairwise([0, *ends]):
        first, last = np.searchsorted(starts, (begin, end))
        part = _cut(text[begin:end], starts[first:last] - begin, limit, size, level + 1)
        found += [begin + at for at in part]
    return found


def _nearest(values: NDArray[np.intp], wanted: NDArray[np.float64]) -> NDArray[np.intp]:
    """The indices of those of the rising `values` that are nearest to one of `wanted`."""
    return np.unique(np.searchsorted((values[1:] + values[:-1]) / 2, wanted))


def _token_starts(offsets: NDArray[np.int32], length: int) -> NDArray[np.intp]:
    """Where the tokens of a text of `length` characters begin, no gap between them above LONGEST_TOKEN."""
    starts = offsets[:, 0].astype(np.intp)
    edges = np.concatenate([[0], starts, [length]])
    (wide,) = np.nonzero(np.diff(edges) > LONGEST_TOKEN)
    extra = [np.arange(edges[at] + LONGEST_TOKEN, edges[at + 1], LONGEST_TOKEN) for at in wide]
    return np.sort(np.concatenate([starts, *extra])) if extra else starts


def packed(weights: list[int], endings: list[float], limit: int, size: int) -> list[tuple[int, int]]:
    """The cheapest way to pack pieces in order: [first, last) of each passage.

    A passage costs the square of its relative distance from `size`, and the ending of its last piece.
    One piece alone may exceed `limit`, several together never.

    >>> packed([60, 60, 60, 60, 10], [0.1] * 5, limit=254, size=128)
    [(0, 2), (2, 5)]
    """
    total = np.concatenate([[0], np.cumsum(weights)])
    best = np.zeros(len(weights) + 1)
    before = np.zeros(len(weights) + 1, np.intp)
    lows = np.minimum(np.searchsorted(total, total[1:] - limit), np.arange(len(weights)))
    for last, (low, ending) in enumerate(zip(lows.tolist(), endings, strict=True), start=1):
        costs = best[low:last] + ((total[last] - total[low:last]) / size - 1) ** 2
        at = int(costs.argmin())
        best[last] = costs[at] + ending
        before[last] = low + at
    runs = []
    last = len(weights)
    while last:
        first = int(before[last])
        runs.append((first, last))
        last = first
    return runs[::-1]

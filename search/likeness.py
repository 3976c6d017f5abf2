"""More like this, unlike that: a question made of passages (Rocchio 1971)."""

import numpy as np
from numpy.typing import NDArray

from search.highlight import matches

__all__ = ["UNLIKE", "direction", "words_left"]

# What is unliked weighs a third of what is liked: 0.25 to 0.75 in Salton and Buckley (1990).
UNLIKE = 1 / 3


def direction(likes: NDArray[np.float32], unlike: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(dim,)` float32, unit length: the mean of the liked vectors, away from that of the unliked.

    likes   `(n, dim)` float32 unit rows, n at least 1
    unlike  `(m, dim)` float32 unit rows, m may be 0

    >>> [round(float(x), 2) for x in direction(np.float32([[1, 0]]), np.float32([[0, 1]]))]
    [0.95, -0.32]
    """
    towards = likes.mean(axis=0, dtype=np.float64)
    if len(unlike):
        towards -= UNLIKE * unlike.mean(axis=0, dtype=np.float64)
    # Unit vectors and a third of others: never zero unless the liked ones cancel each other out.
    found: NDArray[np.float32] = (towards / max(float(np.linalg.norm(towards)), 1e-12)).astype(np.float32)
    return found


def words_left(liked: str, unliked: str) -> str:
    """What is liked, without the words that the unliked has too.

    >>> words_left("pooling of tokens", "the token is masked")
    'pooling of'
    """
    kept, at = [], 0
    for start, end in matches(unliked, liked):
        kept.append(liked[at:start])
        at = end
    return " ".join(" ".join([*kept, liked[at:]]).split())

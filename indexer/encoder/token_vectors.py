"""A text's tokens in context: the vectors whose mean is the vector of the text."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["TokenVectors"]


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The n tokens of one text as the model sees them, cut at its limit.

    ids      `(n,)` int64, of the model's vocabulary.
    pieces   n strings, as the vocabulary writes them: "pool", "##ing", "[CLS]".
    offsets  `(n, 2)` int32, code points of the text; (0, 0) for a special token.
    special  `(n,)` bool: the tokens that stand for nothing in the text, which are the model's own
             ([CLS], [SEP]) and those of its prompt. They count in the mean as all others do.
    vectors  `(n, dim)` float32, of any length; their mean, at unit length, is the text's vector.
    """

    ids: NDArray[np.int64]
    pieces: tuple[str, ...]
    offsets: NDArray[np.int32]
    special: NDArray[np.bool_]
    vectors: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def text_vector(self) -> NDArray[np.float32]:
        """`(dim,)` float32, unit length: what the encoder makes of the whole text."""
        mean = self.vectors.mean(axis=0, dtype=np.float64)
        vector: NDArray[np.float32] = (mean / np.linalg.norm(mean)).astype(np.float32)
        return vector

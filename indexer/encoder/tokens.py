"""Texts -> tokens, with nothing cut that isn't meant to be cut."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

__all__ = ["Tokens"]


class Tokens:
    """A model's tokenizer, freed of the truncation and padding that its file may have baked in.

    special  how many special tokens the model puts around one text.
    """

    def __init__(self, serialised: str, max_tokens: int) -> None:
        self._whole = Tokenizer.from_str(serialised)
        self._whole.no_truncation()
        self._whole.no_padding()
        self._cut = Tokenizer.from_str(serialised)
        self._cut.no_padding()
        self._cut.enable_truncation(max_tokens)
        self._max_tokens = max_tokens
        self.special: int = self._whole.num_special_tokens_to_add(False)

    def offsets(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """For each text the (n, 2) int32 code-point offsets of its n tokens, without special tokens."""
        encodings = self._whole.encode_batch(list(texts), add_special_tokens=False)
        return [np.asarray(encoding.offsets, dtype=np.int32).reshape(-1, 2) for encoding in encodings]

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text, whole, special tokens included."""
        return [encoding.ids for encoding in self._whole.encode_batch_fast(list(texts))]

    def cut_ids(self, text: str) -> list[int]:
        """The token ids of a text, cut at the model's limit, special tokens included."""
        ids: list[int] = self._cut.encode(text).ids
        return ids

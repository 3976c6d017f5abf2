"""Texts -> tokens, with nothing cut that isn't meant to be cut."""

import json
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from indexer.encoder.token_vectors import TokenVectors

__all__ = ["Tokens"]


class Tokens:
    """A model's tokenizer, freed of the truncation and padding that its file may have baked in.

    special  how many special tokens the model puts around one text.
    unknown  the id that stands for what the vocabulary lacks; None where the model has none.
    """

    def __init__(self, serialised: str, max_tokens: int) -> None:
        self._whole = Tokenizer.from_str(serialised)
        self._whole.no_truncation()
        self._whole.no_padding()
        self._serialised, self._max_tokens = serialised, max_tokens
        self.special: int = self._whole.num_special_tokens_to_add(False)
        self.unknown: int | None = _unknown(self._whole, serialised)

    def offsets(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """For each text the (n, 2) int32 code-point offsets of its n tokens, without special tokens."""
        encodings = self._whole.encode_batch(list(texts), add_special_tokens=False)
        return [np.asarray(encoding.offsets, dtype=np.int32).reshape(-1, 2) for encoding in encodings]

    def content_ids(self, text: str) -> list[int]:
        """The token ids of a text, whole, without special tokens."""
        ids: list[int] = self._whole.encode(text, add_special_tokens=False).ids
        return ids

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text, whole, special tokens included."""
        return [encoding.ids for encoding in self._whole.encode_batch_fast(list(texts))]

    def cut_ids(self, text: str) -> list[int]:
        """The token ids of a text, cut at the model's limit, special tokens included."""
        ids: list[int] = self._cut(text).ids
        return ids

    def in_context(self, prompt: str, text: str, vectors: NDArray[np.float32]) -> TokenVectors:
        """The tokens of prompt and text together with the vectors, `(n, dim)` float32, of its `cut_ids`."""
        encoding = self._cut(prompt + text)
        offsets = np.asarray(encoding.offsets, np.int32).reshape(-1, 2) - len(prompt)
        special = np.asarray(encoding.special_tokens_mask, bool) | (offsets[:, 1] <= 0)
        offsets = np.where(special[:, None], 0, np.maximum(offsets, 0)).astype(np.int32)
        ids = np.asarray(encoding.ids, np.int64)
        return TokenVectors(ids, tuple(encoding.tokens), offsets, special, vectors)

    def _cut(self, text: str) -> Encoding:
        encoding = self._whole.encode(text)
        return encoding if len(encoding.ids) <= self._max_tokens else self._cutting.encode(text)

    @cached_property
    def _cutting(self) -> Tokenizer:
        tokenizer = Tokenizer.from_str(self._serialised)
        tokenizer.no_padding()
        tokenizer.enable_truncation(self._max_tokens)
        return tokenizer


def _unknown(tokenizer: Tokenizer, serialised: str) -> int | None:
    # WordPiece and BPE name the token, Unigram its id; the library's own attribute is not there for all.
    model = json.loads(serialised)["model"]
    if (token := model.get("unk_token")) is not None:
        found: int | None = tokenizer.token_to_id(token)
        return found
    unknown_id: int | None = model.get("unk_id")
    return unknown_id

"""BERT's forward pass over texts laid end to end: no arithmetic is spent on padding, none on a mask.

Only attention looks across tokens, so every other step runs over all tokens of a batch at once; attention
runs over texts of the same length together. The weights are the library's own.
"""

import copy
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import torch

from indexer.encoder.layers import EightBitLayer, Layer

__all__ = ["SHORT", "PackedBert", "packable"]

# Texts of fewer tokens are left to the model's precision, where others get 8-bit products: there is less to
# average. One word has a cosine of .991 in 8 bits, and what is this short is a small part of all tokens.
SHORT = 32

# Post-norm encoders with learned absolute positions, whose modules have the same names.
PACKABLE = ("bert", "roberta", "xlm-roberta")


def packable(model: Any) -> bool:
    """Whether a transformers model is one that `PackedBert` computes alike."""
    config = getattr(model, "config", None)
    if config is None or config.model_type not in PACKABLE or not hasattr(model, "encoder"):
        return False
    return config.hidden_act == "gelu" and not (config.is_decoder or config.add_cross_attention)


class PackedBert:
    """Token ids of texts -> their token vectors.

    model  a transformers model for which `packable` holds, as it is to be used: in its final precision.
    """

    def __init__(self, model: Any) -> None:
        self._embeddings = model.embeddings
        self.layers: list[Layer | EightBitLayer] = [
            Layer(layer, int(model.config.num_attention_heads)) for layer in model.encoder.layer
        ]
        self._exact: PackedBert | None = None  # where the layers are in 8 bits
        # RoBERTa counts positions from the one after the padding token's.
        self._first = 0 if model.config.model_type == "bert" else int(model.config.pad_token_id) + 1

    def __call__(self, ids: Sequence[Sequence[int]]) -> torch.Tensor:
        """`(tokens, dim)`: the vectors of all tokens, text after text, in the order given; in the model's
        precision, in float32 after a layer of 8-bit products.

        Texts of the same length should be neighbours.
        """
        if self._exact is None:
            return self._passed(ids)
        parts = groupby(ids, key=lambda row: len(row) < SHORT)
        return torch.cat(
            [(self._exact if short else self)._passed(list(part)).float() for short, part in parts]
        )

    def _passed(self, ids: Sequence[Sequence[int]]) -> torch.Tensor:
        states, runs = self.begun(ids)
        for layer in self.layers:
            states = layer(states, runs)
        return states

    def begun(self, ids: Sequence[Sequence[int]]) -> tuple[torch.Tensor, list[tuple[int, int]]]:
        """What the first layer gets: `(tokens, dim)`, and runs of texts of one length as (length, texts)."""
        lengths = [len(row) for row in ids]
        tokens = torch.tensor([[token for row in ids for token in row]])
        places = torch.cat([torch.arange(self._first, self._first + length) for length in lengths])
        states: torch.Tensor = self._embeddings(input_ids=tokens, position_ids=places[None])[0]
        return states, [(length, len(list(run))) for length, run in groupby(lengths) if length]

    @property
    def eight_bit_layers(self) -> int:
        """How many layers have products of 8-bit integers."""
        return sum(isinstance(layer, EightBitLayer) for layer in self.layers)

    def of(self, layers: Sequence[Layer | EightBitLayer]) -> "PackedBert":
        """The same with other layers, but for short texts."""
        other = copy.copy(self)
        other.layers, other._exact = list(layers), self
        return other

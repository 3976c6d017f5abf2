"""BERT's forward pass over texts laid end to end: no arithmetic is spent on padding, none on a mask.

Only attention looks across tokens, so every other step runs over all tokens of a batch at once; attention
runs over texts of the same length together. The modules and weights are the library's own.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import torch
from torch.nn import functional

__all__ = ["PackedBert", "packable"]

# Post-norm encoders with learned absolute positions, whose modules have the same names.
PACKABLE = ("bert", "roberta", "xlm-roberta")


def packable(model: Any) -> bool:
    """Whether a transformers model is one that `PackedBert` computes alike."""
    config = getattr(model, "config", None)
    if config is None or config.model_type not in PACKABLE or not hasattr(model, "encoder"):
        return False
    return not (config.is_decoder or config.add_cross_attention)


class PackedBert:
    """Token ids of texts -> their token vectors.

    model  a transformers model for which `packable` holds. Its weights are shared, but for a copy of the
           query, key and value weights, which become one matrix: one product instead of three.
    """

    def __init__(self, model: Any) -> None:
        self._embeddings = model.embeddings
        self._layers = [(layer, *_query_key_value(layer.attention.self)) for layer in model.encoder.layer]
        self._heads = int(model.config.num_attention_heads)
        self._size = int(model.config.hidden_size) // self._heads
        # RoBERTa counts positions from the one after the padding token's.
        self._first = 0 if model.config.model_type == "bert" else int(model.config.pad_token_id) + 1

    def __call__(self, ids: Sequence[Sequence[int]]) -> torch.Tensor:
        """`(tokens, dim)`: the vectors of all tokens, text after text, in the order and type given.

        Texts of the same length should be neighbours.
        """
        lengths = [len(row) for row in ids]
        tokens = torch.tensor([[token for row in ids for token in row]])
        places = torch.cat([torch.arange(self._first, self._first + length) for length in lengths])
        states = self._embeddings(input_ids=tokens, position_ids=places[None])[0]
        runs = [(length, len(list(run))) for length, run in groupby(lengths)]
        for layer, weight, bias in self._layers:
            projected = functional.linear(states, weight, bias)
            states = layer.attention.output(self._attended(projected, runs), states)
            states = layer.output(layer.intermediate(states), states)
        found: torch.Tensor = states
        return found

    def _attended(self, projected: torch.Tensor, runs: list[tuple[int, int]]) -> torch.Tensor:
        """`(tokens, 3 * dim)` queries, keys and values -> `(tokens, dim)`, for runs of (length, texts)."""
        attended = []
        for part, (length, texts) in zip(torch.split(projected, [n * k for n, k in runs]), runs, strict=True):
            query, key, value = part.view(texts, length, 3, self._heads, self._size).permute(2, 0, 3, 1, 4)
            heads = functional.scaled_dot_product_attention(query, key, value)
            attended.append(heads.transpose(1, 2).reshape(texts * length, self._heads * self._size))
        return torch.cat(attended)


def _query_key_value(attention: Any) -> tuple[torch.Tensor, torch.Tensor]:
    parts = (attention.query, attention.key, attention.value)
    with torch.no_grad():
        return torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts])

"""BERT's forward pass over texts laid end to end: no arithmetic is spent on padding, none on a mask.

Only attention looks across tokens, so every other step runs over all tokens of a batch at once; attention
runs over texts of the same length together. The weights are the library's own.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import torch

from indexer.encoder.attention import BASE_TWO, attend
from indexer.encoder.products import Product

__all__ = ["PackedBert", "packable"]

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
        self._heads = int(model.config.num_attention_heads)
        self._size = int(model.config.hidden_size) // self._heads
        self._layers = [_Layer(layer, self._heads, self._size) for layer in model.encoder.layer]
        # RoBERTa counts positions from the one after the padding token's.
        self._first = 0 if model.config.model_type == "bert" else int(model.config.pad_token_id) + 1

    def __call__(self, ids: Sequence[Sequence[int]]) -> torch.Tensor:
        """`(tokens, dim)`: the vectors of all tokens, text after text, in the order and type given.

        Texts of the same length should be neighbours.
        """
        lengths = [len(row) for row in ids]
        tokens = torch.tensor([[token for row in ids for token in row]])
        places = torch.cat([torch.arange(self._first, self._first + length) for length in lengths])
        states: torch.Tensor = self._embeddings(input_ids=tokens, position_ids=places[None])[0]
        runs = [(length, len(list(run))) for length, run in groupby(lengths) if length]
        for layer in self._layers:
            states = layer(states, runs)
        return states


class _Layer:
    """One layer, its query, key and value weights as one matrix: one product instead of three."""

    def __init__(self, layer: Any, heads: int, size: int) -> None:
        self._heads, self._size = heads, size
        self._query_key_value = _query_key_value(layer.attention.self, BASE_TWO / size**0.5)
        self._attended, self._attended_norm = (
            _product(layer.attention.output),
            layer.attention.output.LayerNorm,
        )
        self._wide = _product(layer.intermediate)
        self._narrow, self._narrow_norm = _product(layer.output), layer.output.LayerNorm

    def __call__(self, states: torch.Tensor, runs: list[tuple[int, int]]) -> torch.Tensor:
        attended = self._attention(self._query_key_value(states), runs)
        states = self._attended_norm(self._attended.plus(attended, states))
        found: torch.Tensor = self._narrow_norm(self._narrow.plus(self._wide.gelu(states), states))
        return found

    def _attention(self, projected: torch.Tensor, runs: list[tuple[int, int]]) -> torch.Tensor:
        """`(tokens, 3 * dim)` queries, keys and values -> `(tokens, dim)`, for runs of (length, texts)."""
        attended = []
        for part, (length, texts) in zip(torch.split(projected, [n * k for n, k in runs]), runs, strict=True):
            query, key, value = part.view(texts, length, 3, self._heads, self._size).permute(2, 0, 3, 1, 4)
            heads = attend(query, key, value)
            attended.append(heads.transpose(1, 2).reshape(texts * length, self._heads * self._size))
        return torch.cat(attended)


def _product(module: Any) -> Product:
    return Product(module.dense.weight, module.dense.bias)


def _query_key_value(attention: Any, scale: float) -> Product:
    parts = (attention.query, attention.key, attention.value)
    with torch.no_grad():
        weights = [part.weight.float() for part in parts]
        biases = [part.bias.float() for part in parts]
        kind = attention.query.weight.dtype
        weight = torch.cat([weights[0] * scale, *weights[1:]]).to(kind)
        return Product(weight, torch.cat([biases[0] * scale, *biases[1:]]).to(kind))

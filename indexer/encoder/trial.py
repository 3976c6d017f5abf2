"""In how many layers a model bears products of 8-bit integers, by trial on texts of several kinds."""

from collections.abc import Callable, Sequence

import torch

from indexer.encoder.layers import EightBitLayer, Layer
from indexer.encoder.packed import PackedBert

__all__ = ["LEAST_COSINE", "in_eight_bits"]

# Of the texts' vectors to those in the model's precision.
LEAST_COSINE = 0.997


def in_eight_bits(
    packed: PackedBert, ids: Sequence[Sequence[int]], vectors: Callable[[PackedBert], torch.Tensor]
) -> PackedBert:
    """The forward pass with 8-bit products in all layers, or in all but the quarter or the half that
    err most, whichever comes first with cosines of `LEAST_COSINE` at least; else as it was.

    ids      of texts from which the largest numbers of every layer are taken
    vectors  a pass -> the vectors of other texts, `(n, dim)` of unit length
    """
    pairs, errors = _layers(packed, ids)
    worst = sorted(range(len(pairs)), key=lambda at: -errors[at])
    wanted = vectors(packed)
    for exact in (0, len(pairs) // 4, len(pairs) // 2):
        kept = set(worst[:exact])
        tried = packed.of([pair[at not in kept] for at, pair in enumerate(pairs)])
        if (vectors(tried) * wanted).sum(1).min() >= LEAST_COSINE:
            return tried
    return packed


def _layers(
    packed: PackedBert, ids: Sequence[Sequence[int]]
) -> tuple[list[tuple[Layer, EightBitLayer]], list[float]]:
    """Each layer, as it is and with 8-bit products, and how far the latter is off, as a share."""
    pairs, errors = [], []
    states, runs = packed.begun(ids)
    for layer in packed.layers:
        if isinstance(layer, Layer):
            seen = layer.seen(states, runs)
            pairs.append((layer, EightBitLayer(layer, seen, runs)))
            off = pairs[-1][1](states, runs) - seen.found
            errors.append((off.norm() / seen.found.float().norm()).item())
            states = seen.found
    return pairs, errors

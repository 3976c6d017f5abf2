"""One layer of BERT over texts end to end, in the model's precision, or with products of 8-bit integers."""

from typing import Any, NamedTuple

import torch
from torch.nn import functional

from indexer.encoder.attention import BASE_TWO, attend_texts
from indexer.encoder.eight_bits import EightBitProduct, Grid, beyond, evenly, smoothed
from indexer.encoder.products import Product

__all__ = ["EightBitLayer", "Layer", "Seen"]

Runs = list[tuple[int, int]]

# The share of tokens whose largest number after GELU is to be within the bytes. First and last tokens aside:
# those have a channel of up to 62 in some layers, where all others are below 6.
WITHIN = 0.99


class Seen(NamedTuple):
    """What the products of a layer were given, `(tokens, channels)`: by its input, attention, the first norm
    and GELU; of attention the values, whose means it makes. And what the layer made of it."""

    states: torch.Tensor
    values: torch.Tensor
    between: torch.Tensor
    wide: torch.Tensor
    found: torch.Tensor


class Layer:
    """One layer, its query, key and value weights as one matrix: one product instead of three.

    layer  a layer of the transformers model
    """

    def __init__(self, layer: Any, heads: int) -> None:
        self.heads = heads
        self.query_key_value = _query_key_value(layer.attention.self, heads)
        self.attended, self.attended_norm = (
            _product(layer.attention.output),
            layer.attention.output.LayerNorm,
        )
        self.wide = _product(layer.intermediate)
        self.narrow, self.narrow_norm = _product(layer.output), layer.output.LayerNorm

    def __call__(self, states: torch.Tensor, runs: Runs) -> torch.Tensor:
        """`(tokens, dim)` -> the same in the model's precision, for runs of (length, texts)."""
        return self.seen(states, runs).found

    def seen(self, states: torch.Tensor, runs: Runs) -> Seen:
        """The same with all that was on the way."""
        states = states.to(self.query_key_value.weight.dtype)
        projected = self.query_key_value(states)
        attended = attend_texts(projected, runs, self.heads)
        between = self.attended_norm(self.attended.plus(attended, states))
        wide = self.wide.gelu(between)
        found = self.narrow_norm(self.narrow.plus(wide, between))
        return Seen(states, projected[:, -states.shape[1] :], between, wide, found)


class EightBitLayer:
    """The same with products of 8-bit integers; what is between them is float32, but for attention.

    layer  whose weights it takes
    seen   what that made of some texts, whose runs of (length, texts) are given: so far the bytes reach
    """

    def __init__(self, layer: Layer, seen: Seen, runs: Runs) -> None:
        self._heads = layer.heads
        states, values, between, wide = (part.float() for part in seen[:-1])

        def product(plain: Product, grid: Grid, given: torch.Tensor) -> EightBitProduct:
            return EightBitProduct(plain.weight, plain.bias, grid, given)

        self._query_key_value, self._out, self._up = (
            product(plain, smoothed(given, plain.weight.float()), given)
            for plain, given in (
                (layer.query_key_value, states),
                (layer.attended, values),  # attention makes means of values, which lie among them
                (layer.wide, between),
            )
        )
        highest = wide.amax(1)[_inner(runs)].quantile(WITHIN)
        self._wide_grid = evenly(highest.item(), wide.shape[1])
        self._down = product(layer.narrow, self._wide_grid, wide.clamp(max=highest))
        self._attended_norm, self._narrow_norm = _norm(layer.attended_norm), _norm(layer.narrow_norm)

    def __call__(self, states: torch.Tensor, runs: Runs) -> torch.Tensor:
        """`(tokens, dim)` -> the same in float32, for runs of (length, texts)."""
        states = states.float()
        attended = attend_texts(self._query_key_value(states), runs, self._heads).float()
        given = self._out.grid.bytes_of(attended)
        found = self._out.plus(given, states)
        if len(far := beyond(given).nonzero()[:, 0]):
            found.index_copy_(0, far, self._out.exact(attended[far]) + states[far])
        between = functional.layer_norm(found, *self._attended_norm)
        return functional.layer_norm(self._fed_forward(between), *self._narrow_norm)

    def _fed_forward(self, between: torch.Tensor) -> torch.Tensor:
        given = self._up.grid.bytes_of(between)
        wide = self._up.gelu(given, self._wide_grid)
        found = self._down.plus(wide, between)
        if len(far := (beyond(given) | (wide.amax(1) == 255)).nonzero()[:, 0]):
            exact = self._down.exact(functional.gelu(self._up.exact(between[far])))
            found.index_copy_(0, far, exact + between[far])
        return found


def _product(module: Any) -> Product:
    return Product(module.dense.weight, module.dense.bias)


def _query_key_value(attention: Any, heads: int) -> Product:
    parts = (attention.query, attention.key, attention.value)
    scale = BASE_TWO / (len(attention.query.weight) // heads) ** 0.5
    with torch.no_grad():
        weights = [part.weight.float() for part in parts]
        biases = [part.bias.float() for part in parts]
        kind = attention.query.weight.dtype
        weight = torch.cat([weights[0] * scale, *weights[1:]]).to(kind)
        return Product(weight, torch.cat([biases[0] * scale, *biases[1:]]).to(kind))


def _inner(runs: Runs) -> torch.Tensor:
    """Which tokens are neither first nor last in their text; all where there are no others."""
    places = torch.cat([torch.arange(length).repeat(texts) for length, texts in runs])
    lengths = torch.cat([torch.full((length * texts,), length) for length, texts in runs])
    inner = (places > 0) & (places < lengths - 1)
    return inner if inner.any() else ~inner


def _norm(module: Any) -> tuple[Any, ...]:
    """What `layer_norm` is called with."""
    return module.normalized_shape, module.weight.detach().float(), module.bias.detach().float(), module.eps

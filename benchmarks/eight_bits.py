"""What 8-bit matrix products would cost in accuracy: cosines to float32, of simulated quantisation.

    OMP_NUM_THREADS=1 python benchmarks/eight_bits.py ../shared/collections/scifact --passages 50

Weights get a scale for each output. What is multiplied by them gets a scale for each token, or one for all
tokens, from the largest values of other passages: the only kind that oneDNN's products take. With
smoothing (SmoothQuant, arXiv 2211.10438, a half to each side) a channel's size is moved into the weights.
Prints the smallest and the mean cosine of the passages' vectors for each choice of matrices.
"""

import argparse
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import encode
import torch
from torch.nn import functional

QKV, OUT, UP, DOWN = "query, key, value", "attention's output", "up", "down"

# What is quantised, whether by a scale for each token, whether smoothed.
TRIED = (
    ((QKV, OUT, UP, DOWN), True, False),
    ((QKV, OUT, UP, DOWN), True, True),
    ((UP, DOWN), True, False),
    ((UP, DOWN), True, True),
    ((UP,), False, False),
    ((UP,), False, True),
    ((QKV, UP), False, True),
    ((UP, DOWN), False, True),
)


class Quantised(torch.nn.Module):
    """A linear layer whose product is rounded as 8-bit numbers would be, once `how` says so."""

    def __init__(self, linear: Any, kind: str) -> None:
        super().__init__()
        self.linear, self.kind = linear, kind
        self.largest = torch.zeros(linear.in_features)  # of each channel, until `how` is set
        self.how: tuple[bool, bool] | None = None
        self.watching = True

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """`(…, out)`: the product as 8-bit integers would give it, or as it is where `how` is None."""
        if self.watching:
            self.largest = torch.maximum(self.largest, states.abs().flatten(0, -2).amax(0))
        if self.how is None:
            found: torch.Tensor = self.linear(states)
            return found
        by_token, smooth = self.how
        weight, channels = self.linear.weight, torch.ones_like(self.largest)
        if smooth:
            channels = (self.largest.clamp(min=1e-5) / weight.abs().amax(0).clamp(min=1e-5)).sqrt()
        states, weight = states / channels, weight * channels
        whole = (self.largest / channels).max()
        size = states.abs().amax(-1, keepdim=True) if by_token else whole
        return functional.linear(
            rounded(states, size), rounded(weight, weight.abs().amax(1, keepdim=True)), self.linear.bias
        )


def rounded(numbers: torch.Tensor, largest: torch.Tensor) -> torch.Tensor:
    """To 255 steps between -largest and largest."""
    step = largest / 127
    return (numbers / step).round().clamp(-127, 127) * step


def main() -> None:
    """Calibrate on some passages, compare the cosines of others by each way."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("collection", type=Path)
    words.add_argument("--passages", type=int, default=50)
    asked = words.parse_args()
    texts = list(islice(encode.split_passages(asked.collection), 2 * asked.passages))
    from indexer.encoder.bert import BertEncoder

    encoder = BertEncoder("all-MiniLM-L6-v2", device="cpu", precision="float32")
    model = encoder.float_copy()[0].auto_model
    layers = [quantised for layer in model.encoder.layer for quantised in replaced(layer)]
    ids = [encoder.tokens.cut_ids(text) for text in texts]
    measured, seen = ids[::2], ids[1::2]
    vectors(model, seen)
    for layer in layers:
        layer.watching = False
    exact = vectors(model, measured)
    for kinds, by_token, smooth in TRIED:
        for layer in layers:
            layer.how = (by_token, smooth) if layer.kind in kinds else None
        cosines = (vectors(model, measured) * exact).sum(1)
        print(
            f"{', '.join(kinds):42} scale of {'a token' if by_token else 'all    '}",
            f"{'smoothed' if smooth else '        '} min {cosines.min():.4f} mean {cosines.mean():.4f}",
            flush=True,
        )


def replaced(layer: Any) -> list[Quantised]:
    """The linear layers of one of BERT's, each put behind a `Quantised`."""
    attention = layer.attention.self
    for name in ("query", "key", "value"):
        setattr(attention, name, Quantised(getattr(attention, name), QKV))
    layer.attention.output.dense = Quantised(layer.attention.output.dense, OUT)
    layer.intermediate.dense = Quantised(layer.intermediate.dense, UP)
    layer.output.dense = Quantised(layer.output.dense, DOWN)
    return [module for module in layer.modules() if isinstance(module, Quantised)]


def vectors(model: Any, ids: Sequence[Sequence[int]]) -> torch.Tensor:
    """`(n, dim)` float32, unit rows."""
    with torch.inference_mode():
        means = [model(torch.tensor([row])).last_hidden_state[0].mean(0) for row in ids]
        return functional.normalize(torch.stack(means), dim=-1)


if __name__ == "__main__":
    main()

"""Products of 8-bit integers: on a processor with AVX512-VNNI twice as many in a second as of bfloat16.

What is multiplied becomes bytes by a grid for each channel, the same for all tokens, since oneDNN's products
know no other; the weights become bytes by a scale for each output. Channels differ by a factor of ten and
more, so a part of a channel's size is moved into its weights beforehand (SmoothQuant, arXiv 2211.10438).
A grid reaches as far as what some texts were seen to have. A token that lies beyond it is multiplied as it
is: cut off it would cost far more than all rounding.
"""

from typing import Any, NamedTuple

import torch
from torch.nn import functional

__all__ = ["EightBitProduct", "Grid", "available", "beyond", "evenly", "smoothed"]

# How much of a channel's size goes into the weights, 0 to 1; .6 to .8 differ by a tenth of the error.
SHARE = 0.7
# Room beyond the largest number seen; without it a tenth of all tokens lie beyond the grid.
ROOM = 1.15
# GELU's smallest value, at -.75.
GELU_LOWEST = -0.17


class Grid(NamedTuple):
    """What a channel's bytes, 0 to 255, stand for: center + step * (byte - 128).

    center, step  `(channels,)` float32
    """

    center: torch.Tensor
    step: torch.Tensor

    def bytes_of(self, rows: torch.Tensor) -> torch.Tensor:
        """`(n, channels)` float32 -> uint8, the nearest on the grid.

        By way of int8 and the sign bit: torch takes eight times as long for float32 to uint8.
        """
        steps = torch.addcmul(-self.center / self.step, rows, 1 / self.step)
        return steps.round_().clamp_(-128, 127).to(torch.int8).view(torch.uint8).bitwise_xor_(128)


def smoothed(seen: torch.Tensor, weight: torch.Tensor) -> Grid:
    """The grid of channels that are multiplied by `weight`, `(out, channels)`, and had the values `seen`."""
    lowest, highest = seen.aminmax(dim=0)
    reach = ((highest - lowest) / 2 * ROOM).clamp(min=1e-6)
    # Of the weights as shares of their output's largest, for each output has a scale of its own.
    sizes = (weight / weight.abs().amax(1, keepdim=True).clamp(min=1e-12)).abs().amax(0).clamp(min=1e-6)
    smoothing = reach**SHARE / sizes ** (1 - SHARE)
    return Grid((lowest + highest) / 2, smoothing * (reach / smoothing).max() / 126)


def evenly(highest: float, channels: int) -> Grid:
    """One grid for all channels of GELU's output, as oneDNN writes it: zero is one of its numbers."""
    step = (max(highest, 0.1) - GELU_LOWEST) / 254
    zero = round(-GELU_LOWEST / step)
    return Grid(torch.full((channels,), (128 - zero) * step), torch.full((channels,), step))


def beyond(rows: torch.Tensor) -> torch.Tensor:
    """`(n,)`: whether a row of bytes, `(n, channels)`, has one at an end of the grid: it may lie beyond."""
    return (rows.amin(1) == 0) | (rows.amax(1) == 255)


class EightBitProduct:
    """`rows @ weight.T + bias`, of bytes, and what comes after it.

    weight, bias  `(out, in)` and `(out,)`, in the precision that a plain product is returned in
    grid          what the bytes of `in` channels stand for
    seen          `(n, in)` float32, such rows: at their mean the rounded weights give what the exact ones do
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, grid: Grid, seen: torch.Tensor) -> None:
        self.grid, self._plain = grid, (weight, bias)
        weight, bias = weight.float(), bias.float()
        weighed = weight * grid.step
        self._scales = weighed.abs().amax(1).clamp(min=1e-12) / 127
        rounded = (weighed / self._scales[:, None]).round().to(torch.int8)
        self._weight = torch.ops.onednn.qlinear_prepack(rounded, None)
        self._zeros = torch.zeros(len(rounded), dtype=torch.int8)
        mean = seen.mean(0)
        usual = (mean - grid.center) / grid.step
        self._bias = bias + weight @ mean - (rounded * self._scales[:, None]) @ usual

    def exact(self, rows: torch.Tensor) -> torch.Tensor:
        """`(n, in)` -> `(n, out)`, both float32 numbers, for a few rows.

        In bfloat16 each number of rows would have kernels of its own, which take longer to make than to run.
        """
        weight, bias = self._plain
        return functional.linear(rows, weight.float(), bias.float())

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """`(n, in)` float32 -> `(n, out)` in the precision of the weights."""
        given = self.grid.bytes_of(rows)
        found = self._made(given, 1.0, 0, self._plain[0].dtype, "none")
        if len(far := beyond(given).nonzero()[:, 0]):
            found.index_copy_(0, far, self.exact(rows[far]).to(found.dtype))
        return found

    def gelu(self, rows: torch.Tensor, grid: Grid) -> torch.Tensor:
        """Bytes -> bytes under the exact GELU, of a grid that `evenly` made."""
        step = grid.step[0].item()
        return self._made(rows, step, 128 - round(grid.center[0].item() / step), torch.uint8, "gelu")

    def plus(self, rows: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        """Bytes -> the product and `other`, `(n, out)` float32, added."""
        after: tuple[Any, ...] = (1.0, 0, torch.float32, 1.0, 0, "add", 1.0, "none", [], "")
        found: torch.Tensor = torch.ops.onednn.qlinear_pointwise.binary(
            *self._multiplied(rows), other, self._bias, *after
        )
        return found

    def _made(
        self, rows: torch.Tensor, step: float, zero: int, kind: torch.dtype, after: str
    ) -> torch.Tensor:
        found: torch.Tensor = torch.ops.onednn.qlinear_pointwise(
            *self._multiplied(rows), self._bias, step, zero, kind, after, [], "none"
        )
        return found

    def _multiplied(self, rows: torch.Tensor) -> tuple[Any, ...]:
        return rows, 1.0, 128, self._weight, self._scales, self._zeros


def available() -> bool:
    """Whether torch has the operators, and the processor AVX512-VNNI.

    An older one would add two products of bytes in 16 bits, which overflow.
    """
    there = all(hasattr(torch.ops.onednn, name) for name in ("qlinear_prepack", "qlinear_pointwise"))
    return there and hasattr(torch.cpu, "_is_vnni_supported") and bool(torch.cpu._is_vnni_supported())

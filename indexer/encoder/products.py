"""Products of many rows with one weight matrix, which is where most of the encoder's time goes."""

from typing import Any

import torch
from torch.nn import functional

__all__ = ["Product"]

# The rows that oneDNN arranges a matrix for; more or fewer are no slower in what was measured.
ROWS = 4096


class Product:
    """`rows @ weight.T + bias`, and what comes after it.

    weight, bias  `(out, in)` and `(out,)`, in the precision to compute in

    In bfloat16 on a processor that has it, oneDNN gets the matrix arranged once beforehand and does what
    comes after while the result is in cache: 9% less time for a whole forward pass. The operators are those
    that `torch.compile` calls, without the C++ compiler that it needs. torch doesn't document them, so where
    one is missing, as in any other precision, the public functions do the same.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        self.weight, self.bias = weight.detach(), bias.detach()
        self._arranged: Any = None
        if weight.dtype == torch.bfloat16 and weight.device.type == "cpu" and _operators_there():
            self._arranged = torch.ops.mkldnn._reorder_linear_weight(self.weight, ROWS)

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """`(n, in)` -> `(n, out)`."""
        if self._arranged is None:
            return functional.linear(rows, self.weight, self.bias)
        return self._fused(rows, "none")

    def gelu(self, rows: torch.Tensor) -> torch.Tensor:
        """The same under the exact GELU."""
        if self._arranged is None:
            return functional.gelu(self(rows))
        return self._fused(rows, "gelu")

    def plus(self, rows: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        """The same and `other`, `(n, out)`, added."""
        if self._arranged is None:
            return self(rows) + other
        found: torch.Tensor = torch.ops.mkldnn._linear_pointwise.binary(
            rows, other, self._arranged, self.bias, "add"
        )
        return found

    def _fused(self, rows: torch.Tensor, after: str) -> torch.Tensor:
        found: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            rows, self._arranged, self.bias, after, [], "none" if after == "gelu" else ""
        )
        return found


def _operators_there() -> bool:
    """Whether torch has the operators, and the processor bfloat16."""
    names = ("_reorder_linear_weight", "_linear_pointwise", "_is_mkldnn_bf16_supported")
    there = all(hasattr(torch.ops.mkldnn, name) for name in names)
    return there and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())

"""Where a model runs, and in which precision."""

import torch

from indexer.errors import UsageError

__all__ = ["best_device", "best_precision", "out_of_memory", "require_device"]


def best_device() -> str:
    """ "cuda" or "mps" where torch sees one, else "cpu"."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def require_device(device: str) -> str:
    """The device, if torch has it. Raises UsageError otherwise."""
    name, _, number = device.partition(":")
    counts = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if name not in counts or (number and not number.isdecimal()):
        raise UsageError(f"{device} is no device; give auto, cpu, cuda, cuda:1 or mps")
    if int(number or 0) >= counts[name]:
        raise UsageError(
            f"there is no device {device}: torch sees {counts[name]} of {name}; give auto or cpu"
        )
    return device


def best_precision(device: str) -> str:
    """bfloat16 where the device computes it natively; float16 on other GPUs; else float32.

    A processor without AVX512-BF16 or AMX emulates bfloat16, several times slower than float32.
    """
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    if device == "mps":
        return "float16"
    return "bfloat16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "float32"


def out_of_memory(error: RuntimeError) -> bool:
    """torch has a class for CUDA's; a processor and MPS only say so."""
    words = str(error)
    said = "out of memory" in words or "not enough memory" in words or "can't allocate memory" in words
    return isinstance(error, torch.OutOfMemoryError) or said

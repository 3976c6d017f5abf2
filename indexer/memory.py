"""Free memory, given back to the system.

glibc keeps what is freed between blocks that are still in use, and tensors of many sizes leave much of that:
over 110,000 passages of documentation the process grew from 1.4 GB to 2.6 GB; giving back once, at 2.26 GB of
its own, left 1.28. Other C libraries do so by themselves.
"""

import ctypes
import sys

__all__ = ["give_back"]


def give_back() -> None:
    """Give free memory of the C library back to the system, where the library is glibc: some milliseconds."""
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    if trim is not None:
        trim(0)

import subprocess
import sys
from ctypes.util import find_library

import pytest

# 200 MB in blocks that the heap holds, of which every 100th stays: what is free can't shrink the heap.
HELD = """
import ctypes
from indexer.memory import give_back

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

blocks = [libc.malloc(50_000) for _ in range(4_000)]
for block in blocks:
    ctypes.memset(block, 1, 50_000)
full = resident()
for at, block in enumerate(blocks):
    if at % 100 != 99:
        libc.free(block)
kept = full - resident()
give_back()
print(kept, full - resident())
"""


@pytest.mark.skipif(
    sys.platform != "linux" or find_library("c") != "libc.so.6", reason="memory is given back on glibc alone"
)
def test_gives_back_what_lies_between_blocks_in_use() -> None:
    done = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, check=True)
    kept, given_back = map(int, done.stdout.split())
    assert kept < 50_000_000
    assert given_back > 150_000_000

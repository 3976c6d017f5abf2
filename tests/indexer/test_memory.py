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


# A text of each length from 2 to 201 tokens: 1,200 kernels.
LENGTHS = """
from indexer.encoder import load_encoder
from indexer.memory import give_back

def resident():
    give_back()
    return int(open("/proc/self/statm").read().split()[1]) * 4096

encoder = load_encoder(devices=["cpu"])
encoder.batch_vectors([[1000] * 150], "")
before = resident()
for length in range(2, 202):
    encoder.batch_vectors([[1000] * length], "")
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc")
def test_kernels_of_many_lengths_do_not_stay() -> None:
    """Without the cap on what torch and oneDNN keep this was 540 MB, with it 41."""
    done = subprocess.run([sys.executable, "-c", LENGTHS], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 150_000_000

"""One question against a flat segment, by FAISS's own number of threads and by one, on idle and busy cores.

    python benchmarks/one_thread.py

Prints the median and the longest wall time, and the CPU time, of a search for 100 of 10,000 vectors.
"""

import multiprocessing
import os
import time
from statistics import median

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.store.vectors import build_segment

ROUNDS = 50


def main() -> None:
    """Time one question by one thread and by FAISS's own number, in turn."""
    vectors = np.random.default_rng(0).standard_normal((10_000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = build_segment(np.arange(len(vectors)), vectors)._index
    many = faiss.omp_get_max_threads()
    for busy in (0, os.cpu_count() or 1):
        others = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(busy)]
        for other in others:
            other.start()
        for threads in (many, 1, many, 1):
            faiss.omp_set_num_threads(threads)
            wall, cpu = _timed(index, vectors[:1])
            print(
                f"{busy} busy processes, {threads} threads: "
                f"median {median(wall):.2f} ms, longest {max(wall):.1f}, CPU {median(cpu):.2f}"
            )
        for other in others:
            other.kill()


def _timed(index: faiss.Index, question: NDArray[np.float32]) -> tuple[list[float], list[float]]:
    wall, cpu = [], []
    for _ in range(ROUNDS):
        began, used = time.perf_counter(), time.process_time()
        index.search(question, 100)
        wall.append(1e3 * (time.perf_counter() - began))
        cpu.append(1e3 * (time.process_time() - used))
    return wall, cpu


def _spin() -> None:
    while True:
        pass


if __name__ == "__main__":
    main()

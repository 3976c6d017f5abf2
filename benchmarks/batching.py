"""What encoding the questions that wait together could save, against what a whole question costs.

    python benchmarks/batching.py INDEX

A batch of n questions without padding is as many tokens as one text n times as long, so that is timed: by the
index's own encoder for questions, on one thread. CPU milliseconds, medians.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.load import questions_of
from indexer.encoder.question import INPUT, MODEL_FILE, VECTOR
from indexer.store import Reader
from search import Searcher

TOKENS = 12  # of a question of eight words
ROUNDS = 60


def main(index: Path) -> None:
    """Time a question, and encoding it alone and in batches."""
    files = Reader(index).questions()
    if isinstance(files, str):
        sys.exit(f"the index has no encoder for questions: {files}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(files / MODEL_FILE), options, providers=["CPUExecutionProvider"]
    )
    random = np.random.default_rng(0)

    def encode(questions: int) -> None:
        session.run([VECTOR], {INPUT: random.integers(1_000, 20_000, (1, TOKENS * questions))})

    searcher, waiting = Searcher(index), iter(questions_of(index))
    whole = cpu(lambda: searcher.query(next(waiting), 10))
    print(f"a question, encoded and answered: {whole:.1f} ms")
    alone = cpu(lambda: encode(1))
    print(f"encoding alone: {alone:.1f} ms")
    for size in (2, 4, 8, 16):
        each = cpu(lambda size=size: encode(size)) / size
        print(f"in a batch of {size}: {each:.1f} ms each, {(alone - each) / whole:.0%} of a question saved")


def cpu(work: Callable[[], object]) -> float:
    """The median of ROUNDS, milliseconds, after some to warm up."""
    spent = []
    for _ in range(ROUNDS + 5):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return 1000 * statistics.median(spent[5:])


if __name__ == "__main__":
    main(Path(sys.argv[1]))

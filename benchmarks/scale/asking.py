"""An index of AT asked in a process of its own: times, agreement with NumPy, memory. Prints JSON.

The encoder is the index's own. It is loaded, and has encoded every question, before anything is timed; what
that takes is told apart.
"""

import json
import sys
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from indexer.encoder import EncoderIdentity, TokenVectors, load_question_encoder
from indexer.store import Reader
from search import Searcher
from search.asked import Asked

__all__ = ["Known", "memory", "percentiles"]

K = 10

Taken = tuple[float, float]  # seconds by the clock, and of the processor


class Known:
    """The encoder of an index that knows some questions beforehand.

    seconds  what each of them took
    """

    def __init__(self, index: Path, questions: list[str]) -> None:
        reader = Reader(index)
        encoder = load_question_encoder(Path(reader.questions()), EncoderIdentity(**reader.encoder))
        reader.close()
        self.identity, self.tokens = encoder.identity, encoder.tokens
        self.passage_tokens = encoder.passage_tokens
        self._known: dict[str, TokenVectors] = {}
        self.seconds: list[float] = []
        for question in questions:
            began = time.perf_counter()
            self._known[question] = encoder.question_tokens(question)
            self.seconds.append(time.perf_counter() - began)

    def question_tokens(self, question: str) -> TokenVectors:
        """Of a question that is known."""
        return self._known[question]

    def encode_question(self, question: str) -> Any:
        """Its vector."""
        return self._known[question].text_vector


def ask(index: Path, asked: Any) -> dict[str, Any]:
    """All figures of one index."""
    questions, vectors, nearest = asked["questions"].tolist(), asked["vectors"], asked["nearest"]
    encoder = Known(index, questions)
    before = memory()
    searcher, opened = timed(lambda: Searcher(index, encoder=encoder))
    _, first = timed(lambda: searcher.query(Asked.plain(questions[-1]), K))
    found, dense = searched(searcher, vectors)
    by_vectors = memory()
    hybrid = [timed(lambda at=at: searcher.query(Asked.plain(at), K))[1] for at in questions]
    after = memory()
    dense_rate = rate(lambda at: searched(searcher, vectors[at : at + 1]), len(vectors))
    rates = dense_rate, rate(lambda at: searcher.query(Asked.plain(questions[at]), K), len(questions))
    info = searcher.info()
    # Passages were given their ids in order, from 1.
    shared = [len(set(ids) & set(rows + 1)) / K for ids, rows in zip(found, nearest, strict=True)]
    return {
        "passages": info.passages,
        "questions": len(questions),
        "open and first answer s": opened[0] + first[0],
        "of the processor s": opened[1] + first[1],
        "vectors": percentiles(dense),
        "overlap@10": float(np.mean(shared)),
        "hybrid": percentiles(hybrid),
        "encoder p50 ms": median(encoder.seconds) * 1e3,
        "two threads, vectors/s": rates[0],
        "two threads, hybrid/s": rates[1],
        "memory MB, before opening": before,
        "memory MB, after the vectors": by_vectors,
        "memory MB": after,
        "bytes a passage": {part: size / info.passages for part, size in info.bytes.items()},
        "segments": info.segments,
        "certificate": None if info.certificate is None else str(info.certificate),
    }


def searched(searcher: Searcher, vectors: Any) -> tuple[list[list[int]], list[Taken]]:
    """The passages nearest to each vector, and what each search took."""
    found, every = [], []
    with searcher.view() as view:
        for vector in vectors:
            ids, taken = timed(lambda vector=vector: view.dense(vector, K).ids)
            every.append(taken)
            found.append(ids.tolist())
    return found, every


def timed(work: Any) -> tuple[Any, Taken]:
    """What work gives, and its seconds by the clock and of the processor."""
    began, used = time.perf_counter(), time.process_time()
    found = work()
    return found, (time.perf_counter() - began, time.process_time() - used)


def rate(work: Any, count: int, threads: int = 2) -> float:
    """Calls a second of `work(number)` by so many threads."""

    def run(first: int) -> None:
        for at in range(first, count, threads):
            work(at)

    running = [threading.Thread(target=run, args=(first,)) for first in range(threads)]
    began = time.perf_counter()
    for each in running:
        each.start()
    for each in running:
        each.join()
    return count / (time.perf_counter() - began)


def percentiles(every: list[Taken]) -> dict[str, float]:
    """In milliseconds; by the processor too, for other work on the machine makes the clock run on."""
    (p50, cpu50), (p99, cpu99) = np.percentile(np.array(every) * 1e3, [50, 99], axis=0).tolist()
    return {"p50 ms": p50, "p99 ms": p99, "CPU p50 ms": cpu50, "CPU p99 ms": cpu99}


def memory() -> dict[str, float]:
    """Of this process (Linux): all that is resident, and what is its own, not a file's."""
    status = Path("/proc/self/status").read_text()
    kinds = {"resident": "VmRSS", "own": "RssAnon"}
    return {name: int(status.split(f"{kind}:")[1].split()[0]) / 1024 for name, kind in kinds.items()}


if __name__ == "__main__":
    at = Path(sys.argv[1])
    print(json.dumps(ask(at / "index", np.load(at / "asked.npz"))))

"""An index that changes while it is asked: 1,000 passages appended, 30% deleted, compacted.

Works on a copy. Two readers, processes of their own, ask all the while; a question that raises, or finds
fewer than it should, is counted.
"""

import random
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from indexer.asking import ask_about
from indexer.store import Changes, Reader, Writer

from asking import K  # isort: skip
from building import changes, question_encoder  # isort: skip
from corpus import Corpus, exact  # isort: skip

__all__ = ["live"]

READER = Path(__file__).with_name("reading.py")
DELETED = 0.3


def live(corpus: Corpus, size: int, at: Path, *, deleting: bool) -> dict[str, Any]:
    """Figures of what is appended and, if `deleting`, of the rest, and how the readers fared."""
    copy = at / "living"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(at / "index", copy)
    stop = at / "stop"
    stop.unlink(missing_ok=True)
    command = [sys.executable, str(READER), str(copy), str(at / "asked.npz"), str(stop)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        found: dict[str, Any] = dict(appended(corpus, size, copy))
        if deleting:
            found |= deleted(at, size, copy)
    finally:
        stop.touch()
    counts = [list(map(int, reader.communicate()[0].split())) for reader in readers]
    asked, failed = map(sum, zip(*counts, strict=True))
    shutil.rmtree(copy)
    return {**found, "questions beside it": asked, "failed": failed}


def appended(corpus: Corpus, size: int, index: Path) -> dict[str, float]:
    """Seconds from opening a writer until an open searcher finds one of 1,000 new passages."""
    documents = list(corpus.documents(size, size + 1_000))
    vector = documents[0].vectors[0].astype(np.float32)
    reader = Reader(index)
    with reader.view() as view:
        view.dense(vector, K)
    began, used = time.perf_counter(), time.process_time()
    with Writer(index, reader.encoder) as writer:
        opened = time.perf_counter()
        writer.commit(changes(documents))
        with reader.view() as view:
            if (first := view.dense(vector, 1).ids[0]) <= size:
                raise SystemExit(f"the appended passage is not found, but {first}")
        seen, spent = time.perf_counter(), time.process_time()
    reader.close()
    return {
        "append 1,000 s": seen - began,
        "of it, opening the writer s": opened - began,
        "of the processor s": spent - used,
    }


def deleted(at: Path, size: int, index: Path) -> dict[str, Any]:
    """Delete documents with 30% of the passages, compact, and hold what is left against NumPy."""
    reader = Reader(index)
    with reader.view() as view:
        every = view.documents(0, -1)
    random.Random(3).shuffle(every)
    gone, count = [], 0
    for row in every:
        if count >= DELETED * size:
            break
        gone.append(row.id)
        count += row.passages
    began = time.perf_counter()
    with Writer(index, reader.encoder) as writer:
        for begin in range(0, len(gone), 1_000):
            writer.commit(Changes(removed=tuple(gone[begin : begin + 1_000])))
        removed = time.perf_counter()
        writer.compact(every=True)
        compacted = time.perf_counter()
        writer.certify(partial(ask_about, question_encoder(index)))
        certified = time.perf_counter()
    found = {"delete 30% s": removed - began, "compaction s": compacted - removed}
    found |= {"certificate renewed s": certified - compacted}
    return {**found, **agreement(at, reader)}


def agreement(at: Path, reader: Reader) -> dict[str, Any]:
    """knn overlap@10 with NumPy over what is left."""
    asked = np.load(at / "asked.npz")["vectors"]
    with reader.view() as view:
        ids = view.ids(None)
        blocks = [ids[begin : begin + 20_000] for begin in range(0, len(ids), 20_000)]
        vectors = np.concatenate([view.vectors(block).astype(np.float16) for block in blocks])
        nearest = ids[exact(vectors, asked)]
        found = [view.dense(vector, K).ids for vector in asked]
    shared = [len(np.intersect1d(one, other)) / K for one, other in zip(found, nearest, strict=True)]
    info = reader.info()
    certificate = None if info.certificate is None else str(info.certificate)
    return {"overlap@10 afterwards": float(np.mean(shared)), "certificate afterwards": certificate}

"""One peer, on the vectors of AT: built, or opened anew and asked. Runs in the peers' own environment.

    PYTHON peers.py build|ask NAME AT FOLDER

Prints JSON. Each is set as its documentation says, and its effort for a search is the least of a ladder with
which the first half of the questions agrees with NumPy by .99; the agreement told is that of the second half.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

os.environ |= {"LANCE_LOG": "error", "ALLOW_RESOLVE_TRANSFORM": "True"}

K, TARGET = 10, 0.99
EFFORTS = (10, 16, 32, 64, 128, 256, 512, 1024)


class Hnswlib:
    """M 16, ef_construction 200: its README's values. float32."""

    def __init__(self, folder, dimension):
        import hnswlib

        self.file = str(folder / "hnswlib.bin")
        self.index = hnswlib.Index("ip", dimension)

    def build(self, vectors):
        self.index.init_index(len(vectors), M=16, ef_construction=200)
        self.index.add_items(vectors, np.arange(len(vectors)))
        self.index.save_index(self.file)

    def open(self):
        self.index.load_index(self.file)
        self.index.set_num_threads(1)

    def effort(self, value):
        self.index.set_ef(max(K, value))

    def search(self, vector):
        return self.index.knn_query(vector[None], K)[0][0]


class Usearch:
    """Its defaults, float16; opened by memory map."""

    def __init__(self, folder, dimension):
        from usearch.index import Index

        self.file = folder / "usearch.bin"
        self.index = Index(ndim=dimension, metric="ip", dtype="f16")

    def build(self, vectors):
        self.index.add(np.arange(len(vectors)), vectors)
        self.index.save(self.file)

    def open(self):
        self.index.view(self.file)

    def effort(self, value):
        self.index.expansion_search = value

    def search(self, vector):
        return self.index.search(vector, K, threads=1).keys


class Lancedb:
    """IVF with RaBitQ codes, its defaults, and re-scored from the vectors: ten times as many candidates."""

    def __init__(self, folder, _dimension):
        import lancedb

        self.data = lancedb.connect(folder / "lancedb")

    def build(self, vectors):
        import pyarrow as pa

        values = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
        rows = pa.table({"id": pa.array(np.arange(len(vectors))), "vector": values})
        table = self.data.create_table("passages", rows)
        table.create_index(metric="dot", index_type="IVF_RQ")

    def open(self):
        self.table = self.data.open_table("passages")

    def effort(self, value):
        self.probes = value

    def search(self, vector):
        asked = self.table.search(vector).distance_type("dot").limit(K).select(["id"])
        return np.array([row["id"] for row in asked.nprobes(self.probes).refine_factor(10).to_list()])


class Txtai:
    """Its defaults: FAISS IVF over float32; vectors alone, no words, no texts."""

    def __init__(self, folder, _dimension):
        self.file = folder / "txtai"

    def embeddings(self):
        from txtai import Embeddings

        return Embeddings(method="external", transform="peers.ready")

    def build(self, vectors):
        made = self.embeddings()
        made.index((at, vector, None) for at, vector in enumerate(vectors))
        made.save(str(self.file))

    def open(self):
        self.index = self.embeddings()
        self.index.load(str(self.file))

    def effort(self, value):
        import faiss

        faiss.omp_set_num_threads(1)
        self.index.ann.config["faiss"] = {"nprobe": value}

    def search(self, vector):
        return np.array([at for at, _ in self.index.search(vector, K)])


def ready(vectors):
    """What txtai "transforms" is a vector already."""
    return np.array(vectors, np.float32)


PEERS = {peer.__name__.lower(): peer for peer in (Hnswlib, Usearch, Lancedb, Txtai)}


def built(peer, at):
    """How long it took, and what stands on disk."""
    vectors = np.load(at / "vectors.npy").astype(np.float32)
    began, used = time.perf_counter(), time.process_time()
    peer.build(vectors)
    return {"build s": time.perf_counter() - began, "build CPU s": time.process_time() - used}


def asked(peer, at):
    """Times, agreement and memory of a process that has opened it."""
    found = np.load(at / "asked.npz")
    vectors, nearest = found["vectors"], found["nearest"]
    peer.open()
    half = len(vectors) // 2
    for effort in EFFORTS:
        peer.effort(effort)
        if agreement(peer, vectors[:half], nearest[:half])[0] >= TARGET:
            break
    overlap, taken = agreement(peer, vectors[half:], nearest[half:])
    (p50, cpu50), (p99, cpu99) = np.percentile(np.array(taken) * 1e3, [50, 99], axis=0).tolist()
    times = {"p50 ms": p50, "p99 ms": p99, "CPU p50 ms": cpu50, "CPU p99 ms": cpu99}
    return {"effort": effort, "overlap@10": overlap, "vectors": times, "memory MB": memory()}


def agreement(peer, vectors, nearest):
    """Share of the ten nearest found; seconds of each search by the clock and of the processor."""
    shared, taken = [], []
    for vector, rows in zip(vectors, nearest, strict=True):
        began, used = time.perf_counter(), time.process_time()
        ids = peer.search(vector)
        taken.append((time.perf_counter() - began, time.process_time() - used))
        shared.append(len(set(np.asarray(ids).tolist()) & set(rows.tolist())) / K)
    return float(np.mean(shared)), taken


def memory():
    """Of this process, in MB (Linux)."""
    status = Path("/proc/self/status").read_text()
    kinds = {"resident": "VmRSS", "own": "RssAnon"}
    return {name: int(status.split(f"{kind}:")[1].split()[0]) / 1024 for name, kind in kinds.items()}


if __name__ == "__main__":
    _, what, name, at, folder = sys.argv
    at, folder = Path(at), Path(folder)
    peer = PEERS[name](folder, np.load(at / "vectors.npy", mmap_mode="r").shape[1])
    found = {"build": built, "ask": asked}[what](peer, at)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(json.dumps({**found, "bytes a passage": size / len(np.load(at / "vectors.npy", mmap_mode="r"))}))

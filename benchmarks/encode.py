"""How fast passages become an index, beside two peers: CPU seconds, ratios, accuracy, memory.

    python benchmarks/encode.py ../shared/collections/scifact --passages 5000 --peers PEERS/bin/python

The collection is any folder in BEIR layout; its documents are split as `bertrieve index` splits them.
Every contender runs in a process of its own, in turn, a slice of the passages each time, with the model
loaded before the clock starts:

    index    bertrieve: text -> a whole index (vectors, words, rows), committed
    encode   bertrieve: text -> vectors
    st       sentence-transformers' `encode` as it comes: text -> vectors
    txtai    a hybrid index with content: text -> a whole index
    limit    the matrix products of the same tokens in bfloat16 (or the precision there is), nothing else

The peers need an environment of their own, which PEERS names:

    python -m venv PEERS && PEERS/bin/pip install "txtai==9.14.*" sentence-transformers torch==2.13.0

OMP_NUM_THREADS=1 makes CPU seconds comparable on a machine that others use too.

    python benchmarks/encode.py ../shared/collections/scifact --passages 100000 --flat

makes one index of so many passages (the collection's again and again, each time numbered, where it has
fewer) and compares the first tenth with the last: throughput and memory must not depend on what is there.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

OURS, THEIRS = ("index", "encode", "limit"), ("st", "txtai")


def main() -> None:
    """Split the collection, measure each contender in turn, report."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("collection", type=Path)
    words.add_argument("--passages", type=int, default=5000)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--peers", help="a Python that has sentence-transformers and txtai")
    words.add_argument("--flat", action="store_true", help="one long run of ours, first tenth and last")
    asked = words.parse_args()
    passages = list(islice(numbered(list(split_passages(asked.collection))), asked.passages))
    with tempfile.TemporaryDirectory(prefix="bertrieve-encode-") as scratch:
        if asked.flat:
            flat(passages, scratch)
            return
        rounds = []
        for at in range(asked.rounds):
            write(passages[at :: asked.rounds], scratch)
            names = [*OURS, *(THEIRS if asked.peers else ())]
            rounds.append({name: measured(name, asked.peers, scratch) for name in names})
            seconds = {name: round(found["cpu"], 1) for name, found in rounds[-1].items()}
            print(f"round {at + 1} of {asked.rounds}, CPU s: {seconds}", flush=True)
        report(rounds, len(passages))


def numbered(passages: list[str]) -> Iterator[str]:
    """The passages, then the same again under numbers, without end."""
    yield from passages
    for again in count(1):
        yield from (f"{again} {passage}" for passage in passages)


def flat(passages: list[str], scratch: str) -> None:
    """Compare the first and the last tenth of one run."""
    write(passages, scratch)
    found = measured("index", None, scratch)
    first, last = found["tenths"]
    print(f"{len(passages):,} passages: {found['cpu']:,.0f} CPU s, peak {found['peak']:,.0f} MB")
    print(f"first tenth {first:,.0f} passages per CPU s, last tenth {last:,.0f}: {last / first:.2f}")


def split_passages(collection: Path) -> Iterator[str]:
    """What would be embedded of a collection, title and text, without duplicates."""
    from indexer.documents import Document
    from indexer.documents.text import paragraphs
    from indexer.encoder import load_encoder
    from indexer.passages import split
    from search.evaluation import load_collection

    encoder, seen = load_encoder(), set()
    for entry in load_collection(collection).entries:
        document = Document(entry.text, tuple(paragraphs(entry.text)), title=entry.title.strip())
        for passage in split(document, encoder.tokens, budget=encoder.identity.max_tokens):
            text = passage.prefix + passage.text
            if text not in seen:
                seen.add(text)
                yield text


def measured(name: str, peers: str | None, scratch: str) -> dict[str, Any]:
    """What one contender needs for the passages in `scratch`, in a process of its own."""
    from indexer.encoder.models import DEFAULT_MODEL, model_folder

    python = peers if name in THEIRS and peers else sys.executable
    command = [python, __file__, "--run", name, scratch, str(model_folder(DEFAULT_MODEL))]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    if name in ("encode", "st"):
        found["vectors"] = np.load(Path(scratch) / f"{name}.npy")
    return found


def report(rounds: list[dict[str, Any]], passages: int) -> None:
    """Print CPU seconds, ratios and the smallest cosine of all rounds."""
    cpu = {name: np.array([at[name]["cpu"] for at in rounds]) for name in rounds[0]}
    tokens = sum(at["encode"]["tokens"] for at in rounds)
    print(f"\n{passages:,} passages of {tokens / passages:.0f} tokens, {rounds[0]['encode']['about']}\n")
    for name, seconds in cpu.items():
        print(
            f"{name:7} {1000 * seconds.sum() / passages:7.1f} CPU s per 1,000 passages",
            f"{tokens / seconds.sum():8,.0f} tokens per CPU s, peak {rounds[-1][name]['peak']:,.0f} MB",
        )
    print(f"\nencode: {(cpu['limit'] / cpu['encode']).mean():.0%} of the matrix-product limit")
    if "st" in cpu:
        cosines = [(at["encode"]["vectors"] * at["st"]["vectors"]).sum(axis=1).min() for at in rounds]
        print(f"encode: smallest cosine to sentence-transformers in float32: {min(cosines):.5f}")
        for ours, peer in (("index", "txtai"), ("index", "st"), ("encode", "st")):
            ratios = cpu[peer] / cpu[ours]
            spread = f"{np.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
            print(f"{ours} is {spread} times as fast as {peer}")


def run(name: str, scratch: Path, model: str) -> None:
    """The body of a contender's process: its figures as one line of JSON."""
    job = {"index": index, "encode": encode, "limit": limit, "st": peer_encode, "txtai": peer_index}[name]
    go = job(scratch, model)
    began = time.process_time()
    found = go()
    found["cpu"] = time.process_time() - began
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def write(passages: list[str], scratch: str) -> None:
    """Leave the passages for a contender, a line each."""
    (Path(scratch) / "passages.jsonl").write_text("".join(json.dumps(text) + "\n" for text in passages))


def texts_of(scratch: Path) -> Iterator[str]:
    """The passages that were left, one at a time."""
    with (scratch / "passages.jsonl").open() as lines:
        yield from map(json.loads, lines)


def index(scratch: Path, model: str) -> Callable[[], dict[str, Any]]:
    """Ours: text to a whole index. What is returned by this and the next ones is timed when it is called.

    The texts are read as they are needed, so that its memory is the index's own.
    """
    from indexer import Progress, index_documents
    from indexer.documents import Document
    from indexer.documents.text import paragraphs
    from indexer.encoder import load_encoder

    encoder = load_encoder(model)
    encoder.encode_passages(list(islice(texts_of(scratch), 4)), cut=True)
    folder = tempfile.mkdtemp(dir=scratch)
    marks: list[tuple[float, int]] = []

    def watch(progress: Progress) -> None:
        marks.append((time.process_time(), progress.passages))

    def go() -> dict[str, Any]:
        marks.append((time.process_time(), 0))
        texts = enumerate(texts_of(scratch))
        documents = ((str(at), Document(text, tuple(paragraphs(text)))) for at, text in texts)
        index_documents(documents, index=folder, whole=True, encoder=encoder, watch=watch)
        return {"tenths": tenths(marks)}

    return go


def tenths(marks: list[tuple[float, int]]) -> tuple[float, float]:
    """Passages per CPU second in the first and the last tenth of a run, from (CPU s, passages) marks."""
    total = marks[-1][1]
    early = next(mark for mark in marks if mark[1] >= total / 10)
    late = next(mark for mark in reversed(marks) if mark[1] <= total * 9 / 10)
    spans = ((marks[0], early), (late, marks[-1]))
    first, last = ((end[1] - begin[1]) / (end[0] - begin[0]) for begin, end in spans)
    return first, last


def encode(scratch: Path, model: str) -> Callable[[], dict[str, Any]]:
    """Ours: text to vectors."""
    from indexer.encoder.bert import BertEncoder

    texts = list(texts_of(scratch))
    encoder = BertEncoder(model)
    encoder.encode_passages(texts[:4], cut=True)
    counts: list[int] = []

    def go() -> dict[str, Any]:
        vectors = encoder.encode_passages(texts, cut=True, progress=lambda _, tokens: counts.append(tokens))
        np.save(scratch / "encode.npy", vectors)
        return {"tokens": sum(counts), "about": about(encoder)}

    return go


def about(encoder: Any) -> str:
    """What the encoder computes in."""
    layers = encoder.eight_bit_layers
    return f"{encoder.precision} on {encoder.device}, 8-bit products in {layers} layers"


def limit(scratch: Path, model: str) -> Callable[[], dict[str, Any]]:
    """The products of all weight matrices with as many tokens, in batches of as many tokens."""
    import torch
    from torch.nn import functional

    from indexer.encoder.bert import BATCH_TOKENS, BertEncoder

    encoder = BertEncoder(model)
    dtype = getattr(torch, encoder.precision)
    weights = [
        module.weight.detach().to(encoder.device, dtype)
        for name, module in encoder.float_copy().named_modules()
        if isinstance(module, torch.nn.Linear) and "pooler" not in name
    ]
    tokens = sum(len(encoder.tokens.cut_ids(text)) for text in texts_of(scratch))
    inputs = {width: torch.randn(BATCH_TOKENS, width, dtype=dtype) for width in {w.shape[1] for w in weights}}

    def go() -> dict[str, Any]:
        with torch.inference_mode():
            for begin in range(0, tokens, BATCH_TOKENS):
                for weight in weights:
                    functional.linear(inputs[weight.shape[1]][: tokens - begin], weight)
        return {}

    return go


def peer_encode(scratch: Path, model: str) -> Callable[[], dict[str, Any]]:
    """sentence-transformers: text to vectors."""
    from sentence_transformers import SentenceTransformer

    texts = list(texts_of(scratch))
    peer = SentenceTransformer(model, device="cpu")
    peer.encode(texts[:4])

    def go() -> dict[str, Any]:
        vectors = peer.encode(texts, normalize_embeddings=True)
        np.save(scratch / "st.npy", vectors)
        return {}

    return go


def peer_index(scratch: Path, model: str) -> Callable[[], dict[str, Any]]:
    """txtai: text to a whole index."""
    from txtai import Embeddings

    texts = list(texts_of(scratch))
    peer = Embeddings(path=model, hybrid=True, content=True)
    peer.index(texts[:4])
    folder = tempfile.mkdtemp(dir=scratch)

    def go() -> dict[str, Any]:
        peer.index(texts)
        peer.save(folder)
        return {}

    return go


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(sys.argv[2], Path(sys.argv[3]), sys.argv[4])
    else:
        main()

"""Which passages answer: sizes, prefixes and overlap, by the default model.

    python benchmarks/passages.py --sizes 64 128 --variants "as indexed" overlap --collections chroma-chunking

Long files (chroma-chunking: questions with the exact characters that answer them), the passages of all
files ranked by cosine:

    recall@5     share of the answer's characters that the five best passages hold
    recall@3000  the same for the best passages within 3,000 characters: sizes compared at equal reading
    exact        the same for as many passages as hold a part of the answer (the published one), and IoU
    density      share of the characters of the five best that are answer

Short documents (scifact, cranfield), scored by their best passage: nDCG@10.
"""

import argparse
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
import xxhash
from numpy.typing import NDArray

from indexer.documents import Block, Document, read
from indexer.encoder import Encoder, load_encoder
from indexer.passages import Passage, split
from indexer.sentences import sentence_ends

Vectors = NDArray[np.float32]
Span = tuple[int, int]
Unit = tuple[int, int, str]  # start, end, what is embedded
Variant = Callable[[Document, list[Passage]], list[Unit]]


class Cache:
    """Vectors by what was embedded, kept between runs: most variants share most texts."""

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self.encoder = encoder
        self.rows = sqlite3.connect(path)
        self.rows.execute("CREATE TABLE IF NOT EXISTS vectors (hash INTEGER PRIMARY KEY, vector BLOB)")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """`(n, dim)` float32, unit rows."""
        hashes = [xxhash.xxh3_64_intdigest(text.encode()) - 2**63 for text in texts]
        missing = {h: text for h, text in zip(hashes, texts, strict=True) if self._get(h) is None}
        if missing:
            vectors = self.encoder.encode_passages(list(missing.values()), cut=True)
            rows = [(h, vector.tobytes()) for h, vector in zip(missing, vectors, strict=True)]
            self.rows.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            self.rows.commit()
        return np.stack([np.frombuffer(self._get(h) or b"", np.float32) for h in hashes])

    def _get(self, h: int) -> bytes | None:
        row = self.rows.execute("SELECT vector FROM vectors WHERE hash = ?", (h,)).fetchone()
        return row[0] if row else None


def embedded(_: Document, passages: list[Passage]) -> list[Unit]:
    return [(passage.start, passage.end, passage.prefix + passage.text) for passage in passages]


def without_prefix(_: Document, passages: list[Passage]) -> list[Unit]:
    return [(passage.start, passage.end, passage.text) for passage in passages]


def overlapping(document: Document, passages: list[Passage]) -> list[Unit]:
    """Each passage with the last sentence of the one before."""
    starts = [passage.start for passage in passages]
    for at, before in enumerate(passages[:-1], start=1):
        ends = sentence_ends([before.text])[0]
        starts[at] = before.start + (ends[-2] if len(ends) > 1 else 0)
    return [
        (start, passage.end, passage.prefix + document.text[start : passage.end])
        for start, passage in zip(starts, passages, strict=True)
    ]


def fixed(document: Document, _: list[Passage]) -> list[Unit]:
    """The text cut every 1,200 characters: the published baseline."""
    starts = range(0, len(document.text), 1200)
    return [(at, at + 1200, document.text[at : at + 1200]) for at in starts]


VARIANTS: dict[str, Variant] = {
    "as indexed": embedded,
    "no prefix": without_prefix,
    "overlap": overlapping,
    "fixed": fixed,
}


def held(spans: Sequence[Span], others: Sequence[Span]) -> int:
    """How many characters `spans` and `others` share; neither overlaps itself."""
    return sum(max(0, min(b, d) - max(a, c)) for a, b in spans for c, d in others)


def merged(spans: Iterable[Span]) -> list[Span]:
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            first, last = out.pop()
            start, end = first, max(last, end)
        out.append((start, end))
    return out


def long_files(cache: Cache, folder: Path, size: int, variant: Variant) -> dict[str, float]:
    """The scores of chroma-chunking; all files lie on one axis of characters, one after the other."""
    base, at = {}, 0
    spans: list[Span] = []
    texts: list[str] = []
    for path in sorted((folder / "docs").iterdir()):
        document = read(path)
        passages = split(document, cache.encoder.tokens, budget=cache.encoder.identity.max_tokens, size=size)
        for start, end, text in variant(document, passages):
            spans.append((at + start, at + end))
            texts.append(text)
        base[path.stem] = at
        at += len(document.text) + 1
    vectors = cache.encode(texts)
    questions = {str(row["_id"]): str(row["text"]) for row in json_lines(folder / "queries.jsonl")}
    answers = json_lines(folder / "answers.jsonl")
    ranked = (-(cache.encode([questions[row["_id"]] for row in answers]) @ vectors.T)).argsort(axis=1)
    scores = []
    for row, order in zip(answers, ranked.tolist(), strict=True):
        answer = merged((base[name] + a, base[name] + b) for name, a, b in row["spans"])
        scores.append(
            scored(answer, [spans[at] for at in order[:200]], sum(held(answer, [s]) > 0 for s in spans))
        )
    means = {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}
    return {"passages": len(spans), **means}


def scored(answer: list[Span], ranked: list[Span], holding: int) -> dict[str, float]:
    """The scores of one question; `holding`: how many passages hold a part of its answer."""
    length = sum(b - a for a, b in answer)
    read_through = np.cumsum([b - a for a, b in ranked])
    best = merged(ranked[:5])
    exact = merged(ranked[:holding])
    reading = merged(ranked[: max(1, int(np.searchsorted(read_through, 3000, side="right")))])
    found, all_read = held(answer, exact), sum(b - a for a, b in ranked[:holding])
    return {
        "recall@5": held(answer, best) / length,
        "recall@3000": held(answer, reading) / length,
        "exact": found / length,
        "IoU": found / (all_read + length - found),
        "density": held(answer, best) / sum(b - a for a, b in best),
    }


def short_documents(cache: Cache, folder: Path, size: int, variant: Variant, sample: int) -> dict[str, float]:
    """nDCG@10 of the documents of a collection in BEIR layout, each scored by its best passage."""
    lines = (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
    qrels = [ir_measures.Qrel(q, d, int(score)) for q, d, score in (line.split("\t") for line in lines)]
    questions = {str(row["_id"]): str(row["text"]) for row in json_lines(folder / "queries.jsonl")}
    wanted = {qrel.doc_id for qrel in qrels}
    texts: list[str] = []
    names: list[str] = []
    firsts: list[int] = []
    for at, row in enumerate(json_lines(folder / "corpus.jsonl")):
        if at % sample and row["_id"] not in wanted:
            continue
        text = str(row["text"]) or str(row["title"])
        document = Document(text, (Block(0, len(text)),), title=str(row["title"]))
        passages = split(document, cache.encoder.tokens, budget=cache.encoder.identity.max_tokens, size=size)
        if passages:
            names.append(str(row["_id"]))
            firsts.append(len(texts))
            texts += [text for _, _, text in variant(document, passages)]
    ids = sorted({qrel.query_id for qrel in qrels})
    cosines = cache.encode([questions[q] for q in ids]) @ cache.encode(texts).T
    best = np.maximum.reduceat(cosines, firsts, axis=1)
    run = [
        ir_measures.ScoredDoc(q, names[at], float(row[at]))
        for q, row in zip(ids, best, strict=True)
        for at in row.argsort()[-10:]
    ]
    ndcg = ir_measures.calc_aggregate([ir_measures.nDCG @ 10], qrels, run)
    return {"passages": len(texts), "nDCG@10": next(iter(ndcg.values()))}


def json_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main() -> None:
    """Measure each size and variant on each collection."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 96, 112, 128, 160, 200])
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=["as indexed"])
    parser.add_argument("--collections", nargs="+", default=["chroma-chunking", "cranfield", "scifact"])
    parser.add_argument(
        "--sample", type=int, default=1, help="of documents with no question, every which one"
    )
    options = parser.parse_args()
    cache = Cache(load_encoder(), Path(tempfile.gettempdir()) / "bertrieve-benchmark.sqlite")
    for name in options.collections:
        folder = options.shared / "collections" / name
        for variant in options.variants:
            for size in options.sizes:
                if name == "chroma-chunking":
                    scores = long_files(cache, folder, size, VARIANTS[variant])
                else:
                    scores = short_documents(cache, folder, size, VARIANTS[variant], options.sample)
                figures = "  ".join(f"{measure} {value:.4g}" for measure, value in scores.items())
                print(f"{name}  {variant}  size {size}  {figures}", flush=True)


if __name__ == "__main__":
    main()

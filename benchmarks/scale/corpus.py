"""As many passages as are asked for, made of the real ones of an index, and questions of real ones left out.

The real passages come first, whole documents in a shuffled order; the last of them are left out and asked
for: a question is a sentence of such a passage, encoded by the index's own encoder. What is missing is mixed:
in lap n, passage i with passage i + n. The vector is a·v + (1 − a)·w at unit length, a drawn from ¼ to ¾; the
text, every second sentence of each. So neighbours in a document give a passage between them, and every word
stands in as many passages of a hundred as before; new words there are none.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from indexer.store import PassageRow, Reader
from indexer.store.records import NewDocument, NewPassage

__all__ = ["Corpus", "exact"]

LEFT_OUT = 500  # passages, a question each
SENTENCE = re.compile(r"(?<=[.!?:;。！？])\s+|\n+")
QUESTION = range(5, 25)  # words
PER_DOCUMENT = 20  # passages of a document made of mixtures
BLOCK = 20_000


@dataclass(frozen=True)
class Corpus:
    """`rows` and `(n, dim)` float16 `vectors` of the real passages; `left_out` of those to ask for."""

    rows: list[PassageRow]
    vectors: NDArray[np.float16]
    left_out: list[PassageRow]

    @classmethod
    def of(cls, source: Path) -> "Corpus":
        """All passages of an index."""
        reader = Reader(source)
        with reader.view() as view:
            ids = view.ids(None)
            blocks = [ids[at : at + BLOCK] for at in range(0, len(ids), BLOCK)]
            rows = [row for block in blocks for row in view.passages(block)]
            vectors = np.concatenate([view.vectors(block).astype(np.float16) for block in blocks])
        reader.close()
        documents = [list(own) for _, own in groupby(range(len(rows)), lambda at: rows[at].document_id)]
        random.Random(1).shuffle(documents)
        order = [at for own in documents for at in own]
        rows, vectors = [rows[at] for at in order], vectors[order]
        return cls(rows[:-LEFT_OUT], vectors[:-LEFT_OUT], rows[-LEFT_OUT:])

    def questions(self) -> list[str]:
        """A sentence of each passage that was left out and has one of a question's length."""
        chosen = random.Random(2)
        sentences = ([text.strip() for text in SENTENCE.split(row.text)] for row in self.left_out)
        fit = ([text for text in own if len(text.split()) in QUESTION] for own in sentences)
        return list(dict.fromkeys(chosen.choice(own) for own in fit if own))

    def vectors_of(self, start: int, end: int) -> NDArray[np.float16]:
        """The vectors of passages `start` to `end`, real ones and mixtures."""
        real = self.vectors[start:end]
        mixed = [self._mixed(lap, own) for lap, own in self._laps(start, end)]
        return np.concatenate([real, *mixed])

    def documents(self, start: int, end: int) -> Iterator[NewDocument]:
        """Passages `start` to `end`, ready to be stored: real ones in their documents, mixtures 20 in one."""
        real = self.rows[start:end]
        for path, own in groupby(real, lambda row: row.path):
            texts = [row.text for row in own]
            yield _document(f"{start:08}/{path}", texts, self.vectors_of(start, start + len(texts)))
            start += len(texts)
        while start < end:
            stop = min(end, start + PER_DOCUMENT)
            texts = [self._text(lap, at) for lap, own in self._laps(start, stop) for at in own.tolist()]
            yield _document(f"mixtures/{start:08}.txt", texts, self.vectors_of(start, stop))
            start = stop

    def _laps(self, start: int, end: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Lap, and the first passage of each mixture among passages `start` to `end`."""
        numbers = np.arange(max(start, len(self.rows)), max(end, len(self.rows)))
        for lap in range(1, len(self.rows)):
            own = numbers[numbers // len(self.rows) == lap] % len(self.rows)
            if len(own):
                yield lap, own
            if not len(numbers) or numbers[-1] // len(self.rows) <= lap:
                return

    def _mixed(self, lap: int, first: NDArray[np.int64]) -> NDArray[np.float16]:
        # By the passage's own number, so that it is the same whatever block it is made in.
        share = np.array([random.Random(f"{lap} {at}").uniform(0.25, 0.75) for at in first.tolist()])[:, None]
        one, other = (self.vectors[at % len(self.rows)].astype(np.float32) for at in (first, first + lap))
        mixed = share * one + (1 - share) * other
        return (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float16)

    def _text(self, lap: int, at: int) -> str:
        one, other = (SENTENCE.split(self.rows[i % len(self.rows)].text) for i in (at, at + lap))
        return " ".join(one[::2] + other[1::2])


def exact(vectors: NDArray[np.float16], questions: NDArray[np.float32], k: int = 10) -> NDArray[np.int64]:
    """`(questions, k)` int64: rows of `vectors` nearest by inner product, by NumPy."""
    best = np.full((len(questions), 0), 0.0), np.zeros((len(questions), 0), np.int64)
    for at in range(0, len(vectors), BLOCK):
        scores = questions @ vectors[at : at + BLOCK].astype(np.float32).T
        rows = np.broadcast_to(np.arange(at, at + scores.shape[1]), scores.shape)
        scores, rows = np.hstack([best[0], scores]), np.hstack([best[1], rows])
        top = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(scores, top, 1), np.take_along_axis(rows, top, 1)
    return best[1]


def _document(path: str, texts: list[str], vectors: NDArray[np.float16]) -> NewDocument:
    passages, start = [], 0
    for text in texts:
        passages.append(
            NewPassage(
                start=start,
                end=start + len(text),
                text=text,
                prefix="",
                tokens=len(text.split()),
                page=None,
                heading=(),
                line=None,
                last_line=None,
                content_hash=xxhash.xxh3_128_digest(text.encode("utf-8", "surrogatepass")),
            )
        )
        start += len(text) + 1
    return NewDocument(
        folder="",
        path=path,
        size=start,
        modified_ns=1_700_000_000_000_000_000,
        content_hash=xxhash.xxh3_128_digest(path.encode()),
        title=Path(path).stem,
        pages=None,
        metadata={},
        passages=tuple(passages),
        vectors=vectors,
    )

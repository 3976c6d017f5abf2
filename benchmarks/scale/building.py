"""The index of so many passages, through the writer, and what is asked of it, ready on disk.

AT/index       the index, as `bertrieve query --index` takes it
AT/vectors.npy `(n, dim)` float16, what peers are built from and NumPy searches
AT/asked.npz   questions, their `(n, dim)` float32 vectors, and the ten nearest rows of each
"""

import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from indexer.asking import ask_about
from indexer.encoder import EncoderIdentity, QuestionEncoding, load_question_encoder
from indexer.store import Changes, LedgerRow, Reader, Writer
from indexer.store.records import NewDocument

from corpus import Corpus, exact  # isort: skip

__all__ = ["build", "changes", "prepare", "question_encoder"]

COMMIT = 2_000  # passages, as when a folder is indexed


def prepare(corpus: Corpus, source: Path, size: int, at: Path) -> None:
    """Write the vectors, the questions and what NumPy finds."""
    at.mkdir(parents=True, exist_ok=True)
    vectors = np.lib.format.open_memmap(at / "vectors.npy", "w+", np.float16, (size, corpus.vectors.shape[1]))
    for begin in range(0, size, 50_000):
        end = min(size, begin + 50_000)
        vectors[begin:end] = corpus.vectors_of(begin, end)
    encoder = question_encoder(source)
    questions = corpus.questions()
    asked = np.array([encoder.encode_question(question) for question in questions])
    np.savez(at / "asked.npz", questions=np.array(questions), vectors=asked, nearest=exact(vectors, asked))


def build(corpus: Corpus, source: Path, size: int, at: Path) -> dict[str, Any]:
    """Make the index; how long it took, by wall and by processor."""
    reader = Reader(source)
    encoder, files = reader.encoder, reader.questions()
    reader.close()
    shutil.rmtree(at / "index", ignore_errors=True)
    began, used = time.perf_counter(), time.process_time()
    with Writer(at / "index", encoder) as writer:
        for documents in commits(corpus.documents(0, size)):
            writer.commit(changes(documents))
        made = writer.folder_for_questions()
        shutil.copytree(files, made, dirs_exist_ok=True)
        writer.keep_questions(made)
        writer.certify(partial(ask_about, question_encoder(at / "index")))
    return {"build s": time.perf_counter() - began, "build CPU s": time.process_time() - used}


def question_encoder(index: Path) -> QuestionEncoding:
    """The index's own encoder for questions."""
    reader = Reader(index)
    encoder = load_question_encoder(Path(reader.questions()), EncoderIdentity(**reader.encoder))
    reader.close()
    return encoder


def commits(documents: Iterator[NewDocument]) -> Iterator[list[NewDocument]]:
    """Documents with some 2,000 passages together."""
    own: list[NewDocument] = []
    for document in documents:
        own.append(document)
        if sum(len(each.passages) for each in own) >= COMMIT:
            yield own
            own = []
    if own:
        yield own


def changes(documents: list[NewDocument]) -> Changes:
    """A commit of documents, as the indexer makes it."""
    ledger = [
        LedgerRow(
            each.folder,
            each.path,
            "indexed",
            passages=len(each.passages),
            tokens=sum(passage.tokens for passage in each.passages),
            size=each.size,
            modified_ns=each.modified_ns,
            content_hash=each.content_hash,
        )
        for each in documents
    ]
    return Changes(documents=tuple(documents), ledger=tuple(ledger))

"""How often the one sentence that is shown holds the answer, and what it costs.

    python benchmarks/answers.py ../shared/collections/cmrc2018-trial --questions 200

The collection is indexed with the default model and every question is asked. A sentence is right when it
holds one of the answers' texts, or half of the characters of one that is longer than a sentence. Beside it
the baseline: of the same passages' sentences, the one whose own vector is nearest to the question's.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer import index_documents
from indexer.documents import Document
from indexer.documents.text import paragraphs
from indexer.encoder import QuestionEncoding, load_encoder, load_question_encoder
from search import Searcher
from search.answers import PASSAGES, sentences
from search.evaluation import load_collection


def main() -> None:
    """Parse the arguments, index, ask, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collection", type=Path)
    parser.add_argument("--questions", type=int, default=200)
    given = parser.parse_args()
    collection, encoder = load_collection(given.collection), load_encoder()
    lines = (given.collection / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    answers = {row["_id"]: row["answers"] for row in map(json.loads, lines)}
    asked = random.Random(0).sample(sorted(collection.queries), min(given.questions, len(collection.queries)))
    with tempfile.TemporaryDirectory() as index, tempfile.TemporaryDirectory() as files:
        documents = [
            (entry.id, Document(entry.text, tuple(paragraphs(entry.text)))) for entry in collection.entries
        ]
        index_documents(documents, index=index, encoder=encoder)
        encoder.export(Path(files), ["what is mean pooling?"])
        questions = load_question_encoder(Path(files), encoder.identity)
        wanted = {collection.queries[at]: answers[at] for at in asked}
        measure(Searcher(index, encoder=questions), questions, wanted)


def measure(searcher: Searcher, encoder: QuestionEncoding, asked: dict[str, list[str]]) -> None:
    """Ask, and print the shares of right sentences and the medians of the time."""
    ours, nearest, seconds, plain = [], [], [], []
    for question, answers in asked.items():
        begun = time.process_time()
        hits = searcher.query(question)
        plain.append(time.process_time() - begun)
        begun = time.process_time()
        found = searcher.answer(question)
        seconds.append(time.process_time() - begun)
        ours.append(right(found.text or "", answers))
        texts = [at.text for at in sentences(hits[:PASSAGES])]
        vector = encoder.encode_question(question)
        rows = np.array([at.text_vector for at in encoder.passage_tokens(texts)])
        nearest.append(right(texts[int(np.argmax(rows @ vector))], answers))
    print(f"{len(asked)} questions, the sentence holds the answer: {np.mean(ours):.3f}")
    print(f"the nearest sentence by its own vector: {np.mean(nearest):.3f}")
    print(f"CPU ms, median: query {1e3 * np.median(plain):.0f}, then answer {1e3 * np.median(seconds):.0f}")


def right(sentence: str, answers: Sequence[str]) -> bool:
    """Whether a sentence holds one of the answers, or is within a longer one and half of it."""
    return any(
        answer.strip() in sentence or (sentence in answer and 2 * len(sentence) >= len(answer))
        for answer in answers
        if sentence
    )


if __name__ == "__main__":
    main()

"""How often the answer that is shown holds the one that is known, and what it costs.

    python benchmarks/answers.py ../shared/collections/cmrc2018-trial data

Each collection (in BEIR layout with `answers.jsonl`, or a folder with `documents/` and `questions.jsonl`) is
indexed with the default model; `--at FOLDER` keeps the indexes for the next time. An answer is right when it
holds one of the known texts, or lies within one of them and is half of it, white space apart. Beside ours
stands the sentence of the same passages whose own vector is nearest to the question's.

    passage given  only the passages that hold the answer are candidates
    end to end     the first passages that are found, also of questions that are told that nothing answers
    one            the best sentence alone, without the one beside it where that is nearly as good
    two            how often that is shown too
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from calibration import Source, for_questions, source

from indexer.encoder import QuestionEncoding, load_encoder
from indexer.store import PassageRow
from search import Searcher
from search.answers import PASSAGES, scores, sentences, stretch
from search.coverage import word_weights
from search.evaluation import load_questions
from search.hits import Hit


def main() -> None:
    """Parse the arguments, index, ask, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collections", type=Path, nargs="+")
    parser.add_argument("--questions", type=int, default=150)
    parser.add_argument("--at", type=Path)
    given = parser.parse_args()
    encoder = load_encoder()
    with tempfile.TemporaryDirectory() as scratch:
        questions = for_questions(encoder, Path(scratch))
        print(f"{'':16}       passage given      |       end to end         | CPU ms, median")
        print(f"{'':16} ours  one  two  nearest | ours  one  two  nearest  | query, answer")
        for folder in given.collections:
            each = source(folder)
            at = each.at(given.at or Path(scratch), encoder)
            keys = random.Random(0).sample(sorted(each.questions), min(given.questions, len(each.questions)))
            measure(each, known(folder), keys, Searcher(at, encoder=questions), questions)


def known(folder: Path) -> dict[str, list[str]]:
    """The texts that answer each question."""
    if (folder / "questions.jsonl").exists():
        wanted = load_questions(folder / "questions.jsonl").wanted
        return {key: [at.answer for at in every if at.answer] for key, every in wanted.items()}
    lines = (folder / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["_id"]: row["answers"] for row in map(json.loads, lines)}


def measure(
    each: Source,
    answers: Mapping[str, list[str]],
    keys: Sequence[str],
    searcher: Searcher,
    encoder: QuestionEncoding,
) -> None:
    """Ask, and print a collection's line."""
    passages = [row for document in searcher.documents() for row in searcher.passages_of(document.id)]
    by_id = {row.id: row for row in passages}
    relevant = each.relevant(passages)
    given, found, spent = [], [], []
    for key in keys:
        question, texts = each.questions[key], answers[key]
        rows = [by_id[at] for at in relevant[key].tolist()]
        holding = [row for row in rows if any(right(at.text, texts) for at in candidates([row]))]
        if holding or rows:
            given.append(judged(searcher, encoder, question, texts, candidates(holding or rows)))
        times = [time.process_time()]
        hits = searcher.query(question)
        times.append(time.process_time())
        searcher.answer(question)
        times.append(time.process_time())
        spent.append(np.diff(times))
        found.append(judged(searcher, encoder, question, texts, sentences(hits[:PASSAGES])))
    parts = ["  ".join(f"{value:.3f}" for value in np.mean(rows, axis=0)) for rows in (given, found)]
    query, answer = 1e3 * np.median(spent, axis=0)
    print(f"{each.name:16} {parts[0]} | {parts[1]} | {query:.0f}, {answer:.0f}", flush=True)


def candidates(rows: Sequence[PassageRow]) -> list:
    """The sentences of passages, as if each were the first hit."""
    return sentences([Hit.of(row, rank=1, score=0.0) for row in rows])


def judged(
    searcher: Searcher, encoder: QuestionEncoding, question: str, answers: Sequence[str], found: list
) -> tuple[float, ...]:
    """Of one question, 0 or 1: ours is right, its best sentence alone is, there are two, the nearest is."""
    if not found:
        return 0.0, 0.0, 0.0, 0.0
    encoded = searcher._encoder.question(question)
    ids = list(dict.fromkeys(at.hit.passage_id for at in found))
    with searcher.view() as view:
        weights = word_weights(view, question)
        rows = view.passages(np.array(ids, np.int64))
    tokens = searcher._in_context(question, found, rows) if encoded.trust else (None, [])
    scored = scores(found, weights, *tokens, encoded.trust)
    hit, start, end = stretch(found, scored)
    text, alone = hit.text[start - hit.start : end - hit.start], found[int(np.argmax(scored))].text
    vectors = np.array([at.text_vector for at in encoder.passage_tokens([at.text for at in found])])
    nearest = found[int(np.argmax(vectors @ encoded.vector))].text
    return (
        float(right(text, answers) or right(alone, answers)),
        float(right(alone, answers)),
        float(text != alone),
        float(right(nearest, answers)),
    )


def right(shown: str, answers: Sequence[str]) -> bool:
    """Whether what is shown holds one of the answers, or is within a longer one and half of it."""
    shown, known = " ".join(shown.split()), [" ".join(answer.split()) for answer in answers]
    return any(text in shown or (shown in text and 2 * len(shown) >= len(text)) for text in known if shown)


if __name__ == "__main__":
    main()

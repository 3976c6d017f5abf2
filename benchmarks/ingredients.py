"""What each part of a question costs, of the CPU milliseconds that it takes as a user asks it.

    python benchmarks/ingredients.py INDEX

Asked are the first eight words of random passages, and of each the answer and an explanation of its first
hit. The parts are timed where they are called in the product itself, each without the parts within it;
medians over the questions, on one thread. `--answers` stops after as many answers.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from filters import spent as seconds_of
from load import questions_of

import search.ranking
import search.searcher
from indexer.store import View
from search import Searcher
from search.encoding import OwnEncoder

PARTS: list[tuple[Any, str, str]] = [
    (OwnEncoder, "_question", "the question's tokens and vector"),
    (search.searcher, "respelt", "typing errors looked for"),
    (View, "dense", "nearest by the vectors"),
    (View, "lexical", "best by the words"),
    (View, "vectors", "vectors of all candidates"),
    (View, "lexical_scores", "words of all candidates"),
    (search.ranking, "Apart", "other scripts"),
    (View, "rarest", "idf of the question's tokens"),
    (search.ranking, "by_idf", "the question's tokens by idf"),
    (search.ranking, "around", "words of the neighbours"),
    (search.ranking, "towards", "feedback of the first hits"),
    (search.searcher, "rank", "the rest of ranking: scores added up, compared"),
    (View, "passages", "passages read"),
    (search.searcher, "gather", "what says the same collapsed"),
    (search.searcher, "with_probabilities", "probabilities"),
    (Searcher, "query", "everything else"),
]
WHOLE = "the whole query"


class Spent:
    """CPU seconds of each part, for one question: `of` part -> seconds, without those of parts within it."""

    def __init__(self) -> None:
        self.of: dict[str, float] = defaultdict(float)
        self._within: list[float] = []

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, which writes down what it takes."""

        def call(*given: Any, **named: Any) -> Any:
            """The function itself, the time of what is timed within it counted there."""
            self._within.append(0.0)
            began = time.process_time()
            try:
                return function(*given, **named)
            finally:
                took = time.process_time() - began
                self.of[part] += took - self._within.pop()
                if self._within:
                    self._within[-1] += took

        return call


def main() -> None:
    """Ask, and print a line for each part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("index", type=Path)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--answers", type=int, default=40)
    given = parser.parse_args()
    spent, rows, with_answer, explaining = Spent(), [], [], []
    for owner, name, part in PARTS:
        setattr(owner, name, spent.timed(part, getattr(owner, name)))
    searcher = Searcher(given.index)
    questions = questions_of(given.index)
    for question in questions[:20]:  # until files are read and caches filled
        searcher.answer(question)
    for question in questions[20 : 20 + given.questions]:
        spent.of.clear()
        whole = seconds_of(lambda question=question: searcher.query(question))
        rows.append({**spent.of, WHOLE: whole})
    for question in questions[20 + given.questions :][: given.answers]:
        hits = searcher.query(question)
        # The question's vector is remembered by now, so a query beside it says what is the answer's own.
        again = seconds_of(lambda question=question: searcher.query(question))
        with_answer.append(seconds_of(lambda question=question: searcher.answer(question)) - again)
        explaining.append(seconds_of(hits[0].explain))
    print(f"{len(rows)} questions, CPU ms: median, mean")
    for part in (*(part for _, _, part in PARTS), WHOLE):
        own = [1e3 * row.get(part, 0.0) for row in rows]
        print(f"  {part:48} {median(own):6.2f} {sum(own) / len(own):6.2f}")
    print(f"  {'an answer, beside its query':48} {1e3 * median(with_answer):6.2f}")
    print(f"  {'an explanation of a hit':48} {1e3 * median(explaining):6.2f}")


if __name__ == "__main__":
    main()

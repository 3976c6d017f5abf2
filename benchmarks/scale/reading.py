"""Ask an index until a file appears. Prints how many questions were asked and how many failed."""

import sys
from itertools import cycle
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from search import Searcher
from search.asked import Asked

from asking import K, Known  # isort: skip


def main(index: Path, asked: Path, stop: Path) -> None:
    """Until `stop` is there."""
    questions = np.load(asked)["questions"].tolist()[:50]
    searcher = Searcher(index, encoder=Known(index, questions))
    count = failed = 0
    for question in cycle(questions):
        if stop.exists():
            break
        count += 1
        try:
            failed += len(searcher.query(Asked.plain(question), K)) != K
        except Exception as error:
            failed += 1
            print(type(error).__name__, error, file=sys.stderr)
    print(count, failed)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

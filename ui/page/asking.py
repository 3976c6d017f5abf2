"""A file of questions, asked in the background in each mode, while its session looks at other things."""

import logging
import threading
from dataclasses import dataclass
from functools import partial
from typing import Any

from indexer.errors import BertrieveError
from search import Mode
from search.evaluation import Questions, evaluate, losses, summary
from ui.page.opened import Opened

__all__ = ["LINKED", "ORDER", "AskingRun", "Evaluated"]

ORDER: tuple[Mode, ...] = ("hybrid", "dense", "lexical")
LINKED: Mode = "hybrid"  # the mode whose losses are shown, and which ?q=… searches in
WORST = 10


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of a file of questions.

    measures  mode -> measure -> "mean", "low", "high", 0..1
    losses    the questions that lost most, as `search.evaluation.losses` has them
    missing   expected paths that the index lacks
    """

    questions: int
    measures: dict[Mode, dict[str, dict[str, float]]]
    losses: list[dict[str, Any]]
    missing: list[str]


class _StopError(Exception):
    """Raised inside the run, to end it."""


class AskingRun:
    """The questions of one file, asked of one state of an index.

    name        the file's name
    asked       how many questions have been asked of `total`, in the `mode`
    found       what came of them; None before the end
    error       one sentence, "" while there is none
    unexpected  the name of an error that nobody foresaw, "" while there is none
    """

    def __init__(self, there: Opened, questions: Questions, name: str) -> None:
        self.index, self.written, self.name, self.questions = there.index, there.written, name, questions
        self.asked, self.total = 0, len(ORDER) * len(questions.queries)
        self.mode: Mode = ORDER[0]
        self.found: Evaluated | None = None
        self.error = self.unexpected = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(there,), daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it soon, with nothing found."""
        self._stop.set()

    def _run(self, there: Opened) -> None:
        try:
            outcomes = {
                mode: evaluate(there.searcher, self.questions, mode, watch=partial(self._watch, mode))
                for mode in ORDER
            }
            self.found = Evaluated(
                len(self.questions.queries),
                {mode: summary(each) for mode, each in outcomes.items()},
                losses(outcomes[LINKED], WORST),
                self.questions.unknown_paths([row.path for row in there.searcher.ledger() if row.passages]),
            )
        except _StopError:
            pass
        except BertrieveError as error:
            self.error = str(error)
        except Exception as error:
            # A thread's end is seen by nobody: the page says that, the terminal says why.
            logging.getLogger(__name__).exception("asking %s ended unexpectedly", self.name)
            self.unexpected = type(error).__name__

    def _watch(self, mode: Mode) -> None:
        self.mode = mode
        self.asked += 1
        if self._stop.is_set():
            raise _StopError

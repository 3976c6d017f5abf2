"""A run of the indexer in the background, that any session may watch."""

import logging
import threading
from dataclasses import replace
from pathlib import Path

from indexer import Progress, Report, index_folder
from indexer.errors import BertrieveError

__all__ = ["IndexingRun", "indexing_run"]


class _StopError(Exception):
    """Raised inside the run by the watcher, to end it."""


class IndexingRun:
    """At most one run at a time into one index folder. It outlives the browser tab that began it.

    folder      what is being indexed, or was
    progress    how far the run is; None before its first file
    report      of the last run that came to its end
    error       one sentence, "" while there is none
    unexpected  the name of an error that nobody foresaw, "" while there is none
    stopped     whether a person stopped the last run
    """

    def __init__(self, index: Path) -> None:
        self.index = index
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stop = threading.Event()
        self._reset("")

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether a person has asked the run to end and it hasn't yet."""
        return self.running and self._stop.is_set()

    def start(self, folder: str) -> None:
        """Begin, unless a run is under way."""
        with self._starting:
            if self.running:
                return
            self._reset(folder)
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the run soon; what it has committed stays."""
        self._stop.set()

    def _reset(self, folder: str) -> None:
        self.folder = folder
        self.progress: Progress | None = None
        self.report: Report | None = None
        self.error = self.unexpected = ""
        self.stopped = False
        self._stop.clear()

    def _run(self) -> None:
        try:
            self.report = index_folder(self.folder, index=self.index, watch=self._watch)
        except _StopError:
            self.stopped = True
        except BertrieveError as error:
            self.error = str(error)
        except Exception as error:
            # A thread's end is seen by nobody: the page says that, the terminal says why.
            logging.getLogger(__name__).exception("indexing %s ended unexpectedly", self.folder)
            self.unexpected = type(error).__name__

    def _watch(self, progress: Progress) -> None:
        self.progress = replace(progress)
        if self._stop.is_set():
            raise _StopError


_runs: dict[Path, IndexingRun] = {}


def indexing_run(index: Path) -> IndexingRun:
    """The run that fills an index folder, an absolute path: every session, and the API, sees the same one."""
    return _runs.setdefault(index, IndexingRun(index))

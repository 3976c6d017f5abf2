"""Many files, each read in a process that may be killed: no file can hang, crash or exhaust the caller."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, cast

from indexer.documents.document import Document
from indexer.documents.ocr import OCR_SECONDS, require_ocr
from indexer.documents.worker import Answer, Attachments, Request, receive, send
from indexer.errors import DocumentError

__all__ = ["read_all", "read_attachments"]

_GIB = 1 << 30

# A file that waits rather than computes (a sleeping disk, a network folder) gets this much longer.
_WALL_FACTOR = 3
_WALL_EXTRA = 10

# Dying of these is running out of what was allowed: the kernel sends the first at the limit of CPU
# time, the second when the whole machine is out of memory.
_ENDED_BY = {"SIGXCPU": "timed out", "SIGKILL": "too large"}


# A mail forwarded within so many others is read, but what is attached to it is only named.
_DEEPEST = 5
_MAIL = frozenset({".eml", ".msg"})


def read_all(
    paths: Iterable[Path],
    *,
    workers: int = 1,
    cpu_seconds: float = 20,
    memory: int = _GIB,
    ocr: bool = False,
    ocr_seconds: float = OCR_SECONDS,
) -> Iterator[tuple[Path, Document | DocumentError]]:
    """Reads files in `workers` processes and yields each with its Document, or with what is wrong with it.

    In the order of `paths`, which are taken as they are needed: at most two a worker are under way.
    A file that takes more than `cpu_seconds` of CPU (or a few times that of waiting) has the status
    "timed out", one that needs more than `memory` bytes "too large". Closing the iterator, or an
    exception in the caller, ends the processes.

    With `ocr` also the text in pictures, for at most `ocr_seconds` of CPU a file: see `read`. Raises
    UsageError for it where tesseract isn't installed.
    """
    if ocr:
        require_ocr()
    limits = Request(Path(), cpu_seconds, memory, ocr_seconds if ocr else 0.0)
    pool = [_Worker() for _ in range(workers)]
    idle = deque(pool)
    todo = iter(paths)
    pending: deque[tuple[Path, Future[Document | DocumentError]]] = deque()

    def task(path: Path) -> Document | DocumentError:
        worker = idle.popleft()  # there are as many threads as workers, so one is free
        try:
            return worker.read(replace(limits, path=path))
        finally:
            idle.append(worker)

    threads = ThreadPoolExecutor(workers, thread_name_prefix="bertrieve-read")
    try:
        while True:
            for path in islice(todo, 2 * workers - len(pending)):
                pending.append((path, threads.submit(task, path)))
            if not pending:
                return
            path, future = pending.popleft()
            yield path, future.result()
    finally:
        # The processes first: their threads wait for an answer that may take its time.
        for worker in pool:
            worker.kill()
        threads.shutdown(cancel_futures=True)
        for worker in pool:
            worker.release()


def read_attachments(
    path: Path,
    *,
    cpu_seconds: float = 20,
    memory: int = _GIB,
    ocr: bool = False,
    ocr_seconds: float = OCR_SECONDS,
) -> Iterator[tuple[str, Document | DocumentError]]:
    """Reads what is attached to the mail at `path`: each name with its Document, or what is wrong with it.

    What is attached to a forwarded mail follows it, as "forwarded.eml/report.pdf". Names are the sender's:
    two may be equal. Limits are as in `read_all`, for each attachment. Raises DocumentError when the
    mail itself can't be read, UsageError as `read_all` does.
    """
    if ocr:
        require_ocr()
    limits = Request(Path(), cpu_seconds, memory, ocr_seconds if ocr else 0.0)
    worker = _Worker()
    try:
        with tempfile.TemporaryDirectory(prefix="bertrieve-", ignore_cleanup_errors=True) as folder:
            attached = worker.unpack(replace(limits, path=path, unpack=Path(folder, "attached")))
            if isinstance(attached, DocumentError):
                raise attached
            yield from _attached(worker, limits, attached, 1)
    finally:
        worker.kill()
        worker.release()


def _attached(
    worker: "_Worker", limits: Request, attached: Attachments, depth: int
) -> Iterator[tuple[str, Document | DocumentError]]:
    for name, file in attached:
        yield name, worker.read(replace(limits, path=file))
        if file.suffix.lower() not in _MAIL or depth == _DEEPEST:
            continue
        inner = worker.unpack(replace(limits, path=file, unpack=file.with_suffix("")))
        # Otherwise what is wrong with it was said already, or its gaps name what is attached.
        if not isinstance(inner, DocumentError):
            for inner_name, outcome in _attached(worker, limits, inner, depth + 1):
                yield f"{name}/{inner_name}", outcome


@dataclass(slots=True)
class _Reading:
    """One file being read: `finished` once the answer is there, `late` if it was stopped before."""

    process: "subprocess.Popen[bytes]"
    finished: bool = False
    late: bool = False


class _Worker:
    """A reading process: started when it is first needed, and again after each that died.

    `kill` may be called from any thread; what closes the pipes only from the one that reads them.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def read(self, request: Request) -> Document | DocumentError:
        """The document, or an error in the name of the process when it died of the file."""
        return cast(Document | DocumentError, self._ask(request))

    def unpack(self, request: Request) -> Attachments | DocumentError:
        """The attachments of a mail, likewise."""
        return cast(Attachments | DocumentError, self._ask(request))

    def _ask(self, request: Request) -> Document | DocumentError | Attachments:
        process = self._running()
        if process is None:
            return DocumentError("reading was stopped before this file")
        reading = _Reading(process)
        seconds = (request.cpu_seconds + request.ocr_seconds) * _WALL_FACTOR + _WALL_EXTRA
        clock = threading.Timer(seconds, self._end_late, [reading])
        clock.daemon = True
        clock.start()
        try:
            send(cast(IO[bytes], process.stdin), request)
            answer = cast(Answer, receive(cast(IO[bytes], process.stdout)))
        except (EOFError, OSError):
            error = self._obituary(reading, request)
            self.release()
            return error
        finally:
            clock.cancel()
            with self._lock:
                reading.finished = True
        if not answer.fit:
            self.release()
        return answer.result

    def kill(self) -> None:
        """Ends the process, also in the middle of a file; no other is started."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                _kill(self._process)

    def release(self) -> None:
        """Ends the process and closes its pipes."""
        with self._lock:
            if self._process is not None:
                _kill(self._process)
                self._process.wait()
                for pipe in (self._process.stdin, self._process.stdout, self._errors):
                    # The pipe to it may hold a request that nobody will read.
                    with suppress(OSError):
                        cast(IO[bytes], pipe).close()
                cast("tempfile.TemporaryDirectory[str]", self._scratch).cleanup()
            self._process = None

    def _running(self) -> "subprocess.Popen[bytes] | None":
        if self._process is not None and self._process.poll() is not None:
            self.release()
        with self._lock:
            if self._process is None and not self._closed:
                self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
                # What the process leaves behind when it is killed goes with it.
                self._scratch = tempfile.TemporaryDirectory(prefix="bertrieve-", ignore_cleanup_errors=True)
                self._process = _spawn(self._errors, self._scratch.name)
            return self._process

    def _end_late(self, reading: _Reading) -> None:
        with self._lock:
            if not reading.finished:
                reading.late = True
                _kill(reading.process)

    def _obituary(self, reading: _Reading, request: Request) -> DocumentError:
        with suppress(subprocess.TimeoutExpired):
            reading.process.wait(timeout=5)
        if reading.late:
            return DocumentError("reading it took too long and was stopped", "timed out")
        cause = _signal_name(reading.process.returncode)
        status = _ENDED_BY.get(cause, "failed")
        if status == "timed out":
            return DocumentError(f"reading it took more than {request.cpu_seconds:g} seconds of CPU", status)
        if status == "too large":
            return DocumentError("reading it took more memory than there is", status)
        return DocumentError(f"the reader crashed on it ({cause or self._last_words()})")

    def _last_words(self) -> str:
        """The last line that the process wrote to its standard error: of a traceback, the exception."""
        if self._errors is None:
            return "no message"
        self._errors.seek(0)
        lines = self._errors.read()[-1000:].decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no message")


def _spawn(errors: IO[bytes], scratch: str) -> subprocess.Popen[bytes]:
    """A worker that finds the same modules as this process, whatever its folder."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch)
    return subprocess.Popen(
        [sys.executable, "-P", "-c", "from indexer.documents.worker import main; main()", scratch],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment,
        process_group=0 if os.name == "posix" else None,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a worker and, on POSIX, the programs it has started: they are its process group."""
    if os.name != "posix":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _signal_name(code: int | None) -> str:
    """The signal that ended a process; "" where it ended by itself."""
    try:
        return signal.Signals(-code).name if code is not None and code < 0 else ""
    except ValueError:
        return f"signal {-code}" if code else ""

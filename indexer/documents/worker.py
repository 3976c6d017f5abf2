"""A process that reads files for `read_all` and dies of a bad one in its stead.

It takes pickled requests from its standard input and answers on its standard output, each message
preceded by its length. It is started with ``python -c`` rather than by multiprocessing, whose spawn
imports the caller's main module again: a script without ``if __name__ == "__main__"`` would recurse.
"""

import mmap
import os
import pickle
import queue
import signal
import struct
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from indexer.documents.document import Document
from indexer.documents.formats import read
from indexer.errors import DocumentError

try:
    import resource
except ImportError:  # Windows: the parent's clock alone limits a file
    resource = None  # type: ignore[assignment]

__all__ = ["Answer", "Request", "main", "receive", "send"]

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Request:
    """A file to read, within so many seconds of CPU and bytes of address space."""

    path: Path
    cpu_seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a file, and whether the process that read it is fit for another one."""

    result: Document | DocumentError
    fit: bool


def send(stream: IO[bytes], message: object) -> None:
    """Writes one message."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """The next message. Raises EOFError when the other side is gone."""
    size = stream.read(_LENGTH.size)
    if len(size) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(size)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)


def main() -> None:
    """Answers requests until standard input ends, which it does when the parent is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    # A library that prints must not write into the answers.
    os.dup2(2, 1)
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    while True:
        send(answers, _answer(requests.get()))


def _listen(stream: IO[bytes], requests: "queue.SimpleQueue[Request]") -> None:
    """Listens also while a file is being read: an orphan must not work on."""
    try:
        while True:
            requests.put(receive(stream))
    except EOFError:
        os._exit(0)


def _answer(request: Request) -> Answer:
    _limit(request)
    try:
        result: Document | DocumentError = read(request.path)
    except DocumentError as error:
        result = error
    return Answer(result, not _is_swollen(request.memory))


def _limit(request: Request) -> None:
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + request.cpu_seconds) + 1
    for what, soft in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, request.memory)):
        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
        try:
            resource.setrlimit(what, (soft, hard))
        except (ValueError, OSError):
            # macOS refuses RLIMIT_AS below what is already mapped; the clock remains.
            continue
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def _is_swollen(memory: int) -> bool:
    """Whether so much is still taken that the next file would not have its allowance.

    The largest size so far, which `resource` knows, says nothing: Linux starts it with the parent's.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):  # not Linux; macOS enforces no limit that would have to be kept free
        return False
    return pages * mmap.PAGESIZE > memory // 2

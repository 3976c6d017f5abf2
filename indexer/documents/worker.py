"""A process that reads files for `read_all` and dies of a bad one in its stead.

It takes pickled requests from its standard input and answers on its standard output, each message
preceded by its length. It is started with ``python -c`` rather than by multiprocessing, whose spawn
imports the caller's main module again: a script without ``if __name__ == "__main__"`` would recurse.
Its argument is a folder for temporary files, which goes with it.
"""

import mmap
import os
import pickle
import queue
import shutil
import signal
import struct
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

from indexer.documents.document import Document
from indexer.documents.formats import read
from indexer.errors import DocumentError

try:
    import resource
except ImportError:  # Windows: the parent's clock alone limits a file
    resource = None  # type: ignore[assignment]

__all__ = ["Answer", "Attachments", "Request", "main", "receive", "send"]

Attachments: TypeAlias = list[tuple[str, Path]]

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Request:
    """A file to read, within so many seconds of CPU and bytes of address space.

    ocr_seconds  for the text in pictures besides; 0 where that is not wanted.
    unpack       a folder: the file is a mail, whose attachments go there instead of its being read.
    """

    path: Path
    cpu_seconds: float
    memory: int
    ocr_seconds: float = 0.0
    unpack: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a file, and whether the process that read it is fit for another one.

    result  of a mail that was unpacked, the name and the file of each attachment.
    """

    result: Document | DocumentError | Attachments
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
        _end()


def _end() -> None:
    """Ends this process at once, and the programs it has started; what they wrote is removed."""
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    if os.name == "posix" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _answer(request: Request) -> Answer:
    _limit(request)
    result: Document | DocumentError | Attachments
    try:
        result = _result(request)
    except DocumentError as error:
        result = error
    return Answer(result, not _is_swollen(request.memory))


def _result(request: Request) -> Document | Attachments:
    if request.unpack is not None:
        # With its readers of mail and HTML, too much to load for those who never need it.
        from indexer.documents.attachments import unpack

        return unpack(request.path, request.unpack)
    return read(request.path, ocr=request.ocr_seconds > 0, ocr_seconds=request.ocr_seconds)


def _limit(request: Request) -> None:
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + request.cpu_seconds + request.ocr_seconds) + 1
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

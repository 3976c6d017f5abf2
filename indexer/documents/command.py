"""Programs of others that read what we can't: started within limits, and never waited for without end."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from indexer.errors import DocumentError

__all__ = ["find", "run"]

_GIB = 1 << 30

# What a worker may use is too little for these programs, so they get their own. A shell sets it, because
# Python can only do so between fork and exec, which hangs now and then where there are threads.
_LIMITED = 'ulimit -S -t "$1" 2>/dev/null; ulimit -S -v "$2" 2>/dev/null; shift 2; exec "$@"'

# A program that waits rather than computes gets this much longer.
_WALL_FACTOR = 3


def find(*names: str) -> str | None:
    """The first of these programs that is installed: each a command, or a path."""
    return next((found for name in names if (found := shutil.which(name))), None)


def run(
    arguments: Sequence[str | Path], *, seconds: int, given: bytes = b"", memory: int = 4 * _GIB
) -> "subprocess.CompletedProcess[bytes]":
    """Runs a program to its end on one core, with `given` as its standard input, whatever its exit code.

    Raises DocumentError: "timed out" after `seconds` of CPU or three times that of waiting.
    """
    command = [str(argument) for argument in arguments]
    if os.name == "posix":
        command = ["/bin/sh", "-c", _LIMITED, "sh", str(seconds), str(memory // 1024), *command]
    name = Path(arguments[0]).stem
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            timeout=seconds * _WALL_FACTOR,
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        raise DocumentError(f"{name} took too long with it and was stopped", "timed out") from None
    except OSError as error:
        raise DocumentError(f"{name} can't be started: {error.strerror or error}") from None
    if done.returncode == -getattr(signal, "SIGXCPU", 0) != 0:
        raise DocumentError(f"{name} took more than {seconds} seconds of CPU for it", "timed out")
    return done

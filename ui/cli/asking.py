"""What makes a process that answers one question quick to start."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from indexer.uncollected import uncollected

__all__ = ["one_question"]


@contextmanager
def one_question() -> Iterator[None]:
    """Around a command that loads what it needs, answers once and ends.

    Walking over the objects of freshly loaded modules, and starting OpenBLAS's threads, which spin and get
    nothing to do, took a sixth of its processor time.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when numpy is loaded
    with uncollected():
        yield

"""The process that benchmarks/kill.py kills: it indexes a folder, and says before and after each commit what
the index holds.

    python benchmarks/killed.py FOLDER INDEX REPORT STEP
"""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sqlalchemy

import indexer.store.folder
import indexer.store.lexical
import indexer.store.rows
import indexer.store.writer
import indexer.sync
from indexer import index_folder
from indexer.store import Changes, Writer
from tests.conftest import read_all_here
from tests.fake import FakeEncoder

COMMIT_PASSAGES, SEAL_AT = 12, 40

# Where the child can be killed, before and after.
STEPS: list[tuple[Any, str]] = [
    (sqlalchemy.Connection, "_commit_impl"),
    (indexer.store.lexical.LexicalWriter, "__init__"),
    (indexer.store.lexical.LexicalWriter, "commit"),
    (indexer.store.lexical.LexicalWriter, "close"),
    (indexer.store.rows.Rows, "finish"),
    (indexer.store.writer, "write_segment"),
    (indexer.store.writer, "sync_folder"),
    (indexer.store.folder, "sync_folder"),
    (Path, "rename"),
    (Writer, "seal"),
    (Writer, "_merge"),
    (indexer.store.writer, "lexical_in_step"),
    (indexer.store.writer, "checkpoint"),
    (indexer.store.writer, "give_back"),
    (Writer, "close"),
]

State = dict[str, str]  # path -> hash of the content that was indexed


def small() -> None:
    """Many commits and seals in a second."""
    indexer.sync.COMMIT_PASSAGES = COMMIT_PASSAGES
    indexer.sync.read_all = read_all_here  # type: ignore[assignment]
    indexer.store.writer.SEAL_AT = SEAL_AT


def child(folder: Path, index: Path, report: IO[str], step: str) -> None:
    """Index a folder, saying before and after each commit what it holds; killed at `step`, if not done."""
    small()
    commit = Writer.commit

    def told(writer: Writer, changes: Changes) -> None:
        say(report, {"to": after(writer, changes)})
        commit(writer, changes)
        say(report, {"at": held(writer)})

    Writer.commit = told  # type: ignore[method-assign]
    counts = count_steps(step)
    say(report, {"ready": True})
    index_folder(folder, index=index, encoder=FakeEncoder())
    say(report, {"steps": counts})


def say(report: IO[str], line: dict[str, Any]) -> None:
    report.write(json.dumps(line) + "\n")
    report.flush()


def held(writer: Writer) -> State:
    return {stored.path: stored.content_hash.hex() for stored in writer.documents()}


def after(writer: Writer, changes: Changes) -> State:
    """What the index will hold once `changes` are made."""
    stored = {at.id: at for at in writer.documents() if at.id not in changes.removed}
    stored |= {at.id: at for at in changes.moved}
    state = {at.path: at.content_hash.hex() for at in stored.values()}
    return state | {new.path: new.content_hash.hex() for new in changes.documents}


def count_steps(last: str) -> Counter[str]:
    """Have every step counted, before and after, and the process killed at the `last`: "before seal 2"."""
    counts: Counter[str] = Counter()

    def step(name: str) -> None:
        counts[name] += 1
        if f"{name} {counts[name]}" == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def both(*given: Any, **named: Any) -> Any:
            step(f"before {name}")
            result = call(*given, **named)
            step(f"after {name}")
            return result

        return both

    for owner, name in STEPS:
        setattr(owner, name, counted(f"{owner.__name__}.{name}", getattr(owner, name)))
    return counts


if __name__ == "__main__":
    with Path(sys.argv[3]).open("a") as stream:
        child(Path(sys.argv[1]), Path(sys.argv[2]), stream, sys.argv[4])

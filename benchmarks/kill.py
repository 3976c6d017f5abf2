"""kill -9 at random while a folder is indexed: is the index whole each time?

    python benchmarks/kill.py --kills 100

A child process indexes a folder with a fake encoder, small commits and small segments, and says before and
after each commit what the index holds. It is killed: half of the time after a random time, half of the time
before or after a random step of the store (creating, writing and naming segments, both commits, closing).
Between the runs files are written, edited, renamed and deleted, and now and then the index is made anew.
After each kill the index must

    open               unopenable
    hold exactly what the last commit or the one under way says, never a part of either      lost
    have one vector and the words of every passage, as its text says, and no others          out of step
    and every other time, after the next run, be what a fresh index would be                 unequal
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.killed import State, small  # noqa: E402
from indexer import index_folder  # noqa: E402
from indexer.errors import BertrieveError, NotAnIndexError  # noqa: E402
from indexer.store import Reader  # noqa: E402
from indexer.store.check import check  # noqa: E402
from tests.fake import FakeEncoder  # noqa: E402
from tests.making import contents, rows  # noqa: E402

FILES = 60
WORDS = "rivers cats iron wood vectors 检索 questions answers light paper".split()
CHILD = ROOT / "benchmarks" / "killed.py"


class Run:
    """A folder, its index, and what the children said of it."""

    def __init__(self, place: Path, seed: int) -> None:
        self.folder, self.index, self._report = place / "documents", place / "index", place / "report"
        self._fresh = place / "fresh"
        self.folder.mkdir()
        self._chance = random.Random(seed)
        self._clock = 1_000_000_000
        self._allowed: list[State] = [{}]
        # How long a run is, from nothing and onwards: the times of the kills are spread over all of it.
        self._seconds = {True: 1.0, False: 1.0}
        self._steps: Counter[str] = Counter()
        # A reader in another process than the writers, open from one run to the next.
        self._reader: Reader | None = None
        self.counts: Counter[str] = Counter()
        for at in range(FILES):
            self._write(at)

    def turn(self, number: int) -> None:
        """Change the folder, have a child index it, kill that, and look."""
        if number % 6 == 0:
            self._remove()
        for _ in range(self._chance.randrange(1, 15)):
            self._change()
        by_step, new = self._chance.random() < 0.5, not self.index.exists()
        killed = self._run(
            step=self._step(new) if by_step else "",
            seconds=None if by_step else self._chance.uniform(0, self._seconds[new]),
        )
        self.counts[
            ("killed at a step" if by_step else "killed at a time") if killed else "ended before"
        ] += 1
        self.look()
        if self._chance.random() < 0.5:
            self.go_on()

    def whole(self) -> None:
        """One run that nobody kills, to learn how long one is."""
        self._run(step="", seconds=None)
        self.look()
        self._change()
        self._run(step="", seconds=None)
        self.look()
        self._remove()

    def close(self) -> None:
        """Let go of the index."""
        self._remove()

    def look(self) -> None:
        """Count what is wrong with the index as it was left."""
        try:
            reader = Reader(self.index)
        except NotAnIndexError:
            self.counts["lost"] += {} not in self._allowed
            return
        except BertrieveError as error:
            self._wrong("unopenable", error)
            return
        try:
            found = {
                path: key.hex() for path, key in rows(self.index, "SELECT path, content_hash FROM documents")
            }
            if found not in self._allowed:
                self._wrong("lost", f"{len(found)} documents, not one of {[len(at) for at in self._allowed]}")
            self._allowed = [found]
            self._reader = self._reader or Reader(self.index)
            if wrong := out_of_step(reader, self.index) or out_of_step(self._reader, self.index):
                self._wrong("out of step", wrong)
        except BertrieveError as error:
            self._wrong("unopenable", error)
        finally:
            reader.close()

    def go_on(self) -> None:
        """The next run ends, and leaves what a fresh index would hold."""
        try:
            index_folder(self.folder, index=self.index, encoder=FakeEncoder())
            problems = check(self.index)
        except BertrieveError as error:
            self._wrong("unopenable", error)
            return
        index_folder(self.folder, index=self._fresh, encoder=FakeEncoder())
        if problems or contents(self.index) != contents(self._fresh):
            self._wrong("unequal", problems)
        shutil.rmtree(self._fresh)
        self._allowed = [
            {path: key.hex() for path, key in rows(self.index, "SELECT path, content_hash FROM documents")}
        ]
        self.counts["went on"] += 1

    def _step(self, new: bool) -> str:
        # Any kind is as likely as another: some come once in a run, some a hundred times.
        name = self._chance.choice(sorted(self._steps))
        return f"{name} {self._chance.randint(1, self._steps[name] if new else min(self._steps[name], 4))}"

    def _remove(self) -> None:
        if self._reader:
            self._reader.close()
            self._reader = None
        shutil.rmtree(self.index, ignore_errors=True)
        self._allowed = [{}]

    def _run(self, *, step: str, seconds: float | None) -> bool:
        """Whether the child was killed before it ended."""
        self._report.write_text("")
        new = not self.index.exists()
        arguments = [str(self.folder), str(self.index), str(self._report), step]
        with subprocess.Popen([sys.executable, str(CHILD), *arguments]) as process:
            while not self._lines() and process.poll() is None:
                time.sleep(0.01)
            began = time.monotonic()
            try:
                process.wait(seconds)
                if not process.returncode:
                    self._seconds[new] = time.monotonic() - began
            except subprocess.TimeoutExpired:
                process.kill()
        if process.returncode not in (0, -signal.SIGKILL):
            raise SystemExit(f"the child failed with {process.returncode}")
        self._hear()
        return process.returncode != 0

    def _hear(self) -> None:
        """The state after the last commit that was reported, and the one that may have been under way."""
        for line in self._lines():
            if "at" in line:
                self._allowed = [line["at"]]
            elif "to" in line:
                self._allowed = [self._allowed[0], line["to"]]
            elif "steps" in line:
                self._steps |= Counter(line["steps"])

    def _lines(self) -> list[dict[str, Any]]:
        # A line without its end was cut by the kill: nobody was told.
        whole, _, _ = self._report.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def _change(self) -> None:
        files = sorted(self.folder.iterdir())
        what = self._chance.random()
        if what < 0.5 or len(files) < FILES // 2:
            self._write(self._chance.randrange(FILES * 2))
        elif what < 0.75:
            self._chance.choice(files).unlink()
        else:
            self._chance.choice(files).rename(self.folder / f"{self._chance.randrange(FILES * 2):03}.md")

    def _write(self, at: int) -> None:
        sections = [
            f"## Part {part}\n\nThe {' '.join(self._chance.choices(WORDS, k=8))}.\n"
            for part in range(self._chance.randint(1, 6))
        ]
        file = self.folder / f"{at:03}.md"
        file.write_text("# The title\n\n" + "\n".join(sections), encoding="utf-8")
        self._clock += 1
        os.utime(file, (self._clock, self._clock))

    def _wrong(self, what: str, why: object) -> None:
        self.counts[what] += 1
        print(f"{what}: {why}", flush=True)


def out_of_step(reader: Reader, index: Path) -> str:
    """What of rows, vectors and words disagrees; "" where nothing does."""
    problems = [problem for problem in check(index) if problem.kind != "leftover"]
    if problems:
        return str(problems[:3])
    embedded = rows(index, "SELECT id, prefix || text FROM passages ORDER BY id")
    ids = [at for at, _ in embedded]
    encoder = FakeEncoder()
    with reader.view() as view:
        if sorted(view.dense(encoder.encode_question("the"), len(ids) + 50).ids.tolist()) != ids:
            return "the vectors are not those of the passages"
        # Every passage stands under "The title", so this word finds them all.
        if sorted(view.lexical("title", len(ids) + 50).ids.tolist()) != ids:
            return "the words are not those of the passages"
        for at, text in embedded:
            if view.cosines(encoder.encode_question(text), np.array([at]))[0] < 0.999:
                return f"the vector of passage {at} is not that of its text"
    return ""


WRONG = ("unopenable", "lost", "out of step", "unequal")


def kill(kills: int, seed: int, *, progress: bool = False) -> Counter[str]:
    """Kill that many children; how often what was wrong."""
    small()
    with tempfile.TemporaryDirectory(prefix="bertrieve-kill-") as place:
        run = Run(Path(place), seed)
        run.whole()
        turn = 0
        while run.counts["killed at a step"] + run.counts["killed at a time"] < kills:
            run.turn(turn)
            turn += 1
            if progress and turn % 20 == 0:
                print(dict(run.counts), flush=True)
        run.go_on()
        run.close()
        return run.counts


def main() -> None:
    """Kill as often as asked, and print what was counted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    counts = kill(given.kills, given.seed, progress=True)
    wrong = {name: counts[name] for name in WRONG}
    others = {name: count for name, count in counts.items() if name not in WRONG}
    print(f"seed {given.seed}: {wrong}; {others}; {time.monotonic() - began:.0f} s")
    sys.exit(any(wrong.values()))


if __name__ == "__main__":
    main()

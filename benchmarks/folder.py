"""A folder of many small files: how long an unchanged run takes, and how soon an edit is found.

    python benchmarks/folder.py [--files 50000] [--at FOLDER] [--stand-in]

Makes FOLDER (default: a temporary one) with so many notes of about 25 words, each distinct, and indexes it
with the default model in a process of its own. Prints the peak memory of that first run, with the model; the
wall and CPU time of a run over the unchanged folder, also a process of its own (median of 5); and, while the
folder is followed, the time from an edit until a searcher finds the new word (median and longest of 10). A
FOLDER that was made before is used as it stands. With --stand-in the encoder is that of the tests, which
takes no time: all but the encoding is measured.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from indexer import follow_folder  # noqa: E402
from search import Searcher  # noqa: E402
from tests.fake import FakeEncoder  # noqa: E402

WORDS = (
    "archive bridge copper dinner engine forest garden harbour island jacket kitchen ladder market needle "
    "orchard paper quarry river silver timber uncle valley window yellow zinc answer begin carry deliver"
).split()

RUN = """
import resource, sys, time
from indexer import index_folder
from tests.fake import FakeEncoder
encoder = FakeEncoder() if sys.argv[3] == "stand-in" else None
began = time.perf_counter()
report = index_folder(sys.argv[1], index=sys.argv[2], encoder=encoder)
used = resource.getrusage(resource.RUSAGE_SELF)
print(report.passages, time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def make(folder: Path, files: int) -> None:
    """The notes, 100 a folder."""
    chosen = random.Random(1)
    for number in range(files):
        file = folder / f"{number // 100:04}" / f"note-{number:06}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Note {number}. {' '.join(chosen.choices(WORDS, k=23))}.\n")


def run(folder: Path, index: Path, encoder: str) -> tuple[int, float, float, float]:
    """Passages embedded, wall seconds, CPU seconds of the whole process, its peak memory in GB."""
    command = [sys.executable, "-c", RUN, str(folder), str(index), encoder]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.split()
    return int(printed[0]), float(printed[1]), float(printed[2]), int(printed[3]) / 1e6


def edits(folder: Path, index: Path, encoder: Any, times: int) -> list[float]:
    """Seconds from each of some edits until its new word is found."""
    reports = follow_folder(folder, index=index, encoder=encoder)
    next(reports)
    threading.Thread(target=lambda: list(reports), daemon=True).start()
    searcher = Searcher(index, encoder=encoder)
    files = sorted(folder.rglob("*.txt"))
    taken = []
    for number in range(times):
        time.sleep(1)
        word = f"edit{time.time_ns()}"
        began = time.perf_counter()
        files[number * len(files) // times].write_text(f"This note has the word {word} now.\n")
        for _ in count():
            if any(word in hit.text for hit in searcher.query(word, k=1, mode="lexical")):
                break
            time.sleep(0.02)
        taken.append(time.perf_counter() - began)
    time.sleep(1)  # the last run is still closing the index
    return taken


def main() -> None:
    """Make the folder, index it, and time an unchanged run and edits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--at", type=Path)
    parser.add_argument("--stand-in", action="store_true")
    chosen = parser.parse_args()
    encoder = "stand-in" if chosen.stand_in else "own"
    with tempfile.TemporaryDirectory() as made:
        place = (chosen.at or Path(made)).absolute()
        folder, index = place / "notes", place / "index"
        if not folder.exists():
            make(folder, chosen.files)
        passages, wall, cpu, peak = run(folder, index, encoder)
        print(f"first run: {passages:,} passages, {wall:.0f} s wall, {cpu:.0f} CPU s, peak {peak:.2f} GB")
        unchanged = [run(folder, index, encoder) for _ in range(5)]
        wall, cpu = median(at[1] for at in unchanged), median(at[2] for at in unchanged)
        print(f"unchanged: {wall:.2f} s wall, {cpu:.2f} CPU s with imports (medians of 5)")
        taken = edits(folder, index, FakeEncoder() if chosen.stand_in else None, 10)
        print(f"an edit is found after {median(taken):.2f} s (median of 10; longest {max(taken):.2f})")


if __name__ == "__main__":
    main()

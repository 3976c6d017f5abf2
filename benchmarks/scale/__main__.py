"""An index of many passages: how fast it answers, how much it needs, how it lives, and its peers beside it.

    python benchmarks/scale INDEX [--sizes 10000 100000 1000000] [--at FOLDER] [--peers PYTHON …]
                            [--living all] [--again] [--plot FILE]

INDEX is any index of real passages, best of 100,000 or more; what it lacks up to a size is mixed from it
(corpus.py says how). Of each size FOLDER keeps the index, made through the writer without a model, its
vectors and the questions; what is there is taken, unless --again. Figures go to FOLDER/figures.json, tables
to the terminal. PYTHON is that of an environment with hnswlib, usearch, lancedb and txtai; they get the same
vectors and questions. Everything is asked in a process of its own. --plot FILE draws all sizes, and writes
the figures beside it as CSV.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from building import build, prepare
from corpus import Corpus
from living import live
from plot import draw

HERE = Path(__file__).parent
PEERS = ("hnswlib", "usearch", "lancedb", "txtai")


def main() -> None:
    """All that is asked for on the command line."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("index", type=Path)
    words.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    words.add_argument("--at", type=Path, default=Path("scale"))
    words.add_argument("--peers", type=Path, help="python of an environment that has them")
    words.add_argument("--only", nargs="+", choices=PEERS, default=PEERS)
    words.add_argument("--again", action="store_true", help="make the index anew")
    words.add_argument("--living", choices=("append", "all"), help="also append; delete and compact")
    words.add_argument("--plot", type=Path)
    asked = words.parse_args()
    asked.at.mkdir(parents=True, exist_ok=True)
    kept = asked.at / "figures.json"
    figures = json.loads(kept.read_text()) if kept.exists() else {}
    corpus = Corpus.of(asked.index)
    for size in asked.sizes:
        own, at = figures.setdefault(str(size), {}), asked.at / str(size)
        if asked.again or not (at / "index").exists():
            prepare(corpus, asked.index, size, at)
            own["bertrieve"] = build(corpus, asked.index, size, at)
        own.setdefault("bertrieve", {}).update(run(sys.executable, "asking.py", at))
        own["real"] = min(size, len(corpus.rows))
        if asked.living:
            own["living"] = live(corpus, size, at, deleting=asked.living == "all")
        for name in asked.only if asked.peers else ():
            own[name] = beside(asked.peers, name, at)
        kept.write_text(json.dumps(figures, indent=1))
        show(size, own)
    if asked.plot:
        draw(figures, asked.plot)


def beside(python: Path, name: str, at: Path) -> dict[str, Any]:
    """A peer, built and asked."""
    folder = at / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    found = run(python, "peers.py", "build", name, at, folder)
    found |= run(python, "peers.py", "ask", name, at, folder)
    shutil.rmtree(folder)
    return found


def run(python: str | Path, script: str, *words: str | Path) -> dict[str, Any]:
    """What a script of this folder prints as JSON."""
    command = [str(python), str(HERE / script), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def show(size: int, own: dict[str, Any]) -> None:
    """A line for each figure of ours, then a table of all."""
    print(f"\n{size:,} passages, {own['real']:,} of them real")
    for part in ("bertrieve", "living"):
        for name, value in own.get(part, {}).items():
            print(f"  {name}: {told(value)}")
    print(
        "\n| | build CPU s | overlap@10 | p50 ms | p99 ms | CPU p50 ms | memory MB (own) | bytes a passage |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in ("bertrieve", *PEERS):
        if found := own.get(name):
            size_on_disk = found["bytes a passage"]
            if isinstance(size_on_disk, dict):
                size_on_disk = size_on_disk["segments"]
            times, memory = found["vectors"], found["memory MB"]
            print(
                f"| {name} | {found.get('build CPU s', 0):.0f} | {found['overlap@10']:.4f} "
                f"| {times['p50 ms']:.2f} | {times['p99 ms']:.2f} | {times['CPU p50 ms']:.2f} "
                f"| {memory['resident']:.0f} ({memory['own']:.0f}) | {size_on_disk:.0f} |"
            )
    print("(bytes of the vectors alone; bertrieve's build and memory are those of texts and words too)")


def told(value: Any) -> str:
    """A figure, or several."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {told(part)}" for name, part in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()

"""The wheel as strangers install it: bare, and with each extra alone, in a clean environment each.

    python benchmarks/wheels.py                   # all; some 3 GB on disk at a time, minutes each
    python benchmarks/wheels.py bare langchain    # some

In each, pip with constraints.txt installs the wheel, what the extra promises is imported, and `import search`
is timed (CPU, the median of nine processes) and asked which heavy packages it brought along: none is right.
The bare one also indexes a file and is asked a question. Exits 1 where anything fails.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[1]

PACKAGES = ("indexer", "search", "ui")
PROMISED = {
    "bare": "search.searcher, search.server.app, search.server.mcp, indexer.sync, ui.cli, ui.page.main",
    "langchain": "search.adapters.langchain",
    "llamaindex": "search.adapters.llamaindex",
    "haystack": "search.adapters.haystack",
    "dspy": "search.adapters.dspy",
    "docs": "zensical, mkdocstrings_handlers.python",
    "dev": "search.adapters.dspy, hypothesis, langchain_tests, openai, pytest, schemathesis, zensical",
}
HEAVY = ("torch", "transformers", "streamlit", "faiss", "sqlalchemy", "onnxruntime", "fastapi", "mcp")
IMPORT = f"""import json, sys, time
began = time.process_time()
import search
print(json.dumps([1000 * (time.process_time() - began), sorted({set(HEAVY)} & sys.modules.keys())]))"""


def main() -> int:
    """Build the wheel, and try it with each extra in an environment of its own."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = ["bare", *tomllib.load(file)["project"]["optional-dependencies"]]
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("extras", nargs="*", metavar="EXTRA", help=", ".join(extras))
    asked = words.parse_args().extras or extras
    if unknown := set(asked) - set(extras):
        words.error(f"pyproject.toml has no extra {', '.join(sorted(unknown))}; it has {', '.join(extras)}")
    failed = False
    with tempfile.TemporaryDirectory(prefix="bertrieve-wheels-") as scratch:
        wheel = built(Path(scratch))
        print(f"{wheel.name}, {wheel.stat().st_size / 1e3:.0f} kB", flush=True)
        for extra in asked:
            try:
                print(f"{extra}: {tried(wheel, extra)}", flush=True)
            except subprocess.CalledProcessError as error:
                failed = True
                print(f"{extra}: FAILED {error.cmd}\n{error.stdout}{error.stderr}", flush=True)
    return int(failed)


def built(scratch: Path) -> Path:
    """The wheel of this checkout. Raises RuntimeError where a file of a package isn't in it."""
    # Of a copy: setuptools leaves its work beside the source, and takes what an earlier one left.
    source = scratch / "source"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    files = {at.relative_to(source).as_posix() for at in source.glob("*/**/*") if at.is_file()}
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", scratch, source, within=scratch)
    wheel = next(scratch.glob("bertrieve-*.whl"))
    if missing := files - set(ZipFile(wheel).namelist()):
        raise RuntimeError(f"the wheel lacks {', '.join(sorted(missing))}")
    return wheel


def tried(wheel: Path, extra: str) -> str:
    """What was seen of the wheel with one extra, for a person. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory(prefix=f"{extra}-", dir=wheel.parent) as scratch:
        home = Path(scratch)
        venv.create(home / "venv", with_pip=True)
        programs = home / "venv" / ("Scripts" if os.name == "nt" else "bin")
        python = programs / "python"
        wanted = f"bertrieve[{extra}] @ {wheel.as_uri()}" if extra != "bare" else wheel
        constraints = ROOT / "constraints.txt"
        # Not compiled: of a gigabyte of packages a few modules are imported.
        run(python, "-m", "pip", "install", "--no-compile", "-c", constraints, wanted, within=home)
        run(python, "-m", "pip", "check", within=home)
        run(python, "-c", f"import {PROMISED[extra]}", within=home)
        if extra == "bare":
            asks(programs / "bertrieve", home)
        times, heavy = zip(
            *(json.loads(run(python, "-c", IMPORT, within=home)) for _ in range(9)), strict=True
        )
        size = sum(file.stat().st_size for file in (home / "venv").rglob("*") if file.is_file()) / 1e6
        return (
            f"{PROMISED[extra]} imported; import search {statistics.median(times):.0f} ms CPU, "
            f"heavy packages with it: {', '.join(heavy[0]) or 'none'}; environment {size:,.0f} MB"
        )


def asks(command: Path, home: Path) -> None:
    """Index one file with the command that was installed, and ask it."""
    (home / "documents").mkdir()
    (home / "documents" / "cats.txt").write_text("A cat hunts at dusk.", encoding="utf-8")
    run(command, "index", "documents", "--index", "index", within=home)
    found = run(command, "query", "when do cats hunt?", "--index", "index", "--json", within=home)
    if json.loads(found)["hits"][0]["path"] != "cats.txt":
        raise subprocess.CalledProcessError(1, "bertrieve query", found, "found something else")


def run(*command: object, within: Path) -> str:
    """What a command prints, run where the checkout isn't importable. Raises CalledProcessError."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        list(map(str, command)), cwd=within, env=clean, capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main())

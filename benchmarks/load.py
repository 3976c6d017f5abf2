"""Many clients at once against `bertrieve serve`: requests a second, times, failures, memory as it goes.

    python benchmarks/load.py INDEX [--clients 64] [--seconds 60] [--processes 1 2]
                                    [--peers PYTHON [--kept FOLDER]]

Questions are the first words of up to 20,000 of the index's passages; the server remembers 256 vectors.
Clients and server share the machine, so CPU seconds a request are printed too. `--processes`: a load each,
with so many of them.

`--peers`, a Python that has txtai, puts txtai's API beside it in the same run: the same texts, vectors and
model, asked the same questions by as many clients. With "txtai[api]==9.14.*" and torch==2.13.0 installed.
`--kept`: where txtai's index is, or is to be kept for another run; to make it takes minutes.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from indexer.encoder.models import model_folder  # noqa: E402
from search import Searcher  # noqa: E402

WARM = 5  # seconds
EVERY = 5  # seconds, between two looks at the memory

Request = Callable[[str], bytes]
Loaded = tuple[list[float], list[bytes]]


def main() -> None:
    """Serve the index, ask it by many clients, and the peer likewise."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("index", type=Path)
    words.add_argument("--clients", type=int, default=64)
    words.add_argument("--seconds", type=float, default=60)
    words.add_argument("--processes", type=int, nargs="+", default=[1])
    words.add_argument("--peers", metavar="PYTHON", help="a Python that has txtai[api]")
    words.add_argument("--kept", type=Path, metavar="FOLDER", help="with --peers: of txtai's index")
    asked = words.parse_args()
    questions = questions_of(asked.index)
    with tempfile.TemporaryDirectory(prefix="bertrieve-load-") as scratch:
        folder = asked.kept or Path(scratch)
        peer = txtai(asked.index, folder, asked.peers) if asked.peers else []
        rates = {}
        for count in asked.processes:
            with serving(ours(asked.index, count), "/ready") as (process, port):
                name = f"bertrieve --processes {count}"
                rates[name] = tried(name, process.pid, port, questions, post, asked.clients, asked.seconds)
        if peer:
            with serving(peer, "/search?query=warm", CONFIG=f"{folder}/config.yml") as (process, port):
                theirs = tried("txtai", process.pid, port, questions, get, asked.clients, asked.seconds)
            for name, rate in rates.items():
                print(f"{name} answers {rate / theirs:.2f} times as many requests")


def questions_of(index: Path) -> list[str]:
    """The first eight words of up to 20,000 passages, in an order of their own."""
    searcher = Searcher(index)
    with searcher.view() as view:
        ids = view.ids(None)
        rows = view.passages(np.random.default_rng(0).permutation(ids)[:20_000])
    searcher.close()
    questions = list(dict.fromkeys(" ".join(row.text.split()[:8]) or "nothing" for row in rows))
    random.Random(0).shuffle(questions)
    return questions


def ours(index: Path, processes: int) -> list[str]:
    """The command that serves an index; the port comes last."""
    command = [sys.executable, "-c", "from ui.cli import main; main()", "serve"]
    options = ["--index", str(index.resolve()), "--processes", str(processes), "--read-only"]
    return [*command, *options, "--keys", "no-keys.json", "--port"]


def txtai(index: Path, scratch: Path, python: str) -> list[str]:
    """The same for txtai, once it has an index of the same texts and vectors in `scratch`."""
    command = [python, "-m", "uvicorn", "txtai.api:app", "--log-level", "warning", "--port"]
    if (scratch / "config.yml").exists():
        return command
    scratch.mkdir(parents=True, exist_ok=True)
    searcher = Searcher(index)
    with searcher.view() as view:
        ids = view.ids(None)
        (scratch / "texts.json").write_text(json.dumps([row.text for row in view.passages(ids)]))
        np.save(scratch / "vectors.npy", view.vectors(ids).astype(np.float16))
    model = model_folder(searcher.encoder.model)
    searcher.close()
    began = time.perf_counter()
    subprocess.run([python, ROOT / "benchmarks" / "load_txtai.py", scratch, model], check=True)
    print(f"txtai's index of {len(ids):,} texts made in {time.perf_counter() - began:.0f} s", flush=True)
    return command


@contextmanager
def serving(
    command: list[str], until: str, **environment: str
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A server that answers; stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*command, str(port)], cwd=ROOT, env={**os.environ, **environment}, stderr=subprocess.DEVNULL
    )
    try:
        while not asyncio.run(answers(port, until)):
            if process.poll() is not None:
                sys.exit(f"the server ended with {process.returncode}: {' '.join(command)} {port}")
            time.sleep(0.2)
        yield process, port
    finally:
        process.terminate()
        process.wait()


async def answers(port: int, path: str) -> bool:
    """Whether a server answers 200."""
    try:
        return b" 200 " in await exchanged(port, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    except OSError:
        return False


async def exchanged(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    line = await reader.readline()
    writer.close()
    return line


def post(question: str) -> bytes:
    """A request of our own server."""
    body = json.dumps({"query": question, "k": 10}).encode()
    head = "POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(question: str) -> bytes:
    """A request of txtai's."""
    return f"GET /search?query={quote(question)}&limit=10 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def tried(
    name: str, pid: int, port: int, questions: list[str], request: Request, clients: int, seconds: float
) -> float:
    """Warm a server up, load it, print what came of it: the requests a second."""
    asyncio.run(load(port, questions[:64], request, 8, WARM))
    began, before = time.perf_counter(), cpu(pid)
    times, failures = asyncio.run(watched(pid, load(port, questions[64:], request, clients, seconds)))
    spent, taken = cpu(pid) - before, time.perf_counter() - began
    p50, p99 = np.percentile(np.array(times) * 1000, [50, 99])
    print(
        f"{name}: {clients} clients, {taken:.0f} s: {len(times) / taken:.1f} requests/s, p50 {p50:.0f} ms, "
        f"p99 {p99:.0f} ms, {len(failures)} failures of {len(times):,}; "
        f"{1000 * spent / len(times):.1f} CPU ms a request",
        flush=True,
    )
    return len(times) / taken


async def load(port: int, questions: list[str], request: Request, clients: int, seconds: float) -> Loaded:
    """The time of each request, and what failed, of so many connections for so long."""
    waiting = iter(questions * 100)
    times: list[float] = []
    failures: list[bytes] = []
    end = time.perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            began = time.perf_counter()
            writer.write(request(next(waiting)))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
            times.append(time.perf_counter() - began)
            if b" 200 " not in head[:20]:
                failures.append(head[:20])
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return times, failures


async def watched(pid: int, loading: Coroutine[None, None, Loaded]) -> Loaded:
    """A load, and the server's memory during it (Linux)."""
    running = asyncio.ensure_future(loading)
    began = time.perf_counter()
    sizes = [(memory(pid, "VmRSS"), memory(pid, "RssAnon"))]
    while not running.done():
        await asyncio.wait([running], timeout=EVERY)
        sizes.append((memory(pid, "VmRSS"), memory(pid, "RssAnon")))
    taken = time.perf_counter() - began
    resident, own = (" ".join(f"{size:.0f}" for size in kind) for kind in zip(*sizes, strict=True))
    print(f"resident MB, every {EVERY} s of {taken:.0f}: {resident}")
    print(f"of which the process's own, not mapped files: {own}")
    return await running


def memory(pid: int, kind: str) -> float:
    """Of a process and those it started, in MB; `kind` as /proc names it. What is shared counts in each."""
    found = (Path(f"/proc/{at}/status").read_text() for at in family(pid))
    return sum(int(status.split(f"{kind}:")[1].split()[0]) / 1024 for status in found)


def cpu(pid: int) -> float:
    """Seconds so far, of a process and those it has started."""
    found = (Path(f"/proc/{at}/stat").read_text().rpartition(")")[2].split() for at in family(pid))
    return sum(int(fields[11]) + int(fields[12]) for fields in found) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    children = " ".join(file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children"))
    return [pid, *(each for child in children.split() for each in family(int(child)))]


if __name__ == "__main__":
    main()

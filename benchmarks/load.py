"""Many clients at once against `bertrieve serve`: requests a second, times, failures, memory as it goes.

python benchmarks/load.py INDEX [--clients 64] [--seconds 60] [--against URL]

Questions are the first words of up to 20,000 of the index's passages; the
server remembers the vectors of 256.
`--against` takes another server's address with its path and `{question}` in it, asked with GET in the same
run, such as txtai's "http://127.0.0.1:8000/search?query={question}&limit=10". Clients and server share the
machine.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from search import Searcher

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("index", type=Path)
    words.add_argument("--clients", type=int, default=64)
    words.add_argument("--seconds", type=float, default=60)
    words.add_argument("--against", help="another server's address, {question} in it")
    asked = words.parse_args()
    questions = questions_of(asked.index)
    command = [sys.executable, "-c", "from ui.cli import main; main()", "serve", "--port", "0"]
    options = ["--index", str(asked.index.resolve()), "--read-only", "--keys", "no-keys.json"]
    with subprocess.Popen([*command, *options], cwd=ROOT, stderr=subprocess.PIPE, text=True) as server:
        line = next(line for line in server.stderr if "running on" in line)
        port = int(line.split("127.0.0.1:")[1].split()[0])
        drained = subprocess.Popen(["cat"], stdin=server.stderr, stdout=subprocess.DEVNULL)
        asyncio.run(load("warm", port, questions[:64], 8, 5, post))
        asyncio.run(
            watched(server.pid, load("bertrieve", port, questions, asked.clients, asked.seconds, post))
        )
        server.terminate()
        server.wait()
        drained.wait()
    if asked.against:
        at = urlsplit(asked.against)
        path = asked.against.split(at.netloc, 1)[1]
        get = f"GET {{}} HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n"
        asyncio.run(
            load(
                at.netloc,
                at.port or 80,
                questions,
                asked.clients,
                asked.seconds,
                lambda question: get.format(path.replace("{question}", quote(question))).encode(),
            )
        )


def questions_of(index: Path) -> list[str]:
    """The first eight words of up to 20,000 passages."""
    searcher = Searcher(index)
    with searcher.view() as view:
        rows = view.passages(view.ids(None)[:20_000])
    searcher.close()
    return [" ".join(row.text.split()[:8]) or "nothing" for row in rows]


def post(question: str) -> bytes:
    """The request of our own server."""
    body = json.dumps({"query": question, "k": 10}).encode()
    head = "POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def load(
    name: str,
    port: int,
    questions: list[str],
    clients: int,
    seconds: float,
    request: Callable[[str], bytes],
) -> None:
    """Ask by so many connections for so long, and print what came of it."""
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

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    rate, taken = len(times) / (time.perf_counter() - began), np.array(times) * 1000
    p50, p99 = np.percentile(taken, [50, 99])
    print(f"{name}: {rate:.1f} requests/s, p50 {p50:.0f} ms, p99 {p99:.0f} ms, {len(failures)} failures")


async def watched(pid: int, loading: Coroutine[None, None, None]) -> None:
    """A load, and the server's memory every five seconds of it (Linux)."""
    running = asyncio.ensure_future(loading)
    print("seconds, resident MB, of which the process's own (the rest is files, mapped)")
    began = time.perf_counter()
    while not running.done():
        print(f"{time.perf_counter() - began:7.0f}, {memory(pid, 'VmRSS'):.0f}, {memory(pid, 'RssAnon'):.0f}")
        await asyncio.wait([running], timeout=5)
    print(f"    end, {memory(pid, 'VmRSS'):.0f}, {memory(pid, 'RssAnon'):.0f}")
    await running


def memory(pid: int, kind: str) -> float:
    """In MB; `kind` as /proc names it."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{kind}:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()

"""Several processes answer for one server: as one does, also when one dies, and no longer than it lives."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from indexer.errors import UnknownIdError
from search import Searcher
from search.server.pool import BusyError, Pool

ASKED = [
    ("/v1/search", {"query": "cat", "mode": "lexical"}),
    ("/v1/search", {"query": "cat -dog type:md", "mode": "lexical", "group": "document"}),
    ("/v1/search", {"query": "cat", "mode": "lexical", "filter": "nonsense:x"}),
    ("/v1/embeddings", {"model": "fake", "input": " "}),
]
READ = ["/v1/info", "/v1/facets", "/v1/documents/1", "/v1/passages/1", "/v1/passages/99", "/v1/ledger"]


# As much of a server as has processes.
SERVER = """
import asyncio, multiprocessing, sys, time
from search import Searcher
from search.server.pool import Pool

async def asked(pool):
    await asyncio.gather(pool.run(Searcher.info), pool.run(Searcher.info))

asyncio.run(asked(Pool(Searcher(sys.argv[1]), 1, 2, processes=2)))
print(*(child.pid for child in multiprocessing.active_children()), flush=True)
time.sleep(60)
"""


def end(searcher):
    os._exit(1)


def wait(searcher):
    time.sleep(0.5)


def test_they_answer_as_one_does(client_of, monkeypatch):
    monkeypatch.setattr(Pool, "warm", lambda _: None)  # they would look for a model
    one, several = client_of(), client_of(processes=2)
    for path, asked in ASKED:
        ours, theirs = (client.post(path, json=asked) for client in (several, one))
        assert (ours.status_code, ours.json()) == (theirs.status_code, theirs.json())
    for path in READ:
        ours, theirs = (client.get(path) for client in (several, one))
        assert (ours.status_code, ours.json()) == (theirs.status_code, theirs.json())


def test_one_that_dies_takes_no_question_with_it(searcher):
    pool = Pool(searcher, 2, 2, processes=2)

    async def asked():
        others = [asyncio.ensure_future(pool.run(wait)) for _ in range(5)]
        await asyncio.sleep(0.1)
        multiprocessing.active_children()[0].kill()
        *ended, refused = await asyncio.gather(*others, return_exceptions=True)
        assert ended == [None] * 4
        assert isinstance(refused, BusyError)
        with pytest.raises(BrokenExecutor):
            await pool.run(end)
        with pytest.raises(UnknownIdError, match="no passage 99"):
            await pool.run(Searcher.passage, 99)
        return await pool.run(Searcher.passage, 1)

    try:
        assert asyncio.run(asked()) == searcher.passage(1)
        assert pool.pending == 0
    finally:
        pool.close()
    assert not multiprocessing.active_children()


def state(pid):
    """As /proc has it; "" for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_none_is_left_when_the_server_is_killed(index):
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(index)], stdout=subprocess.PIPE, text=True)
    children = process.stdout.readline().split()
    assert len(children) == 2
    process.kill()
    process.wait()
    process.stdout.close()
    until = time.monotonic() + 20
    while any(state(child) not in ("", "Z") for child in children) and time.monotonic() < until:
        time.sleep(0.05)
    assert all(state(child) in ("", "Z") for child in children)

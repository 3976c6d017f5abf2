"""Real clients against a real server: OpenAI's own, and many at once while the index changes."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

import numpy as np
import pytest
from typer.testing import CliRunner

from indexer import index_folder
from search import Searcher
from tests.search.server.conftest import served
from ui.cli.app import app as cli


def post(address, path, asked):
    data, headers = json.dumps(asked).encode(), {"content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address + path, data, headers)) as answer:
        return json.load(answer)


def test_openai_s_client_gets_the_vectors(app_of, searcher):
    openai = pytest.importorskip("openai")
    texts = ["a cat sleeps", "语义检索"]
    with served(app_of()) as address:
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        found = client.embeddings.create(model="fake", input=texts)  # asks for base64 by itself
        plain = client.embeddings.create(model="fake", input=texts[0], encoding_format="float")
        expected = searcher.embed(texts).vectors
        assert np.array_equal(np.array([at.embedding for at in found.data], np.float32), expected)
        assert np.array_equal(np.array(plain.data[0].embedding, np.float32), expected[0])
        assert [model.id for model in client.models.list()] == ["fake"]
        with pytest.raises(openai.NotFoundError, match="no model"):
            client.embeddings.create(model="text-embedding-3-small", input="x")


def test_a_re_index_swaps_in_without_a_failed_request(app_of, folder, index, encoder):
    failures, asked, stop = [], [], threading.Event()

    def ask(address):
        while not stop.is_set():
            try:
                asked.append(len(post(address, "/v1/search", {"query": f"cat {len(asked)}"})["hits"]))
            except Exception as error:
                failures.append(error)

    with served(app_of()) as address:
        threads = [threading.Thread(target=ask, args=(address,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for at in range(5):
            (folder / f"zebra{at}.md").write_text(f"# Zebra {at}\n\nA zebra has {at} stripes.\n")
            (folder / "page.html").write_text(f"<h1>Rivers</h1><p>The river {at} flows.</p>")
            index_folder(folder, index=index, encoder=encoder)
        found = post(address, "/v1/search", {"query": "zebra stripes", "mode": "lexical"})
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert len(asked) > 5
    assert len(found["hits"]) == 5


def test_a_stop_lets_requests_under_way_end(app_of, monkeypatch):
    entered, answers = threading.Event(), []
    real = Searcher.passage

    def slow(searcher, passage_id):
        entered.set()
        threading.Event().wait(0.5)
        return real(searcher, passage_id)

    monkeypatch.setattr(Searcher, "passage", slow)
    with served(app_of()) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
        connection.request("GET", "/v1/passages/1")
        assert entered.wait(10)
    answers.append(connection.getresponse())
    assert answers[0].status == 200
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", connection.port))


def test_the_command_serves_until_it_is_told_to_stop(index, tmp_path):
    command = [sys.executable, "-c", "from ui.cli import main; main()", "serve", "--index", str(index)]
    environment = {**os.environ, "BERTRIEVE_KEYS": str(tmp_path / "keys.json")}
    process = subprocess.Popen([*command, "--port", "0"], stderr=subprocess.PIPE, text=True, env=environment)
    line = next(line for line in process.stderr if "running on" in line)
    address = line.split("running on ")[1].split()[0]
    with urllib.request.urlopen(f"{address}/health") as answer:
        assert json.load(answer) == {"status": "ok"}
    found = post(address, "/v1/search", {"query": "cat", "mode": "lexical"})
    assert found["hits"][0]["path"] == "notes/cats.txt"
    process.send_signal(signal.SIGTERM)
    rest = process.stderr.read()
    assert process.wait(20) == 0
    assert '"route": "/v1/search", "status": 200' in rest


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--host", "0.0.0.0"], "make a key first"),
        (["--host", "192.168.1.5"], "make a key first"),
        (["--host", "example.org"], "make a key first"),
    ],
)
def test_others_reach_it_only_with_keys(index, tmp_path, options, sentence):
    keys = ["--keys", str(tmp_path / "keys.json")]
    done = CliRunner().invoke(cli, ["serve", "--index", str(index), *keys, *options])
    assert sentence in str(done.exception)
    CliRunner().invoke(cli, ["keys", "add", "me", *keys])
    done = CliRunner().invoke(cli, ["serve", "--index", str(index), *keys, "--host", "0.0.0.0"])
    assert "--host-name" in str(done.exception)


def test_keys_are_made_listed_and_revoked_by_command(tmp_path):
    keys = ["--keys", str(tmp_path / "keys.json")]
    made = CliRunner().invoke(cli, ["keys", "add", "team", "--write", *keys]).output.strip()
    assert made.startswith("btr_")
    listed = CliRunner().invoke(cli, ["keys", "list", *keys]).output
    assert "read,write" in listed
    assert made not in listed
    CliRunner().invoke(cli, ["keys", "revoke", listed.split()[0], *keys])
    assert CliRunner().invoke(cli, ["keys", "list", *keys]).output == ""

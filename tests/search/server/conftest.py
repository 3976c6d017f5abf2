"""A server over the small index of the fake encoder: in this process, or on a port of 127.0.0.1."""

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from starlette.testclient import TestClient

from indexer import index_documents
from indexer.documents import Block, Document
from search import Searcher
from search.server import Folders, KeyFile, Settings, create_app
from search.server.connection import Connection


@dataclass
class FakeRun:
    """Remembers what it was told to index."""

    folder: str = ""
    running: bool = False
    stopped: bool = False
    error: str = ""
    unexpected: str = ""
    progress: None = None

    def start(self, folder):
        self.folder, self.running = folder, True

    def stop(self):
        self.running, self.stopped = False, True


@pytest.fixture
def run():
    return FakeRun()


@pytest.fixture
def searcher(index, encoder):
    return Searcher(index, encoder=encoder)


@pytest.fixture
def sure(tmp_path, encoder):
    """A searcher over enough passages for its hits to have a probability."""
    texts = ["A cat sleeps all day.", *(f"Chapter {number} is of number {number}." for number in range(20))]
    documents = [(f"{at}.txt", Document(text, (Block(0, len(text)),))) for at, text in enumerate(texts)]
    index_documents(documents, index=tmp_path / "sure", encoder=encoder, whole=True)
    return Searcher(tmp_path / "sure", encoder=encoder)


@pytest.fixture
def keys(tmp_path):
    return KeyFile(tmp_path / "keys.json")


@pytest.fixture
def app_of(searcher, run):
    """An application with other settings."""

    def make(**settings):
        return create_app(searcher, Settings(**settings), folders=Folders(run, searcher.folders))

    return make


@pytest.fixture
def client_of(app_of):
    """A client of an application with other settings; what goes wrong inside is answered, not raised."""
    with_them = []

    def make(**settings):
        client = TestClient(app_of(**settings), base_url="http://127.0.0.1", raise_server_exceptions=False)
        client.__enter__()
        with_them.append(client)
        return client

    yield make
    for client in with_them:
        client.__exit__(None, None, None)


@pytest.fixture
def client(client_of):
    return client_of()


@contextmanager
def served(app):
    """The address of a real server of an application, as long as the block runs."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, http=Connection, log_level="error", timeout_graceful_shutdown=5)
    )
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()

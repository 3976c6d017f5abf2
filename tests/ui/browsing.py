"""The page served as `bertrieve ui` serves it, and Chromium to look at it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

__all__ = ["CHROMIUM", "ROOT", "Watched", "first_card", "free_port", "launched", "serving"]

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]

# Streamlit as `bertrieve ui` starts it, but with the fake encoder in place of the model; it waits while there
# is a file HOLD.
SERVER = """
import os, sys, time, types
from tests.fake import FakeEncoder

class Encoder(FakeEncoder):
    def encode_passages(self, texts, **how):
        while os.path.exists(os.environ["HOLD"]):
            time.sleep(0.02)
        return super().encode_passages(texts, **how)

sys.modules["indexer.encoder.bert"] = types.SimpleNamespace(BertEncoder=lambda *_, **__: Encoder())
sys.modules["indexer.encoder.devices"] = types.SimpleNamespace(best_device=lambda: "cpu", require_device=str)
from streamlit.web.cli import main
main()
"""


@contextmanager
def serving(folder, script="app.py", *, host="127.0.0.1", **environment):
    """The address where `script` of ui/ shows the index `folder`/index; HOLD is `folder`/hold."""
    port = free_port()
    settings = {"port": port, "address": host, "headless": "true"}
    words = [
        "run",
        str(ROOT / "ui" / script),
        *(f"--server.{name}={value}" for name, value in settings.items()),
    ]
    own = {"BERTRIEVE_INDEX": folder / "index", "PYTHONPATH": ROOT, "HOLD": folder / "hold"}
    own |= {"BERTRIEVE_KEYS": folder / "keys.json", **environment}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, *words],
            env=os.environ | {name: str(value) for name, value in own.items()},
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(f"http://{host}:{port}/_stcore/health", folder / "log")
        yield f"http://{host}:{port}/"
    finally:
        server.terminate()
        server.wait(10)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url, log):
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")


@contextmanager
def launched():
    """Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


class Watched:
    """Opens pages of an address and notes what must never happen there: a request to another machine, a
    dialog, an error on the console.

    Pages of the same options share a context, and with it its cache: each would load Streamlit anew.
    """

    def __init__(self, browser, address):
        self._browser, self._address = browser, address
        self._contexts, self._pages, self._seen = {}, [], []

    def __call__(self, query="", wait=".bv-about", **options):
        page = self._context(options).new_page()
        self._pages.append(page)
        page.on("request", lambda request: self._note_host(request.url))
        page.on("dialog", lambda dialog: (self._seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self._seen.append(f"error {error}"))
        page.on("console", lambda said: said.type == "error" and self._seen.append(f"console {said.text}"))
        page.goto(self._address + query)
        page.locator(wait).first.wait_for()
        return page

    def close(self):
        """Close the pages and return what was noted."""
        for page in self._pages:
            page.close()
        seen, self._pages, self._seen = self._seen, [], []
        return seen

    def _context(self, options):
        key = repr(sorted(options.items()))
        if key not in self._contexts:
            self._contexts[key] = self._browser.new_context(**options)
        return self._contexts[key]

    def _note_host(self, url):
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname != urlsplit(self._address).hostname:
            self._seen.append(f"request {url}")


def first_card(page, path):
    """The first card once it is of the document `path`."""
    from playwright.sync_api import expect

    card = page.locator(".bv-hit").first
    expect(card.locator(".bv-place")).to_contain_text(path)
    return card

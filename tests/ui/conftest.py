"""Documents and their index for the page, made once and copied."""

import shutil

import pytest
import streamlit as st
from streamlit import config

from indexer import index_folder
from tests.fake import FakeEncoder
from tests.ui.browsing import CHROMIUM, Watched, launched
from tests.ui.looking import HOSTILE, load_instead

DOCUMENTS = {
    "guide/pooling.md": "# Vectors\n\n## Pooling\n\nMean pooling averages the token vectors of a text.\n",
    "guide/padding.md": "# Vectors\n\n## Padding\n\nPadding tokens are masked out before the average.\n",
    "检索.txt": "中文没有空格，按二元切分来检索。",
    f"{HOSTILE}.md": f"# {HOSTILE}\n\n<script>alert(2)</script> hostile note, **bold** ![](http://evil.test/i)\n",
    "broken.pdf": "%PDF-1.4 and <b>nothing</b> more",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Documents and an index of them, to copy."""
    folder = tmp_path_factory.mktemp("made")
    for name, content in DOCUMENTS.items():
        file = folder / "documents" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    index_folder(folder / "documents", index=folder / "index", encoder=FakeEncoder())
    return folder


@pytest.fixture
def documents(made, tmp_path):
    return shutil.copytree(made / "documents", tmp_path / "documents")


@pytest.fixture
def on_this_machine():
    """Streamlit listens on this machine alone, as `bertrieve ui` has it."""
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", None)


@pytest.fixture
def no_index(tmp_path, monkeypatch, on_this_machine):
    """A place for an index, and the fake encoder wherever the page would load a model."""
    monkeypatch.setenv("BERTRIEVE_INDEX", str(tmp_path / "index"))
    load_instead(monkeypatch, FakeEncoder())
    st.cache_resource.clear()
    st.cache_data.clear()
    return tmp_path / "index"


@pytest.fixture
def index(made, no_index):
    return shutil.copytree(made / "index", no_index)


@pytest.fixture(scope="module")
def browser():
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect.set_options(
        timeout=30_000
    )
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    with launched() as started:
        yield started


@pytest.fixture(scope="module")
def watched(browser, address):
    return Watched(browser, address)


@pytest.fixture
def open_page(watched):
    """Opens pages, and holds afterwards that each was quiet and that nothing left the machine."""
    yield watched
    assert watched.close() == []

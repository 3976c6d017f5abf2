"""What several tests need: the fake encoder, a small folder of documents, an index of it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import indexer.sync
from indexer import index_folder
from indexer.documents import Document, read
from indexer.errors import DocumentError
from tests.fake import FakeEncoder

# How long an example takes says what else the machine was doing, not whether the code is right.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

TEXTS = {
    "pooling.md": "# Pooling\n\nAll tokens' vectors are averaged.\n\n## Masks\n\nPadding is left out.\n",
    "notes/cats.txt": "A cat sleeps most of the day. It hunts at dusk.\n",
    "notes/检索.txt": "语义检索用向量寻找相近的段落。关键词检索寻找相同的词。\n",
    "page.html": "<h1>Rivers</h1><p>A river flows down to the sea.</p>",
}


@pytest.fixture
def shared() -> Path:
    """The real documents and collections, where this machine has them."""
    found = Path(__file__).parents[1].parent / "shared"
    if not found.is_dir():
        pytest.skip(f"the real documents are not here: no {found}")
    return found


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four documents: Markdown, two plain texts (one Chinese) and HTML."""
    root = tmp_path / "documents"
    for name, text in TEXTS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def read_all_here(paths: Iterable[Path], **_: object) -> Iterator[tuple[Path, Document | DocumentError]]:
    """`read_all` in this process: no time goes into starting others."""
    for path in paths:
        try:
            yield path, read(path)
        except DocumentError as error:
            yield path, error


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer.sync, "read_all", read_all_here)


@pytest.fixture
def index(folder: Path, encoder: FakeEncoder, tmp_path: Path, read_here: None) -> Path:
    """An index of `folder`, made with the fake encoder."""
    path = tmp_path / "index"
    index_folder(folder, index=path, encoder=encoder)
    return path

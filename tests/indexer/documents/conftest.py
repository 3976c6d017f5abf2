"""What the tests of all readers share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.documents import Document

SHARED = Path(__file__).parents[3].parent / "shared" / "documents"

CheckBlocks = Callable[[Document], None]
Lines = Callable[[Document], list[str]]


@pytest.fixture
def shared() -> Path:
    """The folder of real documents of many origins."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    return SHARED


@pytest.fixture
def check_blocks() -> CheckBlocks:
    """Asserts what every Document promises of its blocks and its text."""
    return _check_blocks


@pytest.fixture
def shown() -> Lines:
    """The blocks as short texts: ``"heading p1 l3 A/B: text"``."""
    return _shown


def _check_blocks(document: Document) -> None:
    text, end = document.text, 0
    for block in document.blocks:
        assert end <= block.start < block.end <= len(text), block
        assert not text[end : block.start].strip(), text[end : block.start]
        assert text[block.start : block.end].strip(), block
        assert block.kind in ("heading", "prose", "lines")
        assert all(title.strip() == title != "" for title in block.heading), block
        assert block.page is None or 1 <= block.page <= (document.pages or 0), block
        assert block.line is None or block.line >= 1, block
        end = block.end
    assert not text[end:].strip()
    assert "\r" not in text
    text.encode("utf-8")  # no lone surrogate
    assert not any(ord(char) < 32 and char not in "\t\n" for char in text)
    assert document.blocks or document.gaps, "empty without a reason"
    assert all(isinstance(value, str) and value for value in document.metadata.values())


def _shown(document: Document) -> list[str]:
    return [
        f"{block.kind} p{block.page} l{block.line} {'/'.join(block.heading)}: "
        + document.text[block.start : block.end]
        for block in document.blocks
    ]

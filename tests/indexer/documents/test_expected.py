"""What comes from real files, against the text that the people of another project expect of them."""

import re
from collections import Counter
from pathlib import Path
from statistics import median

import pytest

from indexer.documents import read
from tests.indexer.documents.conftest import CheckBlocks

_COMMENT = re.compile(r"<!--.*?-->")
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")


def words(text: str) -> Counter[str]:
    return Counter(_TOKEN.findall(_COMMENT.sub(" ", text.replace("\\_", "_")).lower()))


@pytest.mark.parametrize(
    ("folder", "at_least"),
    [
        ("pptx", 0.98),
        ("xlsx", 0.95),
        ("csv", 0.98),
        ("odf", 0.95),
        ("epub", 0.98),
        ("asciidoc", 0.95),
        ("webvtt", 0.9),
        ("jats", 0.9),
    ],
)
def test_the_median_file_has_the_expected_words_and_no_others(
    folder: str, at_least: float, shared: Path, check_blocks: CheckBlocks
) -> None:
    scores = []
    for truth in sorted((shared / "docling-tests" / folder / "groundtruth").glob("*.md")):
        path = truth.parents[1] / "sources" / truth.stem
        if path.exists():
            document = read(path)
            check_blocks(document)
            found, expected = words(document.text), words(truth.read_text(encoding="utf-8"))
            scores.append(2 * (found & expected).total() / (found.total() + expected.total()))
    assert scores and median(scores) >= at_least

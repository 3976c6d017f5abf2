from pathlib import Path

import pytest

from indexer.documents import Document
from indexer.documents.code import read
from tests.indexer.documents.conftest import CheckBlocks, Lines


def made(folder: Path, text: str, name: str = "a.py") -> Document:
    (folder / name).write_text(text, encoding="utf-8")
    return read(folder / name)


def test_python(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    text = '''"""Pooling."""

import numpy


class Pool:
    """The mean."""

    @property
    def size(self):
        if self:
            def inner():
                return 1
        return 2
x = 3

'''
    document = made(tmp_path, text)
    check_blocks(document)
    assert document.text == text
    assert shown(document) == [
        'lines pNone l1 : """Pooling."""',
        "lines pNone l3 : import numpy",
        'lines pNone l6 Pool: class Pool:\n    """The mean."""',
        "lines pNone l9 Pool/size:     @property\n    def size(self):\n        if self:",
        "lines pNone l12 Pool/size/inner:             def inner():\n                return 1",
        "lines pNone l14 Pool/size:         return 2",
        "lines pNone l15 : x = 3",
    ]


@pytest.mark.parametrize(
    "text", ["print 'two'\n\nx", "def f(:\n  pass", "x = " + "(" * 5000, "-" * 100_000 + "1"]
)
def test_python_that_can_not_be_parsed_is_lines(text: str, tmp_path: Path, check_blocks: CheckBlocks) -> None:
    document = made(tmp_path, text)
    check_blocks(document)
    assert document.text == text
    assert {block.heading for block in document.blocks} == {()}


def test_other_languages(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    document = made(tmp_path, "func main() {\r\n\tx := 1\r\n\r\n\r\n}\r\n", "a.go")
    check_blocks(document)
    assert shown(document) == ["lines pNone l1 : func main() {\n\tx := 1", "lines pNone l5 : }"]


def test_this_package_is_read_and_its_lines_are_true(check_blocks: CheckBlocks) -> None:
    folder = Path(__file__).parents[3] / "indexer" / "documents"
    for path in folder.glob("*.py"):
        document, lines = read(path), path.read_text(encoding="utf-8").split("\n")
        check_blocks(document) if document.text else None
        for block in document.blocks:
            shown = document.text[block.start : block.end].split("\n")
            assert lines[(block.line or 0) - 1 :][: len(shown)] == shown

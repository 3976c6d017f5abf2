"""The documents that ship with the project: each question's answer stands where it is said to stand."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from indexer.documents import Document, read

DATA = Path(__file__).parents[1] / "data"
DOCUMENTS = DATA / "documents"
PATHS = sorted(path for path in DOCUMENTS.rglob("*") if path.is_file())


class Question(NamedTuple):
    question: str
    path: str
    page: int | None
    answer: str


QUESTIONS = [
    Question(**json.loads(line)) for line in (DATA / "questions.jsonl").read_text("utf-8").splitlines()
]


@cache
def document_at(path: Path) -> Document:
    return read(path)


def squeeze(text: str) -> str:
    """Without white space: a line break inside an answer is the layout's, not the author's."""
    return re.sub(r"\s+", "", text)


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def text_on(document: Document, page: int | None) -> str:
    if page is None:
        return document.text
    return "".join(document.text[block.start : block.end] for block in document.blocks if block.page == page)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.question)
def test_the_answer_stands_in_its_document_and_on_its_page(question: Question) -> None:
    document = document_at(DOCUMENTS / question.path)
    assert (question.page is None) == (document.pages is None)
    assert squeeze(question.answer) in squeeze(text_on(document, question.page))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_every_document_is_read_whole(path: Path) -> None:
    document = document_at(path)
    assert document.gaps == ()
    assert len(document.text) > 1_000
    assert "\ufffd" not in document.text
    assert any(block.heading for block in document.blocks) or path.suffix == ".txt"


@pytest.mark.parametrize(
    "path", [path for path in PATHS if path.suffix == ".html"], ids=lambda path: path.name
)
def test_what_surrounds_an_article_is_left_out(path: Path) -> None:
    furniture = (
        *("window.analytics", "_hmt", "tracker", "font-size", "newsletter", "cookies"),
        *("Previous", "Contact", "首页", "首頁", "扫码", "分享", "广告", "廣告"),
    )
    assert [word for word in furniture if word in document_at(path).text] == []


def test_both_languages_and_all_formats_are_there() -> None:
    suffixes = [path.suffix for path in PATHS]
    assert len(PATHS) >= 20
    assert {suffix for suffix in suffixes if suffixes.count(suffix) >= 3} == {
        ".docx",
        ".html",
        ".md",
        ".pdf",
        ".txt",
    }
    assert 10 <= sum(is_chinese(document_at(path).text) for path in PATHS) <= len(PATHS) - 10
    encodings = {"gb18030": "分词", "utf-16-le": "批处理"}
    for encoding, word in encodings.items():
        assert any(word.encode(encoding) in path.read_bytes() for path in PATHS if path.suffix == ".txt")


def test_every_document_is_asked_about_in_its_own_language() -> None:
    asked = {DOCUMENTS / question.path for question in QUESTIONS}
    chinese = [question for question in QUESTIONS if is_chinese(document_at(DOCUMENTS / question.path).text)]
    assert asked == set(PATHS)
    assert len(QUESTIONS) >= 60
    assert 0.3 < len(chinese) / len(QUESTIONS) < 0.5


def test_make_gives_what_is_committed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, DATA / "make.py", tmp_path], check=True, timeout=60)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert len(made) == sum(path.is_file() for path in (DATA / "sources").rglob("*"))
    for path in made:
        # Another version of a library may write other bytes for the same document.
        assert read(tmp_path / path) == read(DOCUMENTS / path), f"{path} is stale: run `python data/make.py`"


def test_making_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for run in ("first", "second"):
        subprocess.run([sys.executable, DATA / "make.py", tmp_path / run], check=True, timeout=60)
    for path in (tmp_path / "first").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "second" / path.relative_to(tmp_path / "first")).read_bytes()

"""Every example of docs/filters.md does what the page says."""

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from indexer.errors import UsageError
from search import Searcher
from search.filters import parse
from tests.making import ENCODER, document, put, writer

PAGE = (Path(__file__).parents[2] / "docs" / "filters.md").read_text(encoding="utf-8")
FILTERS, _, _ = PAGE.partition("## In the question itself")
EXAMPLES = re.findall(r"^\| `([^`]+)` \|", FILTERS, re.MULTILINE)

A, B, C = "reports/2025/minutes-2025-03.pdf", "drafts/b.markdown", "c.docx"
LET_THROUGH = {
    "type:pdf": A,
    "type:pdf,docx": A + C,
    "folder:reports": A,
    "path:*/minutes-2025*": A,
    "language:en": A + C,
    "size>=10MB": A,
    "modified:2025-03": A,
    "modified>=2025-01-01": A + C,
    "page<=3": A,
    'title:"annual report*"': A,
    "author:*": A + B,
    "year>=2020": B,
    "due<2025-06": C,
    "tags:bert": B,
    "type:pdf modified>=2025": A,
    "type:pdf OR type:docx": A + C,
    "-folder:drafts": A + C,
    "type:pdf (author:wu OR -page>10)": A,
    "type：pdf，docx （部门：财务 OR 部门：法务）": C,
}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    path = tmp_path_factory.mktemp("page") / "index"
    facts = {
        A: (20_000_000, "2025-03-31", {"language": "en-US", "author": "Ann"}, 3, "Annual Report of 2024"),
        B: (
            10,
            "2024-12-31",
            {"language": "zh", "author": "Bo", "year": "2021", "tags": "bert, mean"},
            4,
            "",
        ),
        C: (10, "2025-04-01", {"language": "en", "due": "2025-05-31", "部门": "法务"}, None, ""),
    }
    with writer(path) as to:
        for name, (size, day, metadata, page, title) in facts.items():
            plain = document(name, f"words of {name}", title=title)
            passages = tuple(replace(at, page=page) for at in plain.passages)
            time = int(datetime.fromisoformat(day).timestamp()) * 10**9
            put(to, replace(plain, size=size, modified_ns=time, metadata=metadata, passages=passages))
    return Searcher(path, encoder=ENCODER)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_lets_through_what_the_page_says(searcher: Searcher, example: str) -> None:
    found = {hit.path for hit in searcher.query("words", filter=example)}
    assert found == {path for path in (A, B, C) if path in LET_THROUGH[example]}


def test_every_example_is_on_the_page() -> None:
    assert list(LET_THROUGH) == EXAMPLES


def test_the_refusals_are_those_of_the_page(searcher: Searcher) -> None:
    for wrong in ("type:pdf modified>=20x5", "autor:x"):
        with pytest.raises(UsageError) as refused:
            searcher.query("words", filter=wrong)
        assert f"    {refused.value}\n" in PAGE
    assert parse(r"title:what\?") == parse('title:"what\\?"')

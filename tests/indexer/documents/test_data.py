import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.documents import Document
from indexer.documents.data import read
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks, Lines

PRINTED = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | PRINTED,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PRINTED, inner, max_size=4),
    max_leaves=15,
)


def made(folder: Path, text: str, name: str = "a.json") -> Document:
    (folder / name).write_text(text, encoding="utf-8")
    return read(folder / name)


def test_json(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    long = "word " * 60
    text = f"""{{
  // a comment
  "title": "On pooling",
  "config": {{"layers": 6, "tags": ["bert", "mean"],
             "none": null, "cased": false}},

  "": "no key",
  "abstract": {json.dumps(long + chr(10) * 2 + "Second paragraph.")},
  "vector": [{", ".join(["0.5"] * 30)}]
}}"""
    document = made(tmp_path, text)
    check_blocks(document)
    assert shown(document) == [
        "lines pNone l3 : title: On pooling",
        "lines pNone l4 : config.layers: 6; config.tags: bert, mean\nconfig.cased: false",
        "lines pNone l7 : no key",
        f"prose pNone l8 : abstract: {long.strip()}",
        "prose pNone l8 : Second paragraph.",
    ]
    assert (document.title, document.gaps) == ("On pooling", ("30 numbers of 'vector' are not read as text",))


def test_json_lines(tmp_path: Path, shown: Lines) -> None:
    text = '{"id": 1, "text": "one"}\n\n{"id": 2, "text": "\\u4e2d\\ud83d\\ude00\\ud800"}\n{broken\n[3]\n'
    document = made(tmp_path, text, "a.jsonl")
    assert shown(document) == [
        "lines pNone l1 : id: 1; text: one",
        "lines pNone l3 : id: 2; text: 中😀",
        "lines pNone l5 : 3",
    ]
    assert document.gaps == ("line 4 is no JSON: 'broken'",)


def test_records_without_line_breaks_are_blocks_of_their_own(tmp_path: Path, shown: Lines) -> None:
    document = made(tmp_path, '[{"a": 1, "b": {"c": 2}}, {"a": 3}]')
    assert shown(document) == ["lines pNone l1 : a: 1; b.c: 2", "lines pNone l1 : a: 3"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "line 1 ends before"),
        ("[\n1}", "line 2 closes with '}'"),
        ("[" * 201 + "]" * 201, "more than 200 deep"),
        ("[1,\nhello]", "line 2 is no JSON: 'hello]'"),
        ('["\\x"]', "a text that is no JSON"),
        ("[1,,2]", "',' after ','"),
    ],
)
def test_what_is_no_json_is_an_error(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        made(tmp_path, text)
    assert reason in str(caught.value)


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [] if value is None else [value if isinstance(value, str) else json.dumps(value)]


@given(value=JSON, indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_every_value_is_in_the_text_on_its_line(
    value: Any, indent: int | None, ascii_only: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder := tmp_path_factory.getbasetemp() / "values").mkdir(exist_ok=True)
    source = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    document = made(folder, "\ufeff" + source)
    at = 0
    for leaf in leaves(value):
        at = document.text.index(leaf, at) + len(leaf)
    for block in document.blocks:
        for number, line in enumerate(document.text[block.start : block.end].split("\n"), block.line or 0):
            last = re.split("[:,;] ", line)[-1]
            assert last in source.split("\n")[number - 1] or ascii_only or '"' in last or "\\" in last

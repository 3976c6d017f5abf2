import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.documents import Document
from indexer.documents.delimited import read
from tests.indexer.documents.conftest import CheckBlocks, Lines

# Without the other delimiters: a table in which every cell had the same number of them is ambiguous.
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters=";|")
WORDS = st.text(CHARACTERS, min_size=1, max_size=8)


def saved(folder: Path, text: str, name: str = "a.csv", encoding: str = "utf-8") -> Document:
    (folder / name).write_bytes(text.encode(encoding))
    return read(folder / name)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_cuts_all_rows_alike(
    delimiter: str, tmp_path: Path, shown: Lines, check_blocks: CheckBlocks
) -> None:
    rows = [["Name", "Note"], ["Ada", "a, b; c"], ["Bob", "x"]]
    text = StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    document = saved(tmp_path, text.getvalue())
    check_blocks(document)
    assert shown(document) == [
        "heading pNone l1 Name | Note: Name | Note",
        "lines pNone l2 Name | Note: Ada | a, b; c\nBob | x",
    ]


def test_a_cell_of_several_lines_keeps_the_lines_of_the_rows_after_it_true(
    tmp_path: Path, shown: Lines
) -> None:
    document = saved(tmp_path, 'a,b\r\n1,"two\r\nlines"\r\n\r\n3,4\r\n5,6\r\n')
    assert shown(document) == [
        "heading pNone l1 a | b: a | b",
        "lines pNone l2 a | b: 1 | two lines",
        "lines pNone l5 a | b: 3 | 4\n5 | 6",
    ]


def test_tabs_are_the_delimiter_of_tsv_whatever_else_is_in_it(tmp_path: Path) -> None:
    assert saved(tmp_path, "a,b\tc,d\n1,2\t3,4\n", "a.tsv").text.split("\n")[-1] == "1,2 | 3,4"


def test_chinese_in_gb18030(tmp_path: Path) -> None:
    document = saved(
        tmp_path, "姓名,城市,职业\n李白,长安城,伟大的诗人\n杜甫,成都市,现实主义诗人\n", encoding="gb18030"
    )
    assert document.text == "姓名 | 城市 | 职业\n\n李白 | 长安城 | 伟大的诗人\n杜甫 | 成都市 | 现实主义诗人"


def test_a_quote_that_is_never_closed_loses_nothing(tmp_path: Path) -> None:
    assert saved(tmp_path, 'a,b\n"1,2\n3,4\n').text.split() == ["a", "|", "b", "1,2", "3,4"]


@given(table=st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=3, max_size=20))
def test_every_cell_is_in_the_text_on_its_own_line(
    table: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    (folder := tmp_path_factory.getbasetemp() / "cells").mkdir(exist_ok=True)
    document = saved(folder, text.getvalue(), encoding="utf-8-sig")
    for block in document.blocks:
        for number, line in enumerate(document.text[block.start : block.end].split("\n"), block.line or 0):
            assert line == " | ".join(table[number - 1])
    assert sum(len(document.text[b.start : b.end].split("\n")) for b in document.blocks) == len(table)

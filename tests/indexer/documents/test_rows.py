import pytest

from indexer.documents.draft import Draft
from indexer.documents.rows import Placed, Row, add_rows, repeat_down, row
from tests.indexer.documents.conftest import CheckBlocks, Lines


def written(rows: list[Row], shown: Lines, check_blocks: CheckBlocks) -> list[str]:
    draft = Draft()
    add_rows(draft, rows, level=1)
    check_blocks(draft.document())
    return shown(draft.document())


@pytest.mark.parametrize(
    ("first", "is_header"),
    [
        (["Name", "City"], True),
        (["Name", "2019"], False),
        (["Name", "Name"], False),
        (["a" * 81, "City"], False),
        (["-3.5", "10 %"], False),
        (["名称", "城市"], True),
    ],
)
def test_the_header_row_is_the_heading_of_the_others(
    first: list[str], is_header: bool, shown: Lines, check_blocks: CheckBlocks
) -> None:
    blocks = written([row(first), row(["Ada", "London"])], shown, check_blocks)
    names = " | ".join(first)
    if is_header:
        assert blocks == [f"heading pNone lNone {names}: {names}", f"lines pNone lNone {names}: Ada | London"]
    else:
        assert blocks == [f"lines pNone lNone : {names}\nAda | London"]


def test_a_caption_is_above_the_header_and_ends_with_its_table(
    shown: Lines, check_blocks: CheckBlocks
) -> None:
    rows = [row(["Staff"]), row(["Name", "City"]), row(["Ada", "London"]), Row(()), row(["1", "2"])]
    assert written(rows, shown, check_blocks) == [
        "heading pNone lNone Staff: Staff",
        "heading pNone lNone Staff/Name | City: Name | City",
        "lines pNone lNone Staff/Name | City: Ada | London",
        "lines pNone lNone : 1 | 2",
    ]


def test_an_empty_cell_keeps_its_place_but_a_sparse_row_is_short(
    shown: Lines, check_blocks: CheckBlocks
) -> None:
    wide = Row(((0, "1"), (2, "2")))
    assert written([wide, Row(((1, "3"),))], shown, check_blocks) == ["lines pNone lNone : 1 |  | 2\n| 3"]
    full = row([str(number) for number in range(12)])
    assert written([full, Row(((0, "1"), (11, "2")))], shown, check_blocks)[0].endswith("\n1 | 2")


def test_rows_of_neighbouring_lines_are_one_block(shown: Lines, check_blocks: CheckBlocks) -> None:
    rows = [row(["1", "2"], line) for line in (4, 5, 8)]
    assert written(rows, shown, check_blocks) == ["lines pNone l4 : 1 | 2\n1 | 2", "lines pNone l8 : 1 | 2"]


def test_a_merged_cell_is_repeated_on_the_rows_it_spans() -> None:
    rows = [Placed(1, {0: "May", 1: "3"}, ((0, 3),)), Placed(2, {1: "4"}), Placed(3, {}), Placed(9, {1: "5"})]
    assert [each.texts for each in repeat_down(rows)] == [["May", "3"], ["May", "4"], [], [], ["5"]]

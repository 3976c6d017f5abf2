"""Every passage of a long table is embedded with the names of its columns."""

from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pytest

from indexer.documents import Block, Document, read
from indexer.passages import split
from tests.indexer.test_passages import Words

NAMES = ("Product", "Units", "Price")
ROWS = [NAMES, *((f"Kettle {at}", str(at * 3), "349.00") for at in range(60))]


def write_docx(file: Path) -> None:
    written = docx.Document()
    written.add_heading("Sales", 1)
    table = written.add_table(0, 3)
    for row in ROWS:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    written.save(str(file))


def write_xlsx(file: Path) -> None:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.save(file)


def write_html(file: Path) -> None:
    rows = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in ROWS)
    file.write_text(f"<h1>Sales</h1><p>All of them.</p><table>{rows}</table>")


def write_md(file: Path) -> None:
    header, *rows = (f"| {' | '.join(row)} |" for row in ROWS)
    file.write_text("\n".join(["# Sales", "", "All of them.", "", header, "|-|-|-|", *rows]))


def write_csv(file: Path) -> None:
    file.write_text("\n".join(map(",".join, ROWS)))


@pytest.mark.parametrize("write", [write_docx, write_xlsx, write_html, write_md, write_csv])
def test_the_header_row_is_in_the_prefix_of_later_passages(
    write: Callable[[Path], None], tmp_path: Path
) -> None:
    file = tmp_path / f"table.{write.__name__.removeprefix('write_')}"
    write(file)
    document = read(file)
    first, *others = split(document, Words(), budget=128)
    assert "Product" in first.text and "Product" not in first.prefix
    assert len(others) > 2
    for passage in others:
        assert passage.prefix.splitlines()[-1] == "Product | Units | Price"
        assert "Product" not in passage.text
        assert document.text[passage.start : passage.end] == passage.text


def test_a_header_row_too_long_for_a_prefix_leaves_the_headings_there() -> None:
    header = " | ".join(f"name{at}" for at in range(30))
    text = "\n".join([header, *["1 | 2"] * 60])
    document = Document(text, (Block(0, len(text), "lines", heading=("Sales",), header=header),))
    assert {passage.prefix for passage in split(document, Words(), budget=64)} == {"Sales\n"}


def test_a_table_of_numbers_has_no_header_row(tmp_path: Path) -> None:
    file = tmp_path / "numbers.html"
    file.write_text(f"<table>{'<tr><td>2024</td><td>17</td></tr>' * 100}</table>")
    assert {passage.prefix for passage in split(read(file), Words(), budget=64)} == {""}

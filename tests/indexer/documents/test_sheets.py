from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment

from indexer.documents import Document
from indexer.documents.sheets import read
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks, Lines
from tests.indexer.documents.hostile import zipped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def saved(folder: Path, workbook: openpyxl.Workbook) -> Document:
    workbook.save(folder / "a.xlsx")
    return read(folder / "a.xlsx")


def raw(folder: Path, rows: str, strings: str = "", after: str = "") -> Document:
    """A workbook of one sheet, of which only the XML of its rows is given."""
    relation = f'<Relationship Id="%s" Type="{OFFICE}/%s" Target="%s"/>'
    members = {
        "_rels/.rels": f"<r>{relation % ('a', 'officeDocument', 'xl/workbook.xml')}</r>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="One" r:id="s"/><sheet name="Two" r:id="gone"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<r>{relation % ('s', 'worksheet', 'one.xml')}"
        f"{relation % ('t', 'sharedStrings', '/xl/strings.xml')}</r>",
        "xl/one.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>',
        "xl/strings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
    }
    (folder / "a.xlsx").write_bytes(zipped(members))
    return read(folder / "a.xlsx")


def test_a_workbook(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    workbook = openpyxl.Workbook()
    workbook.properties.title, workbook.properties.creator = "Sales of 2025", "Ada"
    first, second = workbook.active, workbook.create_sheet("Months")
    first.title = "Products"
    for row in (["Product", "Sold", "Share"], ["espresso machine", 12, 0.25], [None, 3.5, 0.1], [], ["end"]):
        first.append(row)
    first["C2"].number_format = "0%"
    first["C3"].number_format = "0.0%"
    first.merge_cells("A2:A3")
    first["B2"].comment = Comment("why so few?", "Bob")
    second.append(["Total", 7])
    second.sheet_state = "hidden"
    chart = BarChart()
    chart.title = "Sold a month"
    chart.add_data(Reference(second, min_col=2, min_row=1))
    second.add_chart(chart, "E5")
    document = saved(tmp_path, workbook)
    check_blocks(document)
    assert shown(document) == [
        "heading p1 lNone Products: Products",
        "heading p1 lNone Products/Product | Sold | Share: Product | Sold | Share",
        "lines p1 lNone Products/Product | Sold | Share: espresso machine | 12 | 25%\n"
        "espresso machine | 3.5 | 10.0%",
        "lines p1 lNone Products: end",
        "lines p1 lNone Products: Bob: why so few?",
        "heading p2 lNone Months: Months",
        "lines p2 lNone Months: Total | 7",
        "lines p2 lNone Months: Sold a month",
    ]
    assert (document.title, document.pages, document.metadata["author"]) == ("Sales of 2025", 2, "Ada")
    assert document.gaps == ()


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (date(2024, 2, 29), "yyyy-mm-dd", "2024-02-29"),
        (datetime(2024, 2, 29, 9, 30), "d/m/yy h:mm", "2024-02-29 09:30"),
        (time(7, 5, 3), "h:mm:ss", "07:05:03"),
        (1.25, "[h]:mm", "30:00"),
        (0.1 + 0.2, "General", "0.3"),
        (1234567, "#,##0", "1234567"),
        (True, "General", "TRUE"),
        ("a\nb", "General", "a b"),
        (1e20, "General", "1e+20"),
        (-0.5, "0%", "-50%"),
    ],
)
def test_cells_show_what_a_person_sees(value: Any, number_format: str, text: str, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = value
    workbook.active["A1"].number_format = number_format
    assert saved(tmp_path, workbook).text == f"Sheet\n\n{text}"


def test_dates_of_the_epoch_of_1904(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.epoch = openpyxl.utils.datetime.MAC_EPOCH
    workbook.active["A1"] = date(2024, 2, 29)
    assert saved(tmp_path, workbook).text == "Sheet\n\n2024-02-29"


def test_formulas_without_a_value_are_a_gap(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["=1+1", "=2+2", "text"])
    document = saved(tmp_path, workbook)
    assert document.text == "Sheet\n\ntext"
    assert document.gaps[0].startswith("sheet 'Sheet' has 2 formulas without a saved value")


def test_a_sheet_that_is_mostly_empty_costs_what_is_in_it(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="XFD{n}"><v>7</v></c></row>'
        for n in range(1, 1_048_577, 1024)
    )
    document = raw(tmp_path, rows)
    assert len(document.text) < 20 * 1024
    assert document.text.endswith("1047553 | 7")
    assert document.gaps == ("sheet 'Two' is not in the file",)


def test_phonetic_guides_are_not_read_and_runs_are_joined(tmp_path: Path) -> None:
    strings = "<si><r><t>東</t></r><r><t>京</t></r><rPh><t>トウキョウ</t></rPh></si>"
    assert raw(tmp_path, '<row><c t="s"><v>0</v></c></row>', strings).text == "One\n\n東京"


@pytest.mark.parametrize("index", ["1", "-1", "x", "9" * 5000])
def test_a_text_that_the_file_does_not_have_is_an_error(index: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="the file has 1; it is damaged"):
        raw(tmp_path, f'<row><c t="s"><v>{index}</v></c></row>', "<si><t>a</t></si>")


@pytest.mark.filterwarnings("ignore:wmf image")
def test_every_value_that_openpyxl_finds_is_in_the_text(shared: Path, check_blocks: CheckBlocks) -> None:
    files = sorted((shared / "docling-tests" / "xlsx" / "sources").iterdir())
    assert files
    for path in files:
        document = read(path)
        check_blocks(document)
        for sheet in openpyxl.load_workbook(path, data_only=True).worksheets:
            for value in (cell for row in sheet.iter_rows(values_only=True) for cell in row):
                if isinstance(value, (str, int)) and str(value).strip() and not isinstance(value, bool):
                    assert " ".join(str(value).split()) in document.text, (path.name, value)


def test_a_thread_of_comments_is_read_once(shared: Path) -> None:
    text = read(shared / "docling-tests/xlsx/sources/xlsx_comments.xlsx").text
    assert text.count("I never thought it would be so low") == 1
    assert "Threaded comment" not in text

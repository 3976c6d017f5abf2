from pathlib import Path

import pytest

from indexer.documents import Document
from indexer.documents.odf import read
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks, Lines
from tests.indexer.documents.hostile import zipped

NAMES = "office text table draw presentation style chart svg"
SPACES = (
    " ".join(f'xmlns:{name}="urn:{name}"' for name in NAMES.split())
    + ' xmlns:xlink="urn:x" xmlns:dc="urn:dc"'
)


def made(folder: Path, kind: str, body: str, styles: str = "", **members: str) -> Document:
    """An OpenDocument file whose body of that kind ("text", …) is given; further members by their name."""
    content = (
        f"<office:document-content {SPACES}>{styles}<office:body><office:{kind}>{body}"
        f"</office:{kind}></office:body></office:document-content>"
    )
    files = {"mimetype": "x", "content.xml": content}
    files |= {name.replace("__", "/") + ".xml": xml for name, xml in members.items()}
    (folder / "a.odt").write_bytes(zipped(files))
    return read(folder / "a.odt")


def test_a_text(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    body = """
    <text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>
    <text:p text:style-name="P1">On pooling</text:p>
    <text:h text:outline-level="1">Mean</text:h>
    <text:p>The mean of <text:span>all</text:span><text:s text:c="2"/>token
      vectors.<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p>
      </text:note-body></text:note></text:p>
    <text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>two</text:p></text:list-item>
    </text:list></text:list-item></text:list>
    <text:p>Rose Lane 1<text:line-break/>London</text:p>
    <text:p>Beside<draw:frame><draw:text-box><text:p>a box</text:p></draw:text-box></draw:frame></text:p>
    <text:p>Said<office:annotation><dc:creator>Bob</dc:creator><text:p>really?</text:p></office:annotation></text:p>
    <table:table><table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>a</text:p>
    </table:table-cell><table:table-cell><text:p>b<text:note><text:note-body>
    <text:p>of b</text:p></text:note-body></text:note>
    </text:p></table:table-cell></table:table-row><table:table-row><table:covered-table-cell/><table:table-cell>
    <text:p>c</text:p><text:p>d</text:p></table:table-cell></table:table-row></table:table>
    <text:list><text:list-item><text:h text:outline-level="2">1. Numbered</text:h></text:list-item>
    </text:list>
    <text:section><text:p>end</text:p></text:section>"""
    styles = '<style:style style:name="P1" style:parent-style-name="Title"/>'
    meta = (
        f"<office:document-meta {SPACES}><office:meta><dc:title>no</dc:title><dc:creator>Ada</dc:creator>"
        "</office:meta></office:document-meta>"
    )
    document = made(tmp_path, "text", body, styles, meta=meta)
    check_blocks(document)
    assert shown(document) == [
        "heading pNone lNone On pooling: On pooling",
        "heading pNone lNone On pooling/Mean: Mean",
        "prose pNone lNone On pooling/Mean: The mean of all token vectors.",
        "prose pNone lNone On pooling/Mean: A note.",
        "lines pNone lNone On pooling/Mean: one\n  two",
        "lines pNone lNone On pooling/Mean: Rose Lane 1\nLondon",
        "prose pNone lNone On pooling/Mean: Beside",
        "prose pNone lNone On pooling/Mean: a box",
        "prose pNone lNone On pooling/Mean: Said",
        "lines pNone lNone On pooling/Mean: Bob: really?",
        "lines pNone lNone On pooling/Mean: a | b\na | c d",
        "prose pNone lNone On pooling/Mean: of b",
        "heading pNone lNone On pooling/Mean/1. Numbered: 1. Numbered",
        "prose pNone lNone On pooling/Mean/1. Numbered: end",
    ]
    assert (document.title, document.metadata, document.pages) == ("On pooling", {"author": "Ada"}, None)


def cell(text: str, more: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"


def test_a_workbook(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    month = cell("May", 'table:number-rows-spanned="2"')
    body = f"""<table:table table:name="Sold">
    <table:table-header-rows><table:table-row>{cell("Month")}{cell("Sold")}</table:table-row>
    </table:table-header-rows>
    <table:table-row>{month}{cell("3")}</table:table-row>
    <table:table-row><table:covered-table-cell/><table:table-cell office:value="4"/></table:table-row>
    <table:table-row table:number-rows-repeated="1048500">
    <table:table-cell table:number-columns-repeated="16384"/>
    </table:table-row><table:table-row><table:table-cell table:number-columns-repeated="16383"/>{cell("last")}
    </table:table-row><table:shapes>
    <draw:custom-shape><text:p>in a shape</text:p></draw:custom-shape></table:shapes></table:table>
    <table:table table:name="Empty"/>"""
    document = made(tmp_path, "spreadsheet", body)
    check_blocks(document)
    assert shown(document) == [
        "heading p1 lNone Sold: Sold",
        "heading p1 lNone Sold/Month | Sold: Month | Sold",
        "lines p1 lNone Sold/Month | Sold: May | 3\nMay | 4",
        "lines p1 lNone Sold: last",
        "prose p1 lNone Sold: in a shape",
        "heading p2 lNone Empty: Empty",
    ]


def test_what_fills_a_sheet_by_repetition_is_bounded(tmp_path: Path) -> None:
    filled = cell("x", 'table:number-columns-repeated="16384"')
    row = f'<table:table-row table:number-rows-repeated="1048576">{filled}</table:table-row>'
    body = f"<table:table>{row}</table:table>"
    assert len(made(tmp_path, "spreadsheet", body).text) < 50_000


def box(role: str, text: str) -> str:
    inside = f"<draw:text-box><text:p>{text}</text:p></draw:text-box>"
    return f'<draw:frame presentation:class="{role}">{inside}</draw:frame>'


def test_a_presentation(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    body = (
        f"<draw:page>{box('', 'body')}{box('title', 'Title')}{box('footer', 'each slide')}"
        f"<presentation:notes>{box('notes', 'Say it.')}</presentation:notes></draw:page>"
        "<draw:page><draw:frame><draw:image/></draw:frame></draw:page>"
        '<draw:page><draw:frame><draw:object xlink:href="./Object 1"/></draw:frame></draw:page>'
    )
    chart = (
        f"<office:document-content {SPACES}><office:body><office:chart><chart:chart><chart:title>"
        f"<text:p>Ducks</text:p></chart:title><table:table><table:table-row>{cell('')}{cell('2024')}</table:table-row><table:table-row>"
        f"{cell('Berlin')}{cell('3')}</table:table-row></table:table></chart:chart></office:chart></office:body>"
        "</office:document-content>"
    )
    document = made(tmp_path, "presentation", body, **{"Object 1__content": chart})
    check_blocks(document)
    assert shown(document) == [
        "heading p1 lNone Title: Title",
        "prose p1 lNone Title: body",
        "prose p1 lNone Title: Say it.",
        "lines p3 lNone : Ducks",
        "lines p3 lNone : | 2024\nBerlin | 3",
    ]
    assert (document.title, document.pages, document.gaps) == (
        "Title",
        3,
        ("slide 2 has no text, only pictures",),
    )


def test_a_password_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="password") as caught:
        made(tmp_path, "text", "", **{"META-INF__manifest": "<manifest><encryption-data/></manifest>"})
    assert caught.value.status == "encrypted"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<text:section>", "</text:section>"),
        ("<text:p><draw:frame><draw:text-box>", "</draw:text-box></draw:frame></text:p>"),
        ("<text:p><text:note><text:note-body>", "</text:note-body></text:note></text:p>"),
        ("<text:list><text:list-item>", "</text:list-item></text:list>"),
        (
            "<table:table><table:table-row><table:table-cell>",
            "</table:table-cell></table:table-row></table:table>",
        ),
    ],
)
def test_what_is_nested_as_deep_as_xml_may_be_is_read(before: str, after: str, tmp_path: Path) -> None:
    times = 245 // before.count("<")
    assert (
        made(tmp_path, "text", before * times + "<text:p>deep</text:p>" + after * times).text.strip()
        == "deep"
    )

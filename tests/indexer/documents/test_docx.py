from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn

from indexer.documents import Document, read
from indexer.documents.spacing import collapse
from tests.indexer.documents.conftest import CheckBlocks, Lines
from tests.indexer.documents.hostile import RELATIONS, WORD, zipped


def saved(folder: Path, document: docx.document.Document) -> Document:
    document.save(folder / "a.docx")
    return read(folder / "a.docx")


def raw(folder: Path, body: str, **parts: str) -> Document:
    """A document whose body is `body`; `parts` are its other parts by kind."""
    relations = "".join(
        f'<Relationship Id="p{kind}" Type="http://x/relationships/{kind}" Target="{kind}.xml"/>'
        for kind in parts
    )
    space = f'xmlns:w="{WORD}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    members = {
        "_rels/.rels": RELATIONS,
        "word/document.xml": f"<w:document {space}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
    }
    members |= {f"word/{kind}.xml": f"<w:{kind} {space}>{xml}</w:{kind}>" for kind, xml in parts.items()}
    (folder / "a.docx").write_bytes(zipped(members))
    return read(folder / "a.docx")


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_a_document(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    source = docx.Document()
    source.core_properties.title, source.core_properties.author = "On pooling", "Ada"
    source.sections[0].header.paragraphs[0].text = "Running head"
    source.sections[0].footer.paragraphs[0].text = "7"
    source.add_heading("Pooling", 0)
    source.add_heading("Mean", 1)
    source.add_paragraph("The mean of all").add_run(" token vectors.").bold = True
    source.add_paragraph("one", "List Bullet")
    source.add_paragraph("two", "List Number")
    source.add_heading("Detail", 2)
    table = source.add_table(3, 2)
    for cell, text in zip((cell for row in table.rows for cell in row.cells), "abcdef", strict=True):
        cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    source.add_paragraph("Rose Lane 1\nLondon")
    source.add_heading("CLS", 1)
    document = saved(tmp_path, source)
    check_blocks(document)
    assert shown(document) == [
        "prose pNone lNone : Running head",
        "heading pNone lNone Pooling: Pooling",
        "heading pNone lNone Pooling/Mean: Mean",
        "prose pNone lNone Pooling/Mean: The mean of all token vectors.",
        "lines pNone lNone Pooling/Mean: - one\n1. two",
        "heading pNone lNone Pooling/Mean/Detail: Detail",
        "lines pNone lNone Pooling/Mean/Detail: a | b\nc e | d\nc e | f",
        "lines pNone lNone Pooling/Mean/Detail: Rose Lane 1\nLondon",
        "heading pNone lNone Pooling/CLS: CLS",
    ]
    assert document.title == "On pooling"
    assert document.metadata["author"] == "Ada"


def test_text_boxes_notes_and_comments_follow_their_paragraph(tmp_path: Path) -> None:
    box = (
        "<w:p><w:r><w:t>Before.</w:t></w:r><w:r><mc:AlternateContent xmlns:mc='m'>"
        f"<mc:Choice><w:txbxContent>{paragraph('Boxed.')}</w:txbxContent></mc:Choice>"
        f"<mc:Fallback><w:txbxContent>{paragraph('Boxed.')}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"
        "<w:r><w:footnoteReference w:id='2'/><w:commentReference w:id='0'/></w:r></w:p>"
    )
    document = raw(
        tmp_path,
        box + paragraph("After."),
        footnotes=f"<w:footnote w:id='1'>{paragraph('unused')}</w:footnote>"
        f"<w:footnote w:id='2'>{paragraph('A note.')}</w:footnote>",
        comments=f"<w:comment w:id='0'>{paragraph('A comment.')}</w:comment>",
    )
    assert document.text == "Before.\n\nBoxed.\n\nA note.\n\nA comment.\n\nAfter."


def test_only_what_a_reader_sees_is_text(tmp_path: Path) -> None:
    run = "<w:r><w:t>{}</w:t></w:r>"
    document = raw(
        tmp_path,
        "<w:p>"
        + run.format("kept")
        + f"<w:ins>{run.format(' inserted')}</w:ins><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        + "<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
        + f"<w:hyperlink>{run.format(' link')}</w:hyperlink>"
        + f"<w:sdt><w:sdtContent>{run.format(' control')}</w:sdtContent></w:sdt>"
        + "<w:r><w:tab/><w:t>co</w:t><w:noBreakHyphen/><w:t>op</w:t></w:r></w:p>",
    )
    assert document.text == "kept inserted link control co-op"


NUMBERING = """
<w:abstractNum w:abstractNumId="0">
 <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{top}"/><w:lvlText w:val="{shape}"/></w:lvl>
 <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2">
 <w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>
</w:num>
"""


@pytest.mark.parametrize(
    ("top", "shape", "expected"),
    [
        ("decimal", "%1.", ["1. a", "1.1 b", "1.2 c", "2. d", "2.1 e", "1. f"]),
        ("upperRoman", "%1)", ["I) a", "I.1 b", "I.2 c", "II) d", "II.1 e", "I) f"]),
        ("lowerLetter", "(%1)", ["(a) a", "a.1 b", "a.2 c", "(b) d", "b.1 e", "(a) f"]),
        ("chineseCounting", "第%1章", ["第一章 a", "一.1 b", "一.2 c", "第二章 d", "二.1 e", "第一章 f"]),
    ],
)
def test_lists_are_counted_as_word_shows_them(
    tmp_path: Path, top: str, shape: str, expected: list[str]
) -> None:
    items = [("a", 0, 1), ("b", 1, 1), ("c", 1, 1), ("d", 0, 1), ("e", 1, 1), ("f", 0, 2)]
    body = "".join(
        paragraph(text, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>')
        for text, depth, list_id in items
    )
    document = raw(tmp_path, body, numbering=NUMBERING.format(top=top, shape=shape))
    assert [line.strip() for line in document.text.split("\n")] == expected
    assert [block.kind for block in document.blocks] == ["lines"]


def test_headings_by_outline_level_and_by_inherited_style(tmp_path: Path) -> None:
    styles = (
        '<w:style w:styleId="h"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:styleId="mine"><w:name w:val="Überschrift"/><w:basedOn w:val="h"/></w:style>'
        '<w:style w:styleId="plain"><w:name w:val="x"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>'
    )
    body = (
        paragraph("One", '<w:outlineLvl w:val="0"/>')
        + paragraph("Two", '<w:pStyle w:val="mine"/>')
        + paragraph("text", '<w:pStyle w:val="plain"/>')
    )
    assert [block.heading for block in raw(tmp_path, body, styles=styles).blocks] == [
        ("One",),
        ("One", "Two"),
        ("One", "Two"),
    ]


def test_formulas_are_written_on_one_line(tmp_path: Path) -> None:
    formula = (
        '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:sSup><m:e><m:f><m:num><m:r><m:t>a+b'
        "</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:e><m:sup><m:r><m:t>n</m:t></m:r></m:sup>"
        "</m:sSup></m:oMath>"
    )
    assert raw(tmp_path, f"<w:p>{formula}</w:p>").text == "((a+b)/2)^n"


def test_tables_in_frames_and_tables_in_cells(tmp_path: Path) -> None:
    source = docx.Document()
    frame = source.add_table(1, 1).cell(0, 0)
    frame.paragraphs[0].text = "In a frame."
    frame.add_paragraph("Second.")
    outer = source.add_table(1, 2)
    outer.cell(0, 0).text = "left"
    outer.cell(0, 1).add_table(1, 2).cell(0, 1).text = "inner"
    assert saved(tmp_path, source).text == "In a frame.\n\nSecond.\n\nleft | inner"


def test_the_strict_variant_is_read(shared: Path) -> None:
    folder = shared / "docling-tests" / "docx" / "sources"
    assert read(folder / "Strict.docx").text == read(folder / "Transitional.docx").text == "Some text"


def test_every_paragraph_python_docx_finds_is_there(shared: Path) -> None:
    for path in sorted((shared / "docling-tests" / "docx" / "sources").glob("*.docx")):
        if path.name != "Strict.docx":  # which python-docx can't open
            text = collapse(read(path).text)
            for element in docx.Document(str(path)).element.body.iter(qn("w:p")):
                for run in element.iter(qn("w:t")):
                    assert collapse(run.text or "") in text, path.name

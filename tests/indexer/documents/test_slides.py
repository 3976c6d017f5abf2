from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pptx
import pytest
from PIL import Image
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches

from indexer.documents import Document
from indexer.documents.slides import read
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks, Lines
from tests.indexer.documents.hostile import zipped

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOX = (Inches(1), Inches(1), Inches(3), Inches(1))


def saved(folder: Path, deck: pptx.presentation.Presentation) -> Document:
    deck.save(folder / "a.pptx")
    return read(folder / "a.pptx")


def raw(folder: Path, tree: str, **parts: str) -> Document:
    """A presentation of one slide with that tree of shapes; `parts` are what it refers to, by kind and id."""
    relation = f'<Relationship Id="%s" Type="{OFFICE}/%s" Target="%s"/>'
    relations = "".join(relation % (kind, kind, f"{kind}.xml") for kind in parts)
    space = (
        'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="' + OFFICE + '"'
        ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
        ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    )
    members = {
        "_rels/.rels": f"<r>{relation % ('a', 'officeDocument', 'ppt/presentation.xml')}</r>",
        "ppt/presentation.xml": f'<p:presentation {space}><p:sldId id="9" r:id="s"/></p:presentation>',
        "ppt/_rels/presentation.xml.rels": f"<r>{relation % ('s', 'slide', 'slides/1.xml')}</r>",
        "ppt/slides/1.xml": f"<p:sld {space}><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>",
        "ppt/slides/_rels/1.xml.rels": f"<r>{relations}</r>",
    }
    members |= {f"ppt/slides/{kind}.xml": f"<p:root {space}>{xml}</p:root>" for kind, xml in parts.items()}
    (folder / "a.pptx").write_bytes(zipped(members))
    return read(folder / "a.pptx")


def shape(*texts: str, kind: str = "") -> str:
    place = f'<p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>' if kind else ""
    paragraphs = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in texts)
    return f"<p:sp>{place}<p:txBody>{paragraphs}</p:txBody></p:sp>"


def test_a_presentation(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    deck = pptx.Presentation()
    deck.core_properties.author, deck.core_properties.title = "Ada", "PowerPoint Presentation"
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Mean pooling"
    first.placeholders[1].text = "one\ntwo"
    group = first.shapes.add_group_shape()
    group.shapes.add_shape(MSO_SHAPE.RECTANGLE, *BOX).text_frame.text = "in a group"
    first.notes_slide.notes_text_frame.text = "Say this slowly."
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Numbers"
    table = second.shapes.add_table(3, 2, *BOX).table
    for cell, text in zip(table.iter_cells(), ("a", "b", "c", "d", "", "f"), strict=True):
        cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    data = CategoryChartData()
    data.categories = ["2024", "2025"]
    data.add_series("Ducks", (4.6, 5))
    data.add_series("Geese", (7, 8))
    second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *BOX, data).chart.has_title = False
    document = saved(tmp_path, deck)
    check_blocks(document)
    assert shown(document) == [
        "heading p1 lNone Mean pooling: Mean pooling",
        "lines p1 lNone Mean pooling: one\ntwo",
        "prose p1 lNone Mean pooling: in a group",
        "prose p1 lNone Mean pooling: Say this slowly.",
        "heading p2 lNone Numbers: Numbers",
        "lines p2 lNone Numbers: a | b\nc | d\nc | f",
        "heading p2 lNone Numbers/Ducks | Geese: Ducks | Geese",
        "lines p2 lNone Numbers/Ducks | Geese: 2024 | 4.6 | 7\n2025 | 5 | 8",
    ]
    assert (document.title, document.pages, document.metadata["author"]) == ("Mean pooling", 2, "Ada")


def test_a_slide_of_pictures_is_a_gap_and_one_with_nothing_is_none(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    picture = BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    for number in range(3):
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        if number == 1:
            slide.shapes.add_picture(picture, *BOX)
    document = saved(tmp_path, deck)
    assert (document.text, document.pages, document.gaps) == ("", 3, ("slide 2 has no text, only pictures",))


def test_the_title_comes_first_and_what_is_on_every_slide_not_at_all(tmp_path: Path, shown: Lines) -> None:
    tree = (
        shape("body")
        + shape("7", kind="sldNum")
        + shape("Today", kind="dt")
        + shape("Title", kind="ctrTitle")
    )
    assert shown(raw(tmp_path, tree)) == ["heading p1 lNone Title: Title", "prose p1 lNone Title: body"]


def test_of_variants_for_old_and_new_programs_one_is_read(tmp_path: Path) -> None:
    variants = f"<mc:Choice>{shape('new')}</mc:Choice><mc:Fallback>{shape('old')}</mc:Fallback>"
    only_old = f"<mc:Choice><p:pic/></mc:Choice><mc:Fallback>{shape('picture text')}</mc:Fallback>"
    tree = "".join(f"<mc:AlternateContent>{each}</mc:AlternateContent>" for each in (variants, only_old))
    assert raw(tmp_path, tree).text.split("\n\n") == ["new", "picture text"]


def test_diagrams_are_read_and_embedded_objects_are_a_gap(tmp_path: Path) -> None:
    tree = '<p:graphicFrame><a:x><d:relIds xmlns:d="d" r:dm="data"/></a:x></p:graphicFrame>'
    document = raw(
        tmp_path, tree + "<p:graphicFrame><p:oleObj/></p:graphicFrame>", data=shape("start", "end")
    )
    assert document.text == "start\nend"
    assert document.gaps == ("slide 1 has embedded objects (1), which are not read",)


def test_comments_have_their_authors(shared: Path) -> None:
    text = read(shared / "docling-tests/pptx/sources/powerpoint_comments.pptx").text
    assert "John Reviewer: This is a sample reviewer comment\n" in text


def test_a_slide_that_is_listed_but_not_there_is_damage(tmp_path: Path) -> None:
    raw(tmp_path, "")
    with ZipFile(tmp_path / "a.pptx") as archive:
        members = {
            name: archive.read(name).decode() for name in archive.namelist() if name != "ppt/slides/1.xml"
        }
    (tmp_path / "b.pptx").write_bytes(zipped(members))
    with pytest.raises(DocumentError, match="1 of the 1 slides are not in the file"):
        read(tmp_path / "b.pptx")


def test_whatever_python_pptx_finds_is_in_the_text(shared: Path, check_blocks: CheckBlocks) -> None:
    files = sorted((shared / "docling-tests" / "pptx" / "sources").iterdir())
    assert files
    for path in files:
        document = read(path)
        check_blocks(document)
        words = set(document.text.split())
        for slide in pptx.Presentation(str(path)).slides:
            for each in slide.shapes:
                if each.has_text_frame:
                    assert set(each.text_frame.text.split()) <= words, path.name

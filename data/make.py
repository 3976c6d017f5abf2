"""Makes the documents that can't be written by hand: PDF, DOCX, and text in old encodings.

    python data/make.py [folder]        writes into data/documents unless told otherwise

A source's name says what becomes of it: `sources/models/bert.pdf.md` is written to `models/bert.pdf`,
and `sources/retrieval/x.gb18030.txt` to `retrieval/x.txt` in that encoding. The same sources give the
same bytes, so that a new run changes nothing that was committed.
"""

import io
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

import docx
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from reportlab.lib import textsplit
from reportlab.lib.colors import grey
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

HERE = Path(__file__).parent
MARKDOWN = MarkdownIt("commonmark").enable("table")
AUTHOR = "The bertrieve authors"
# One day for all: a date of today would change every file on every run.
DATE = datetime(2026, 1, 1)
MARGINS = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), 18 * mm)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a source. kind: "h1" to "h3", "p", "li", or "table", which has rows and no text."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def text_of(node: SyntaxTreeNode) -> str:
    """The plain text under a node; emphasis and links are dropped, a soft line break is a space."""
    leaves = (leaf for leaf in node.walk() if leaf.type in {"text", "code_inline", "softbreak"})
    return "".join(" " if leaf.type == "softbreak" else leaf.content for leaf in leaves)


def blocks(markdown: str) -> Iterator[Block]:
    """The blocks of a Markdown source, in order."""
    for node in SyntaxTreeNode(MARKDOWN.parse(markdown)).children:
        if node.type == "heading":
            yield Block(node.tag, text_of(node))
        elif node.type == "bullet_list":
            yield from (Block("li", text_of(item)) for item in node.children)
        elif node.type == "table":
            rows = (row for part in node.children for row in part.children)
            yield Block("table", rows=tuple(tuple(map(text_of, row.children)) for row in rows))
        else:
            yield Block("p", text_of(node))


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def pdf_styles(chinese: bool) -> dict[str, ParagraphStyle]:
    # The viewer brings the Chinese font (one of Adobe's four): nothing is embedded, so the file stays small.
    body, bold = ("STSong-Light", "STSong-Light") if chinese else ("Times-Roman", "Times-Bold")
    wrap = "CJK" if chinese else None
    base = ParagraphStyle("p", fontName=body, fontSize=10.5, leading=16, spaceAfter=7, wordWrap=wrap)
    return {
        "p": base,
        "td": ParagraphStyle("td", base, fontSize=9, leading=12, spaceAfter=0),
        "li": ParagraphStyle("li", base, leftIndent=14, bulletIndent=2),
        "h1": ParagraphStyle("h1", base, fontName=bold, fontSize=18, leading=24, spaceAfter=12),
        "h2": ParagraphStyle(
            "h2", base, fontName=bold, fontSize=13, leading=18, spaceBefore=8, keepWithNext=1
        ),
        "h3": ParagraphStyle("h3", base, fontName=bold, fontSize=11, spaceBefore=4, keepWithNext=1),
    }


def pdf_flowables(block: Block, styles: dict[str, ParagraphStyle]) -> list[Any]:
    """What reportlab lays out for one block."""
    if block.kind == "table":
        cells = [[Paragraph(escape(cell), styles["td"]) for cell in row] for row in block.rows]
        return [Table(cells, style=[("GRID", (0, 0), (-1, -1), 0.4, grey)]), Spacer(0, 8)]
    return [Paragraph(escape(block.text), styles[block.kind], bulletText="•" if block.kind == "li" else None)]


def make_pdf(source: str) -> bytes:
    """An A5 PDF with an outline, and a running title and page number at the foot."""
    parts, chinese, file = list(blocks(source)), is_chinese(source), io.BytesIO()
    if chinese:
        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
        # reportlab knows only which marks can't begin a Japanese line.
        textsplit.ALL_CANNOT_START += "，；：！？”》"
    styles = pdf_styles(chinese)
    title, numbers = parts[0].text, count(1)
    # Without compression the bytes don't depend on the machine's zlib, and an empty subject would
    # be written as "(unspecified)".
    template = SimpleDocTemplate(
        file, pagesize=A5, title=title, author=AUTHOR, subject=" ", invariant=1, pageCompression=0, **MARGINS
    )

    def add_outline(flowable: Any) -> None:
        style = getattr(getattr(flowable, "style", None), "name", "")
        if style in ("h1", "h2", "h3"):
            key = f"heading-{next(numbers)}"
            template.canv.bookmarkPage(key)
            template.canv.addOutlineEntry(flowable.getPlainText(), key, level=int(style[1]) - 1)

    def draw_foot(canvas: Any, _: Any) -> None:
        canvas.setFont(styles["p"].fontName, 8)
        canvas.drawString(18 * mm, 10 * mm, title)
        canvas.drawRightString(A5[0] - 18 * mm, 10 * mm, str(canvas.getPageNumber()))

    template.afterFlowable = add_outline
    story = [flowable for block in parts for flowable in pdf_flowables(block, styles)]
    template.build(story, onFirstPage=draw_foot, onLaterPages=draw_foot)
    return file.getvalue()


def make_docx(source: str) -> bytes:
    """A Word file with real heading styles, lists and tables."""
    document, file = docx.Document(), io.BytesIO()
    for block in blocks(source):
        if block.kind.startswith("h"):
            document.add_heading(block.text, level=int(block.kind[1]))
        elif block.kind == "table":
            table = document.add_table(len(block.rows), len(block.rows[0]), style="Table Grid")
            for row, texts in zip(table.rows, block.rows, strict=True):
                for cell, text in zip(row.cells, texts, strict=True):
                    cell.text = text
        else:
            document.add_paragraph(block.text, style="List Bullet" if block.kind == "li" else None)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = next(blocks(source)).text, AUTHOR, ""
    properties.language = "zh-CN" if is_chinese(source) else "en"
    properties.created = properties.modified = DATE
    document.save(file)
    return without_times(file.getvalue())


def without_times(archive: bytes) -> bytes:
    """The same zip archive with one fixed time on every member."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, DATE.timetuple()[:6]), old.read(name), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def make(source: Path) -> tuple[str, bytes]:
    """A source -> the name and the bytes of the document made from it."""
    text = source.read_text("utf-8")
    name, kind = source.stem.rsplit(".", 1)
    if kind == "pdf":
        return f"{name}.pdf", make_pdf(text)
    if kind == "docx":
        return f"{name}.docx", make_docx(text)
    if kind == "utf-16":
        # The codec "utf-16" would take the byte order of this machine.
        return name + source.suffix, ("\ufeff" + text).encode("utf-16-le")
    return name + source.suffix, text.encode(kind)


def main(target: Path) -> None:
    sources = HERE / "sources"
    for source in sorted(path for path in sources.rglob("*.*.*") if path.is_file()):
        name, content = make(source)
        path = target / source.parent.relative_to(sources) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "documents")

import re
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

from indexer.documents import Document, read
from indexer.documents.pdf.headings import by_outline
from indexer.documents.pdf.lines import HYPHEN, Line, mended
from indexer.documents.pdf.outline import Entry
from indexer.documents.pdf.words import Words
from indexer.documents.titles import real_title
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks, Lines

PROSE = [
    "The mean of all token vectors is the vector of the passage, and the length",
    "of the passage does not matter to it. Two such vectors are compared by the",
    "cosine of the angle between them.",
]


class Page:
    """Writes lines of text at places, as a typesetter would."""

    def __init__(self, path: Path, **options: object) -> None:
        self.path = path
        self.canvas = Canvas(str(path), pagesize=A4, invariant=1, **options)

    def lines(
        self, texts: list[str], x: float = 70, y: float = 700, size: float = 11, font: str = "Helvetica"
    ) -> None:
        self.canvas.setFont(font, size)
        for text in texts:
            self.canvas.drawString(x, y, text)
            y -= 1.2 * size

    def read(self) -> Document:
        self.canvas.save()
        return read(self.path)


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(tmp_path / "a.pdf")


def test_paragraphs_pages_and_headings_by_type(page: Page, shown: Lines, check_blocks: CheckBlocks) -> None:
    page.canvas.setTitle("On pooling")
    page.canvas.setAuthor("Ada")
    page.lines(["Pooling"], y=760, size=20)
    page.lines(["Mean pooling"], y=730, size=14)
    page.lines(PROSE, y=700)
    page.lines(["A second paragraph stands apart from the first."], y=640)
    page.canvas.showPage()
    page.lines(["CLS pooling"], y=730, size=14)
    page.lines(["One token stands for all."])
    document = page.read()
    check_blocks(document)
    assert shown(document) == [
        "heading p1 lNone Pooling: Pooling",
        "heading p1 lNone Pooling/Mean pooling: Mean pooling",
        f"prose p1 lNone Pooling/Mean pooling: {' '.join(PROSE)}",
        "prose p1 lNone Pooling/Mean pooling: A second paragraph stands apart from the first.",
        "heading p2 lNone Pooling/CLS pooling: CLS pooling",
        "prose p2 lNone Pooling/CLS pooling: One token stands for all.",
    ]
    assert (document.title, document.pages, document.gaps) == ("On pooling", 2, ())
    assert document.metadata["author"] == "Ada"


def test_the_outline_comes_before_the_type(page: Page, shown: Lines) -> None:
    page.canvas.bookmarkPage("one")
    page.canvas.addOutlineEntry("Introduction", "one", 0)
    page.lines(["1 Introduction"], y=760)
    page.lines(["Large but no heading"], y=730, size=20)
    page.lines(["Some text."])
    page.canvas.showPage()
    page.canvas.bookmarkPage("two")
    page.canvas.addOutlineEntry("A picture's title", "two", 1)
    page.lines(["Text under a title that is a picture."])
    assert shown(page.read()) == [
        "heading p1 lNone 1 Introduction: 1 Introduction",
        "prose p1 lNone 1 Introduction: Large but no heading",
        "prose p1 lNone 1 Introduction: Some text.",
        "prose p2 lNone 1 Introduction/A picture's title: Text under a title that is a picture.",
    ]


def test_bold_lines_are_headings(page: Page) -> None:
    page.lines(["Mean pooling"], y=720, font="Helvetica-Bold")
    page.lines(PROSE)
    document = page.read()
    assert [block.kind for block in document.blocks] == ["heading", "prose"]


def test_columns_are_read_one_after_the_other(page: Page) -> None:
    left = ["The left column begins here", "and its last sentence goes", "on in the other one, where"]
    right = ["it ends. The right column", "has a sentence of its own", "as well."]
    page.lines(left, x=70)
    page.lines(right, x=320)
    assert page.read().text == " ".join(left + right)


def test_running_heads_and_page_numbers_are_left_out_after_the_first(page: Page) -> None:
    for number in range(1, 7):
        page.lines(["A Treatise on Pooling"], y=800, size=9)
        page.lines([f"Chapter {(number + 2) // 3}: Means"], x=400, y=800, size=9)
        page.lines([f"The invoice {1_000 + number} is in the text."], y=760)
        page.lines([str(number)], x=300, y=40)
        page.canvas.showPage()
    document = page.read()
    assert document.text.count("A Treatise on Pooling") == 1
    assert document.text.count("Means") == 1
    assert not re.search(r"^\d$", document.text, re.MULTILINE)
    assert [f"The invoice {1_000 + number} is in the text." in document.text for number in range(1, 7)] == [
        True
    ] * 6


def test_tables_are_lines_of_cells(page: Page, shown: Lines) -> None:
    for row, texts in enumerate(
        [("City", "People", "Area"), ("Rome", "2.8 m", "1,285"), ("Oslo", "0.7 m", "454")]
    ):
        for column, text in enumerate(texts):
            page.canvas.drawString(70 + 120 * column, 600 - 20 * row, text)
    assert shown(page.read()) == [
        "lines p1 lNone : City | People | Area\nRome | 2.8 m | 1,285\nOslo | 0.7 m | 454"
    ]


def test_lists_are_cut_at_their_marks(page: Page) -> None:
    page.lines(["• The first item, which is long and", "  goes on.", "• The second."])
    page.lines(["1. One thing that has to be said.", "2. Another."], y=600)
    assert page.read().text == (
        "• The first item, which is long and goes on.\n\n• The second.\n\n"
        "1. One thing that has to be said.\n\n2. Another."
    )


def test_a_word_over_two_lines_is_joined_and_a_compound_keeps_its_hyphen(page: Page) -> None:
    page.lines(
        [
            "Vectors of mean-pooled tokens carry the infor-",
            "mation of a passage, and a mean-",
            "pooled one is short.",
        ]
    )
    assert page.read().text == (
        "Vectors of mean-pooled tokens carry the information of a passage, and a mean-pooled one is short."
    )


@pytest.mark.parametrize(
    ("left", "right", "seen", "joined"),
    [
        ("infor", "mation", "", "information"),
        ("mean", "pooled", "a mean-pooled vector", "mean-pooled"),
        ("COVID", "19", "", "COVID-19"),
        ("Schwarz", "Weiß", "", "Schwarz-Weiß"),
        ("under", "standing", "understanding under standing", "understanding"),
        ("machine", "readable", "a machine that is readable", "machine-readable"),
        ("con", "sider", "con sider", "consider"),
    ],
)
def test_hyphens_are_judged_by_the_words_of_the_document(
    left: str, right: str, seen: str, joined: str
) -> None:
    lines = [Line(left + HYPHEN, 0, 1, 0, 10), Line(right, 0, 1, 0, 10)]
    assert Words([*lines[:1], Line(seen, 0, 1, 0, 10)]).text(lines) == joined


def test_shapes_of_letters_become_the_letters() -> None:
    assert mended("eﬃcient ﬁle ⽂档 x² Ａ") == "efficient file 文档 x² Ａ"
    assert mended("وPythonمن") == "و Python من"
    assert mended("\ud83d\ude00") == "😀"
    assert mended("1.2 Means . . . . . . . 7") == "1.2 Means … 7"


def test_outline_entries_are_placed_in_order() -> None:
    entries = [Entry("Basics", 1, 0), Entry("Missing", 2, 0), Entry("1.2 More", 2, 0)]
    placed = by_outline(entries, ["see Basics for more of it", "1 Basics", "text", "More", "Basics"])
    assert [(heading.at, heading.title, heading.shown) for heading in placed] == [
        (1, "1 Basics", True),
        (2, "Missing", False),
        (3, "More", True),
    ]


def test_pages_without_text_are_gaps_and_empty_pages_are_not(page: Page) -> None:
    page.lines(["Text."])
    for draws in (True, True, False, True):
        page.canvas.showPage()
        if draws:
            page.canvas.rect(50, 50, 300, 300)
    document = page.read()
    assert document.pages == 5
    assert document.gaps == ("pages 2–3 have no text layer", "page 5 has no text layer")


def test_values_of_fields_and_comments(page: Page) -> None:
    page.lines(["Name:"])
    page.canvas.acroForm.textfield(name="name", tooltip="Full name", value="Ada Lovelace", x=120, y=690)
    page.canvas.textAnnotation("Check the spelling.", Rect=[300, 700, 320, 720])
    assert page.read().text == "Name:\n\nFull name: Ada Lovelace\n\nCheck the spelling."


def test_chinese_is_joined_without_spaces(page: Page) -> None:
    registerFont(UnicodeCIDFont("STSong-Light"))
    lines = [
        "平均池化把所有词元的向量加起来取平均，",
        "得到整段文字的表示，这种做法叫“平均”",
        "池化。英文的说法是 mean pooling，BERT",
        "的模型几乎都这样用，因为它简单又可靠。",
    ]
    page.lines(lines, font="STSong-Light")
    assert page.read().text == f"{lines[0]}{lines[1]}{lines[2]} {lines[3]}"


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_turned_text_is_read(page: Page, degrees: int) -> None:
    page.canvas.translate(300, 400)
    page.canvas.rotate(degrees)
    page.lines(PROSE, x=0, y=0)
    assert page.read().text == " ".join(PROSE)


def test_a_password_is_said(tmp_path: Path, shared: Path) -> None:
    page = Page(tmp_path / "a.pdf", encrypt="secret")
    page.lines(["Secret."])
    for path in (tmp_path / "a.pdf", shared / "docling-tests/pdf_password/sources/2206.01062_pg3.pdf"):
        with pytest.raises(DocumentError, match="password") as caught:
            page.read() if path.parent == tmp_path else read(path)
        assert caught.value.status == "encrypted"


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("Microsoft Word - report.doc", ""),
        ("Microsoft Word - The annual report", "The annual report"),
        ("untitled", ""),
        ("Untitled 2", ""),
        ("paper_final.tex", ""),
        ("scan0001", ""),
        ("12345", ""),
        ("无标题", ""),
        ("On  pooling", "On pooling"),
        ("平均池化", "平均池化"),
    ],
)
def test_titles_that_a_program_gave_are_none(given: str, title: str) -> None:
    assert real_title(given, Path("scan0001.pdf")) == title


def test_page_numbers_agree_with_pdfium_on_a_book(shared: Path) -> None:
    path = shared / "py-pdf-sample-files/009-pdflatex-geotopo/GeoTopo-komprimiert.pdf"
    document = read(path)
    letters: dict[int, Counter[str]] = {number: Counter() for number in range(1, 118)}
    for block in document.blocks:
        letters[block.page or 0].update(filter(str.isalnum, document.text[block.start : block.end]))
    book = pypdfium2.PdfDocument(path)
    assert document.pages == len(book) == 117
    for number in range(1, 118):
        text = book[number - 1].get_textpage().get_text_range()
        expected = Counter(filter(str.isalnum, text))
        # What may be missing is the running head, what may be new are letters that were one glyph.
        assert (expected - letters[number]).total() <= 50, number
        assert (letters[number] - expected).total() <= 10, number
    headings = {block.heading for block in document.blocks}
    assert ("1 Topologische Grundbegriffe", "1.2 Metrische Räume") in headings

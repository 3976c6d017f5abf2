from pathlib import Path

import pytest

from indexer.documents import Document, read
from indexer.documents.draft import Draft
from indexer.documents.html import parse, write
from tests.indexer.documents.conftest import CheckBlocks, Lines

PAGE = """\
<!doctype html><html lang="en"><head><title> The  page </title>
<meta name="author" content="Ada"><style>p { color: red }</style><script>var x = "code";</script></head>
<body><nav><a href="/">Home</a></nav><template><p>template</p></template><p hidden>hidden</p>
<p style="display: none">invisible</p>
<h1>Top <em>title</em></h1><p>Two words run<b>ning</b>
on.<p>Water is H<sub>2</sub>O.
<h2>Lists</h2>
<ul><li>one<ul><li>inner</li></ul></li><li><p>two</p><p>more</p></li></ul>
<ol start="3"><li>three<li>four</ol>
<dl><dt>term</dt><dd>meaning</dd></dl>
<h3>Deep</h3><pre>  x = 1

  y</pre>
<p>Rose<br>Lane</p>
<h2>Table</h2>
<table><caption>Numbers</caption><tr><th>Year</th><th>Month</th></tr>
<tr><td rowspan=2>2025</td><td>May</td></tr><tr><td>June</td></tr></table>
<p><img alt="A duck" src="x.png"> &lt;escaped&gt; &amp; caf&eacute;</p>
<noscript>Enable scripts</noscript></body></html>
"""


def test_a_page(shown: Lines, check_blocks: CheckBlocks) -> None:
    document = parse(PAGE)
    check_blocks(document)
    assert shown(document) == [
        "heading pNone lNone Top title: Top title",
        "prose pNone lNone Top title: Two words running on.",
        "prose pNone lNone Top title: Water is H2O.",
        "heading pNone lNone Top title/Lists: Lists",
        "lines pNone lNone Top title/Lists: - one\n  - inner\n- two\nmore",
        "lines pNone lNone Top title/Lists: 3. three\n4. four",
        "lines pNone lNone Top title/Lists: term\nmeaning",
        "heading pNone lNone Top title/Lists/Deep: Deep",
        "lines pNone lNone Top title/Lists/Deep:   x = 1\n\n  y",
        "lines pNone lNone Top title/Lists/Deep: Rose\nLane",
        "heading pNone lNone Top title/Table: Table",
        "prose pNone lNone Top title/Table: Numbers",
        "lines pNone lNone Top title/Table: Year | Month\n2025 | May\n2025 | June",
        "prose pNone lNone Top title/Table: A duck <escaped> & café",
    ]
    assert document.title == "The page"
    assert document.metadata == {"language": "en", "author": "Ada"}


def test_main_is_preferred_where_it_is_most_of_the_page() -> None:
    main = "<main><p>" + "The text that matters. " * 5 + "</p></main>"
    assert "aside" not in parse(f"<p>an aside</p>{main}").text
    assert "aside" in parse(f"<p>{'an aside ' * 50}</p>{main}").text


def test_a_table_that_lays_out_a_page_is_no_table(shown: Lines) -> None:
    inner = "<table><tr><td>a</td><td>b</td></tr></table>"
    layout = f"<table><tr><td><h2>Left</h2><p>One.</p></td><td>{inner}</td></tr></table>"
    assert shown(parse(layout)) == [
        "heading pNone lNone Left: Left",
        "prose pNone lNone Left: One.",
        "lines pNone lNone Left: a | b",
    ]


def test_line_breaks_in_chinese_leave_no_space() -> None:
    assert parse("<p>向量\n检索，\n很好 and\nEnglish</p>").text == "向量检索，很好 and English"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ('<meta charset="gb2312"><p>向量镕</p>'.encode("gb18030"), "向量镕"),
        (
            '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS"><p>検索</p>'.encode(
                "cp932"
            ),
            "検索",
        ),
        ('<meta charset="iso-8859-1"><p>5 €</p>'.encode("cp1252"), "5 €"),
        ('<meta charset="ascii"><p>é</p>'.encode(), "é"),
        ('<meta charset="utf-8"><p>é</p>'.encode("utf-16"), "é"),
    ],
)
def test_encodings_as_declared_or_as_they_are(tmp_path: Path, data: bytes, text: str) -> None:
    (tmp_path / "a.html").write_bytes(data)
    assert read(tmp_path / "a.html").text == text


def test_the_order_and_depth_of_nesting_do_not_matter() -> None:
    assert parse("<div>" * 3_000 + "<b>bottom" + "</div>" * 10).text == "bottom"


def test_a_page_can_be_part_of_another_document() -> None:
    draft = Draft()
    draft.heading("Book", 1)
    write("<h1>Chapter</h1><p>Text.</p>", draft, under=1)
    document: Document = draft.document()
    assert [block.heading for block in document.blocks] == [
        ("Book",),
        ("Book", "Chapter"),
        ("Book", "Chapter"),
    ]


def test_the_sign_that_links_a_heading_to_itself_is_no_text(shown: Lines) -> None:
    page = """
    <h2>Rollback<a class="headerlink" href="#rollback" title="Permalink">¶</a></h2>
    <p>See <a href="#other">the other</a>, <a href="#c">C#</a> and issue <a href="/issues/7">#</a>7.</p>
    """
    assert shown(parse(page)) == [
        "heading pNone lNone Rollback: Rollback",
        "prose pNone lNone Rollback: See the other, C# and issue #7.",
    ]

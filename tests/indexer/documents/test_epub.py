from pathlib import Path

import pytest

from indexer.documents import Document
from indexer.documents.epub import read
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks, Lines
from tests.indexer.documents.hostile import zipped

CONTAINER = '<container><rootfiles><rootfile full-path="in/book.opf"/></rootfiles></container>'


def made(folder: Path, chapters: dict[str, str], metadata: str = "", **members: str) -> Document:
    """A book of XHTML chapters, in that order; further members by their name."""
    kind = 'media-type="application/xhtml+xml"'
    items = "".join(f'<item id="{n}" href="{name}" {kind}/>' for n, name in enumerate(chapters))
    spine = "".join(f'<itemref idref="{n}"/>' for n in reversed(range(len(chapters))))
    items += '<item id="toc" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    files = {
        "META-INF/container.xml": CONTAINER,
        "in/book.opf": f"<package><metadata>{metadata}</metadata><manifest>{items}</manifest>"
        f"<spine>{spine}</spine></package>",
    }
    files |= {
        f"in/{name.replace('%20', ' ')}": f"<html>{html}</html>" for name, html in chapters.items() if html
    }
    files |= {name.replace("__", "/"): xml for name, xml in members.items()}
    (folder / "a.epub").write_bytes(zipped(files))
    return read(folder / "a.epub")


def test_a_book_in_the_order_of_its_spine(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    metadata = (
        "<title>On pooling</title><title>no</title><creator>Ada</creator><creator>Bob</creator>"
        "<language>en</language>"
    )
    chapters = {
        "last.xhtml": "<head><title/><script src='x'/></head><body><p>The <b>end</b>.</p></body>",
        "sub/one%20.xhtml": "<body><a id='x'/><h1>One</h1><p>First.</p></body>",
    }
    document = made(tmp_path, chapters, metadata)
    check_blocks(document)
    assert shown(document) == [
        "heading pNone lNone One: One",
        "prose pNone lNone One: First.",
        "prose pNone lNone One: The end.",
    ]
    assert (document.title, document.pages) == ("On pooling", None)
    assert document.metadata == {"author": "Ada; Bob", "language": "en"}


def test_a_chapter_without_a_heading_has_its_title_from_the_table_of_contents(
    tmp_path: Path, shown: Lines
) -> None:
    point = '<navPoint><navLabel><text>{}</text></navLabel><content src="{}"/></navPoint>'
    contents = f"<ncx>{point.format('Two', 'two.xhtml#x')}{point.format('First', 'one.xhtml')}</ncx>"
    chapters = {"two.xhtml": "<body><p>2</p></body>", "one.xhtml": "<body><h2>One</h2><p>1</p></body>"}
    document = made(tmp_path, chapters, in__toc__ncx="", **{"in__toc.ncx": contents})
    assert shown(document) == [
        "heading pNone lNone One: One",
        "prose pNone lNone One: 1",
        "prose pNone lNone Two: 2",
    ]


def test_a_chapter_that_is_not_there_is_a_gap(tmp_path: Path) -> None:
    document = made(tmp_path, {"gone.xhtml": "", "one.xhtml": "<body><p>1</p></body>"})
    assert (document.text, document.gaps) == ("1", ("the chapter 'in/gone.xhtml' is not in the file",))


def test_encrypted_chapters_are_named_and_encrypted_fonts_do_not_matter(tmp_path: Path) -> None:
    chapters = {"one.xhtml": "<body><p>1</p></body>"}
    entry = '<encryption><CipherReference URI="{}"/></encryption>'
    assert made(tmp_path, chapters, **{"META-INF__encryption.xml": entry.format("in/font.otf")}).text == "1"
    with pytest.raises(DocumentError, match="rights") as caught:
        made(tmp_path, chapters, **{"META-INF__encryption.xml": entry.format("in/one.xhtml")})
    assert caught.value.status == "encrypted"


def test_a_book_that_does_not_say_where_it_begins_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="where the book in it begins"):
        made(tmp_path, {}, **{"META-INF__container.xml": "<container/>"})

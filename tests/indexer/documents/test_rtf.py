from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.documents import Document
from indexer.documents.rtf import parse, read
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks, Lines


def made(body: bytes) -> Document:
    return parse(rb"{\rtf1\ansi\ansicpg1252\deff0" + body + b"}")


def test_a_text(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    (tmp_path / "a.rtf").write_bytes(
        rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Times;}{\f1\fcharset134 Sim;}{\f2\fcharset204 Arial;}}"
        rb"{\colortbl;\red0;}{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 One;}{\s2 heading 2;}}"
        rb"{\info{\title On pooling}{\author Jos\'e9}{\creatim\yr2024}}{\header each page}"
        rb"\pard\s1 Mean \b pooling\b0\par\pard The caf\'e9 of"
        b"\r\n"
        rb" \u20013?\u25991? and \u-10179?\u-8704?.{\footnote\chftn  A note.} More.\par"
        rb"\f1\'d6\'d0\'ce\'c4\f0  and \f2\'cf\'f0\'e8\f0\par\pard\s2 Second\par"
        rb"\pard\trowd\intbl a\cell b\par c\cell\row\trowd\intbl 1\cell 2\cell\row\pard "
        rb"Rose Lane\line London\par see {\field{\*\fldinst HYPERLINK x}{\fldrslt the link}}"
        rb"{\pict\pngblip 8950}\par"
        rb"{\shp{\*\shpinst{\sp{\sn x}{\sv 2}}{\shptxt in a box\par}}}{\v hidden}{\*\unknown zap}"
        rb"\{end\}\~\\\par}"
    )
    document = read(tmp_path / "a.rtf")
    check_blocks(document)
    assert shown(document) == [
        "heading pNone lNone Mean pooling: Mean pooling",
        "prose pNone lNone Mean pooling: The café of 中文 and 😀. More.",
        "prose pNone lNone Mean pooling: A note.",
        "prose pNone lNone Mean pooling: 中文 and При",
        "heading pNone lNone Mean pooling/Second: Second",
        "lines pNone lNone Mean pooling/Second: a | b c\n1 | 2",
        "lines pNone lNone Mean pooling/Second: Rose Lane\nLondon",
        "prose pNone lNone Mean pooling/Second: see the link",
        "prose pNone lNone Mean pooling/Second: {end} \\",
        "prose pNone lNone Mean pooling/Second: in a box",
    ]
    assert (document.title, document.metadata, document.gaps) == ("On pooling", {"author": "José"}, ())


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (936, "向量检索"),
        (950, "繁體中文"),
        (932, "日本語です"),
        (949, "한국어"),
        (1251, "Привет"),
        (65001, "naïve 语"),
    ],
)
def test_the_code_page_of_the_file(page: int, text: str) -> None:
    codes = "".join(f"\\'{byte:02x}" for byte in text.encode("utf-8" if page == 65001 else f"cp{page}"))
    assert parse(f"{{\\rtf1\\ansi\\ansicpg{page} {codes}\\par}}".encode()).text == text


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="\\{}")),
    st.integers(0, 3),
)
def test_unicode_whatever_stands_in_for_it(text: str, stand_ins: int) -> None:
    units = memoryview(text.encode("utf-16-le")).cast("h")
    written = "".join(f"\\u{unit} {'?' * stand_ins}" for unit in units)
    assert made(f"\\uc{stand_ins} {written}\\par".encode()).text == text


def test_binary_data_is_stepped_over() -> None:
    assert made(rb"a{\pict\bin4 }}{{}b\par").text == "ab"


def test_a_row_that_never_ends_and_a_file_cut_off_lose_nothing() -> None:
    assert parse(rb"{\rtf1\trowd\intbl a\cell b\cell\pard c").text.split() == ["a", "|", "b", "c"]


def test_only_pictures_are_a_gap() -> None:
    assert made(rb"{\pict 8950}").gaps == ("the file has no text, only pictures",)


@pytest.mark.parametrize("data", [b"", b"plain text", b"{\\rtf1" + b"{" * 20_000])
def test_what_is_no_rtf_is_an_error(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"not RTF|deep"):
        parse(data)

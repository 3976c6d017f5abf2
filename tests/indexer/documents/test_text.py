from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.documents import Document, read
from indexer.documents.text import paragraphs
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import Lines


def written(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def test_paragraphs_have_their_lines_and_the_text_is_the_files(tmp_path: Path, shown: Lines) -> None:
    source = "A first paragraph, one that is\nwrapped over two lines.\n\n\n  The second,  indented.  \n"
    document = read(written(tmp_path, "a.txt", source.replace("\n", "\r\n").encode()))
    assert document.text == source
    assert shown(document) == [
        "prose pNone l1 : A first paragraph, one that is\nwrapped over two lines.",
        "prose pNone l5 : The second,  indented.",
    ]
    assert (document.title, document.pages) == ("", None)


def test_a_long_line_is_a_paragraph_of_its_own(tmp_path: Path, shown: Lines) -> None:
    one, two = "word " * 40 + "end.", "向量检索" * 20 + "。"
    document = read(written(tmp_path, "a.txt", f"{one}\n{two}\nshort\n".encode()))
    assert shown(document) == [
        f"prose pNone l1 : {one}",
        f"prose pNone l2 : {two}",
        "prose pNone l3 : short",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        "- apples\n- pears\n- plums",
        "1. Heat the milk.\n2. Stir in the flour until the sauce is thick.\n3. Serve.",
        "Roses are red,\nViolets are blue,\nThis is a verse\nAnd so are you.",
    ],
)
def test_lists_and_verse_are_lines(tmp_path: Path, lines: str) -> None:
    assert [block.kind for block in read(written(tmp_path, "a.txt", lines.encode())).blocks] == ["lines"]


def test_a_log_is_lines_and_an_unknown_suffix_is_read_by_its_content(tmp_path: Path) -> None:
    log = (
        "2026-01-01 12:00:00 started the server on port 80\n2026-01-01 12:00:01 accepted the first request\n"
    )
    assert [block.kind for block in read(written(tmp_path, "a.log", log.encode())).blocks] == ["lines"]
    assert [block.kind for block in read(written(tmp_path, "a.what", log.encode())).blocks] == ["prose"]
    assert read(written(tmp_path, "README", b"No suffix at all.")).text == "No suffix at all."


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    assert read(written(tmp_path, "a.txt", b" \n\n")).gaps == ("there is no text in it",)


def test_more_text_than_one_document_may_have(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="20,000,000 characters") as caught:
        read(written(tmp_path, "a.txt", b"word " * 4_000_001))
    assert caught.value.status == "too large"


@given(st.text(st.sampled_from("ab .-1\n\t中。"), max_size=400))
def test_blocks_hold_their_promises_and_lines_are_true(text: str) -> None:
    blocks = tuple(paragraphs(text))
    if blocks:
        from tests.indexer.documents.conftest import _check_blocks

        _check_blocks(Document(text, blocks))
    for block in blocks:
        assert block.line == text.count("\n", 0, block.start) + 1

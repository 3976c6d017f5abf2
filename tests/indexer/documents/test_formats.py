import io
import os
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path

import docx
import pytest

from indexer.documents import Document, formats, read, suffixes
from indexer.documents import files as files_module
from indexer.documents.files import load
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks
from tests.indexer.documents.hostile import OLE, pdf, zipped


def word(text: str) -> bytes:
    document = docx.Document()
    document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.txt", pdf("Really a PDF."), "Really a PDF."),
        ("a", pdf("Really a PDF."), "Really a PDF."),
        ("a.pdf", b"<!DOCTYPE html><p>Really HTML.", "Really HTML."),
        ("a.docx", b"\n <html><p>Really HTML.", "Really HTML."),
        ("a.txt", b"<html><p>Really HTML.", "Really HTML."),
        ("a.md", b"A file that begins with %PDF- is one.", "A file that begins with %PDF- is one."),
        ("a.md", b"MZ are two letters.", "MZ are two letters."),
        ("a.md", b"<html> is where a page begins", "<html> is where a page begins"),
        ("a.docx", b"Really plain text.", "Really plain text."),
        ("a.pdf", word("Really Word."), "Really Word."),
        ("a.zip", word("Really Word."), "Really Word."),
        ("a.DOCX", word("A loud suffix."), "A loud suffix."),
        ("a.pdf", b"junk before it\n" + pdf("A late beginning."), "A late beginning."),
    ],
)
def test_the_first_bytes_decide_before_the_suffix(tmp_path: Path, name: str, data: bytes, text: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert read(tmp_path / name).text == text


@pytest.mark.parametrize(
    ("name", "data", "status", "reason"),
    [
        ("a.docx", OLE + bytes(2_000), "failed", "the file is damaged"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "unsupported", "a picture; --ocr would read"),
        ("a.txt", b"\xff\xd8\xff\xe0" + bytes(50), "unsupported", "a picture"),
        ("a.dat", bytes(range(256)) * 9, "unsupported", "binary data"),
        ("a.zip", zipped({"a.txt": "text"}), "unsupported", "zip archive"),
        ("a.docx", b"PK\x03\x04 and no more", "failed", "damaged"),
        ("a.docx", zipped({"a.txt": "text"}), "failed", "no document in it"),
    ],
)
def test_what_can_not_be_read_says_why(
    tmp_path: Path, name: str, data: bytes, status: str, reason: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DocumentError, match=reason) as caught:
        read(tmp_path / name)
    assert caught.value.status == status


def test_errors_of_the_file_system_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="can't be opened: No such file"):
        read(tmp_path / "gone.txt")
    with pytest.raises(DocumentError, match="a folder, not a file"):
        read(tmp_path)


def test_any_exception_of_a_reader_becomes_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> Document:
        raise KeyError("x")

    monkeypatch.setattr(formats, "_added", lambda: {".foo": broken})
    with pytest.raises(DocumentError, match="KeyError: 'x'") as caught:
        read(tmp_path / "a.foo")
    assert caught.value.status == "failed"


def test_another_package_can_add_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint(name=".foo", value=f"{__name__}:foo_reader", group="bertrieve.readers")
    monkeypatch.setattr(formats, "entry_points", lambda group: [entry] if group == entry.group else [])
    formats._added.cache_clear()
    try:
        (tmp_path / "a.foo").write_bytes(bytes(10))
        assert read(tmp_path / "a.foo").title == "foo"
        assert ".foo" in suffixes()
    finally:
        formats._added.cache_clear()


def foo_reader(path: Path) -> Document:
    return Document("", (), title=path.suffix[1:], gaps=("nothing",))


def test_a_text_that_breaks_its_syntax_is_read_as_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"pooling": mean}', encoding="utf-8")
    document = read(tmp_path / "a.json")
    assert "pooling" in document.text
    assert document.gaps[0].startswith("read as plain text: line 1")


def test_every_suffix_has_its_module() -> None:
    assert {".txt", ".md", ".html", ".pdf", ".docx"} <= set(suffixes())
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes())


def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("begun")
    check = files_module._check_regular

    def meanwhile(status: os.stat_result) -> None:
        check(status)
        with path.open("a") as file:
            file.write("more")

    monkeypatch.setattr(files_module, "_check_regular", meanwhile)
    with pytest.raises(DocumentError, match="changed while it was being read"):
        load(path)


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(200_000_001)
    with pytest.raises(DocumentError, match="200,000,001 bytes and at most 200,000,000") as caught:
        load(tmp_path / "a.txt")
    assert caught.value.status == "too large"


def test_members_of_an_archive_are_counted_before_they_are_unpacked() -> None:
    from indexer.documents.archive import Archive

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(100_000_000))
    with pytest.raises(DocumentError, match=r"100,000,000, more than 200:1") as caught:
        Archive(file.getvalue())
    assert caught.value.status == "too large"


def test_every_real_document_is_read_or_refused_with_a_reason(
    shared: Path, check_blocks: CheckBlocks
) -> None:
    statuses: dict[str, list[str]] = {}
    for path in sorted(path for path in shared.rglob("*") if path.is_file()):
        try:
            check_blocks(read(path))
        except DocumentError as error:
            statuses.setdefault(error.status, []).append(path.name)
    assert sorted(statuses["encrypted"]) == ["2206.01062_pg3.pdf", "libreoffice-writer-password.pdf"]
    assert statuses["failed"] == ["unreadablemetadata.pdf"]
    assert {Path(name).suffix for name in statuses["unsupported"]} <= {
        *(".doc", ".xls", ".ppt", ".png", ".jpg", ".tiff"),
    }

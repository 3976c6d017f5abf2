import sys
from pathlib import Path

import pytest

from indexer.documents import Document, command, office, read, read_all
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))

from readers import compare, tokens

INSTALLED = command.find(*office._PROGRAMS) is not None
converting = pytest.mark.skipif(not INSTALLED, reason="LibreOffice is not installed")

FILES = ["doc/sources/legacy_sample.doc", "xls/sources/legacy_sample.xls", "ppt/sources/legacy_sample.ppt"]


@converting
def test_old_files_are_read_as_the_new_ones_they_become(shared: Path, check_blocks: CheckBlocks) -> None:
    paths = [shared / "docling-tests" / name for name in FILES]
    for path, document in read_all(paths):
        assert isinstance(document, Document), document
        check_blocks(document)
        expected = (path.parents[1] / "groundtruth" / f"{path.name}.md").read_text(encoding="utf-8")
        _, recall = compare(tokens(document.text), tokens(expected))
        assert recall > 0.9, (path.name, recall)


@converting
def test_what_libreoffice_can_not_open_is_named(shared: Path, refusing: Path) -> None:
    assert refusing
    with pytest.raises(DocumentError, match="LibreOffice can't open it") as caught:
        read(shared / "docling-tests" / FILES[0])
    assert caught.value.status == "failed"


@pytest.fixture
def refusing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A LibreOffice that makes nothing."""
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(office, "_program", lambda: program)
    return program


def test_without_libreoffice_an_old_file_says_what_would_read_it(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "_program", lambda: None)
    for name, kind in zip(FILES, ("docx", "xlsx", "pptx"), strict=True):
        with pytest.raises(
            DocumentError, match=f"only LibreOffice could open.* save the file as .{kind}"
        ) as caught:
            read(shared / "docling-tests" / name)
        assert caught.value.status == "unsupported"


def test_other_ole_files_are_no_office_files(shared: Path, tmp_path: Path) -> None:
    mail = (shared / "docling-tests/email/sources/msg_simple.msg").read_bytes()
    (tmp_path / "a.doc").write_bytes(mail)
    with pytest.raises(DocumentError, match="none of Word, Excel or PowerPoint") as caught:
        read(tmp_path / "a.doc")
    assert caught.value.status == "unsupported"

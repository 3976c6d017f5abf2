import os
from pathlib import Path

import pytest

from indexer.documents import Document, read, read_all
from tests.indexer.documents.conftest import CheckBlocks
from tests.indexer.documents.hostile import READ, docx, make

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the limits on time and memory are those of POSIX")


def test_every_hostile_file_ends_in_time_and_good_files_beside_them_are_read(
    tmp_path: Path, check_blocks: CheckBlocks
) -> None:
    expected = make(tmp_path)
    assert len(expected) >= 60
    good = tmp_path / "good.md"
    good.write_text("# Good\n\nA file without malice.\n", encoding="utf-8")
    paths = [path for bad in expected for path in (bad, good)]
    results = list(read_all(paths, workers=2, cpu_seconds=1))
    assert [path for path, _ in results] == paths
    for path, result in results:
        if isinstance(result, Document):
            check_blocks(result)
        if path == good:
            assert isinstance(result, Document) and result.title == "Good"
        else:
            status = READ if isinstance(result, Document) else result.status
            assert status in expected[path], f"{path.name}: {status}: {result}"
            assert isinstance(result, Document) or (str(result) and "\n" not in str(result))


def test_entities_are_not_expanded_and_nothing_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    doctype = f'<!DOCTYPE w [<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY i "inside">]>'
    (tmp_path / "a.docx").write_bytes(docx("<w:t>before &e; &i; after</w:t>", doctype))
    assert read(tmp_path / "a.docx").text.split() == ["before", "after"]

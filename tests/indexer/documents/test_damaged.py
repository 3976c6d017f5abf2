"""Real files, cut off and with wrong bytes in them: text or an error in words, and never anything else."""

import random
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from indexer.documents.formats import read
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks

FILES = (
    "pptx/sources/powerpoint_sample.pptx",
    "pptx/sources/powerpoint_comments.pptx",
    "xlsx/sources/xlsx_03_chartsheet.xlsx",
    "xlsx/sources/xlsx_comments.xlsx",
    "odf/sources/odf_table_with_title_01.ods",
    "odf/sources/text_document_03.odt",
    "email/sources/msg_with_attachment.msg",
    "email/sources/eml_with_attachment.eml",
    "webvtt/sources/webvtt_example_03.vtt",
    "asciidoc/sources/asciidoc_02.asciidoc",
    "csv/sources/csv-comma.csv",
    "json_dots/sources/dots_list.json",
)


def damaged(data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.2:
        return data[: chance.randrange(len(data))]
    wrong = bytearray(data)
    for _ in range(chance.choice((1, 5, 30))):
        at = chance.randrange(len(wrong))
        wrong[at : at + chance.randrange(20)] = chance.choice(
            (b"", b"<", b'"', b"9" * 12, chance.randbytes(3))
        )
        wrong = wrong or bytearray(b"x")
    return bytes(wrong)


def within(data: bytes, chance: random.Random) -> bytes:
    """The same zip archive with one of its members damaged."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as copy:
        chosen = chance.choice([name for name in archive.namelist() if name.endswith((".xml", ".rels"))])
        for name in archive.namelist():
            member = archive.read(name)
            copy.writestr(name, damaged(member, chance) if name == chosen else member)
    return out.getvalue()


@pytest.mark.parametrize("name", FILES)
def test_damage_is_text_or_an_error(
    name: str, shared: Path, tmp_path: Path, check_blocks: CheckBlocks
) -> None:
    source = shared / "docling-tests" / name
    data, chance = source.read_bytes(), random.Random(name)
    for _ in range(12):
        is_archive = zipfile.is_zipfile(source) and chance.random() < 0.8
        (path := tmp_path / source.name).write_bytes((within if is_archive else damaged)(data, chance))
        try:
            check_blocks(read(path))
        except DocumentError as error:
            assert str(error)
            assert "it can't be read" not in str(
                error
            )  # what `formats` says of an error that a reader let through

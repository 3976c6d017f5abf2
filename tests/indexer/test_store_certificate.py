"""The certificate: what stands in the index, and what people are shown of it."""

import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from typer.testing import CliRunner

from indexer.store import Certificate, Reader
from indexer.store.certificate import Compression
from indexer.store.check import check
from indexer.store.mend import mend
from indexer.store.state import put_setting
from tests.making import document, put, writer
from ui.cli.app import app

CERTIFICATE = Certificate(
    kind="IVF4096,RaBitQfs",
    parameters={"nprobe": 64, "candidates": 200},
    overlap=0.9942,
    low=0.9917,
    sample=1_000,
    target=0.99,
    made="2026-01-02T03:04:05+00:00",
    passages=1,
)


def test_an_index_without_compressed_vectors_has_none_and_says_exact(tmp_path: Path) -> None:
    with writer(tmp_path / "index") as to:
        put(to, document("a", "text"))
    assert Reader(tmp_path / "index").info().certificate is None
    said = CliRunner().invoke(app, ["info", "--index", str(tmp_path / "index")]).output
    assert "exact" in said


def test_a_certificate_comes_back_as_it_was_stored_and_is_shown(tmp_path: Path) -> None:
    with writer(tmp_path / "index") as to:
        put(to, document("a", "text"))
        with to._engine.begin() as connection:
            put_setting(
                connection, "certificate", asdict(Compression(last=1, passages=1, certificate=CERTIFICATE))
            )
    assert Reader(tmp_path / "index").info().certificate == CERTIFICATE
    said = " ".join(CliRunner().invoke(app, ["info", "--index", str(tmp_path / "index")]).output.split())
    for part in ("IVF4096,RaBitQfs", "nprobe 64, candidates 200", "0.9942", "0.9917", "1,000 questions"):
        assert part in said


def test_a_certificate_that_counts_lists_is_void_and_due() -> None:
    """As they were made before efforts were widths."""
    measured = {
        "kind": "IVF",
        "overlap": 0.99,
        "low": 0.99,
        "sample": 9,
        "target": 0.99,
        "made": "",
        "passages": 9,
    }
    stored = {"number": 2, "checksum": "00", "last": 8, "passages": 9, "efforts": [[10, 256, 200]]}
    stored["certificate"] = measured | {"parameters": {"lists@10": 256, "candidates@10": 200}}
    found = Compression.read(stored)
    assert (found.number, found.checksum, found.efforts) == (2, "00", ())
    assert not found.holds(8, 9)
    assert found.is_due(8, 9, 9)


def test_a_certificate_that_is_damaged_is_told_and_mended_to_exact(tmp_path: Path) -> None:
    path = tmp_path / "index"
    with writer(path) as to:
        put(to, document("a", "text"))
    with closing(sqlite3.connect(path / "metadata.sqlite")) as connection, connection:
        connection.execute("UPDATE settings SET value = '{\"kind\": 7}' WHERE key = 'certificate'")
    assert "certificate" in check(path)[0].what
    mend(path)
    with writer(path):
        pass
    assert check(path) == []
    assert Reader(path).info().certificate is None

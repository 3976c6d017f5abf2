"""A collection in BEIR layout, indexed and asked by `bertrieve eval`; no model."""

import json

import pytest

from indexer import index_folder
from indexer.errors import UsageError
from search import Searcher
from tests.fake import FakeEncoder
from ui.cli import evaluation


@pytest.fixture
def collection(tmp_path, monkeypatch):
    """Makes one of a corpus that is asked for "whale"."""
    monkeypatch.setattr(evaluation, "load_encoder", lambda model: FakeEncoder())

    def make(name, *corpus, relevant):
        root = tmp_path / name
        (root / "qrels").mkdir(parents=True)
        (root / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
        (root / "queries.jsonl").write_text('{"_id": "q", "text": "whale"}')
        (root / "qrels" / "test.tsv").write_text("".join(f"q\t{each}\t1\n" for each in relevant))
        return root

    return make


def test_a_document_of_nothing_but_a_title_is_found(collection):
    rows = {"_id": "d1", "title": "whale song", "text": ""}, {"_id": "d2", "text": "red apple"}
    found = evaluation.measure(collection("titles", *rows, relevant=["d1"]), mode="lexical")
    assert found["modes"]["lexical"]["nDCG@10"] == 1


def test_relevant_documents_that_are_not_there_are_told(collection, capsys):
    root = collection("lacking", {"_id": "d1", "text": "whale song"}, relevant=["d1", "d7", "d8"])
    found = evaluation.measure(root, mode="lexical")
    assert found["modes"]["lexical"]["recall@10"] == pytest.approx(1 / 3)
    assert "2 relevant documents are not in corpus.jsonl" in capsys.readouterr().err


def test_a_kept_index_is_of_one_collection(collection, tmp_path):
    sea = collection("sea", {"_id": "d1", "text": "whale song"}, relevant=["d1"])
    land = collection("land", {"_id": "d2", "text": "whale bones"}, relevant=["d2"])
    for _ in range(2):
        evaluation.measure(sea, mode="lexical", index=tmp_path / "kept")
    with pytest.raises(UsageError, match="holds 1 documents that are not of land, such as d1"):
        evaluation.measure(land, mode="lexical", index=tmp_path / "kept")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "d1").write_text("my own words")
    index_folder(tmp_path / "own", index=tmp_path / "mine", encoder=FakeEncoder())
    with pytest.raises(UsageError, match="that are not of sea, such as d1"):
        evaluation.measure(sea, mode="lexical", index=tmp_path / "mine")
    assert Searcher(tmp_path / "mine", encoder=FakeEncoder()).info().documents == 1

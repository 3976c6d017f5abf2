"""Products of 8-bit integers against NumPy's of whole numbers, and the encoder with them against float32."""

import numpy as np
import pytest
import torch
from scipy.special import erf
from transformers import BertConfig, BertModel

from indexer.encoder import eight_bits, trial
from indexer.encoder.bert import BertEncoder
from indexer.encoder.eight_bits import EightBitProduct, Grid, evenly, smoothed
from indexer.encoder.layers import EightBitLayer
from indexer.encoder.packed import PackedBert

here = pytest.mark.skipif(not eight_bits.available(), reason="the processor has no AVX512-VNNI")

MODEL = "all-MiniLM-L6-v2"
TEXTS = [
    "The bridge was closed for two days after the flood, and reopened with one lane. Lorries have to take "
    "the road over the hills until the pillars have been looked at, which will take all of the spring.",
    "for (int i = 0; i < 10; ++i) { total += values[i] * 0.5; }  // see README.md, section 4",
    "IL-2 (p = 0.003) was raised in 14 of 61 patients; TNF-α was not. CI 95%: 1.2-4.8, after 12 weeks.",
    "黄河是中国第二长河，发源于青藏高原，注入渤海。流域内有很多古城，也是中国古代文明的发源地之一。",
    "yes",
]


@pytest.fixture(scope="module")
def exact():
    return BertEncoder(MODEL, device="cpu", precision="float32")


def random(*shape):
    return torch.from_numpy(np.random.default_rng(5).normal(size=shape).astype(np.float32))


def test_bytes_are_the_nearest_on_the_grid_and_cut_off_beyond_it():
    grid = Grid(torch.tensor([0.0, 10.0]), torch.tensor([0.5, 1.0]))
    rows = torch.tensor([[0.0, 10.0], [0.7, 12.4], [-64.0, 137.0], [-90.0, 300.0]])
    assert grid.bytes_of(rows).tolist() == [[128, 128], [129, 130], [0, 255], [0, 255]]


def test_a_grid_reaches_beyond_what_was_seen():
    seen, weight = random(100, 6) * torch.tensor([1, 1, 30, 0.01, 1, 0]), random(4, 6)
    grid = smoothed(seen, weight)
    found = grid.bytes_of(seen)
    assert found.min() > 0
    assert found.max() < 255
    back = grid.center + grid.step * (found.float() - 128)
    assert ((back - seen).abs() <= grid.step * 0.51).all()


@here
@pytest.mark.parametrize("rows", [1, 300])
def test_a_product_is_that_of_whole_numbers(rows):
    weight, bias, seen, other = random(48, 32), random(48), random(rows, 32) + 3, random(rows, 48)
    grid, after = smoothed(seen, weight), evenly(6.0, 48)
    product, given = EightBitProduct(weight, bias, grid, seen), grid.bytes_of(seen)
    weighed = (weight * grid.step).numpy().astype(np.float64)
    scales = np.abs(weighed).max(axis=1) / 127
    whole = np.rint(weighed / scales[:, None]).astype(np.int64)
    sums = (given.numpy().astype(np.int64) - 128) @ whole.T * scales
    mean = seen.mean(0)
    usual = ((mean - grid.center) / grid.step).numpy() @ (whole * scales[:, None]).T
    expected = sums - usual + (weight @ mean + bias).numpy()
    np.testing.assert_allclose(product(seen).numpy(), expected, atol=1e-4)
    np.testing.assert_allclose(product.plus(given, other).numpy(), expected + other.numpy(), atol=1e-4)
    gelu = expected * (1 + erf(expected / 2**0.5)) / 2
    found = after.center + after.step * (product.gelu(given, after).float() - 128)
    highest = float(after.center[0] + 127 * after.step[0])
    np.testing.assert_allclose(found.numpy(), gelu.clip(None, highest), atol=0.51 * float(after.step[0]))


@here
def test_passages_have_the_vectors_of_float32_but_for_rounding(exact):
    fast = BertEncoder(MODEL, device="cpu")
    assert fast.eight_bit_layers == 6
    found = fast.encode_passages(TEXTS)
    assert (found * exact.encode_passages(TEXTS)).sum(axis=1).min() >= 0.995
    again = BertEncoder(MODEL, device="cpu").encode_passages(TEXTS)
    np.testing.assert_array_equal(found, again)


@here
def test_a_row_beyond_the_grid_is_multiplied_as_it_is():
    weight, bias, seen = random(48, 32), random(48), random(300, 32)
    product = EightBitProduct(weight, bias, smoothed(seen, weight), seen)
    far = seen.clone()
    far[7] *= 100
    torch.testing.assert_close(product(far)[7], far[7] @ weight.T + bias, atol=1e-2, rtol=1e-5)
    np.testing.assert_array_equal(product(far)[8:], product(seen)[8:])


@here
def test_tokens_that_no_text_had_before_are_exact():
    """Every number of a layer far beyond what its bytes were made for: nothing is left to the bytes."""
    packed = PackedBert(tiny())
    ids = [[token] * 3 for token in range(2, 40)]
    with torch.inference_mode():
        states, runs = packed.begun(ids)
        seen = packed.layers[0].seen(states, runs)
        small = seen._replace(**{name: part / 100 for name, part in seen._asdict().items()})
        found = EightBitLayer(packed.layers[0], small, runs)(states, runs)
    torch.testing.assert_close(found, seen.found, atol=1e-4, rtol=1e-4)


@here
def test_a_layer_that_errs_stays_as_it_is():
    packed, ids = PackedBert(tiny(layers=4)), [[3, 4, 5], [7, 8, 9, 10]]

    def vectors(tried):
        """The same as ever while two layers at least are exact."""
        return torch.tensor([[1.0, 0.0]] if tried.eight_bit_layers <= 2 else [[0.9, 0.4]])

    with torch.inference_mode():
        assert trial.in_eight_bits(packed, ids, vectors).eight_bit_layers == 2
        found = trial.in_eight_bits(packed, ids, lambda tried: torch.tensor([[float(tried is packed)]]))
    assert found is packed


def test_8_bits_are_left_out_where_a_precision_is_asked_for_or_they_are_missing(exact, monkeypatch):
    assert exact.eight_bit_layers == 0
    monkeypatch.setattr(eight_bits, "available", lambda: False)
    assert BertEncoder(MODEL, device="cpu").eight_bit_layers == 0


@here
def test_an_operator_that_refuses_is_done_without(monkeypatch):
    def refuse(*_):
        raise RuntimeError("could not create a primitive")

    monkeypatch.setattr(eight_bits.EightBitProduct, "__call__", refuse)
    assert BertEncoder(MODEL, device="cpu").eight_bit_layers == 0


def tiny(layers=1):
    torch.manual_seed(6)
    config = BertConfig(
        vocab_size=50,
        hidden_size=32,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=40,
    )
    return BertModel(config, add_pooling_layer=False).eval()

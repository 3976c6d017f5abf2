"""Attention by powers of two, and products with what comes after them, against torch's public functions."""

import math

import pytest
import torch
from torch.nn import functional

from indexer.encoder import attention, products
from indexer.encoder.attention import BASE_TWO, attend
from indexer.encoder.products import Product


def heads_of(texts, tokens, precision, *, spread=1.0):
    torch.manual_seed(tokens)
    query, key, value = torch.randn(3, texts, 2, tokens, 8).unbind()
    return [(query * spread).to(precision), key.to(precision), value.to(precision)]


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize(("texts", "tokens"), [(1, 1), (3, 2), (5, 33), (1, 700)])
def test_attention_is_softmax(texts, tokens, precision):
    query, key, value = heads_of(texts, tokens, precision)
    expected = (query.double() @ key.double().transpose(-1, -2) / 8**0.5).softmax(-1) @ value.double()
    found = attend((query.float() * BASE_TWO / 8**0.5).to(precision), key, value)
    assert found.dtype == precision
    exact = precision == torch.float32
    torch.testing.assert_close(found.double(), expected, atol=1e-5 if exact else 0.05, rtol=0)


@pytest.mark.parametrize("sign", [1, -1])
def test_scores_whose_powers_bfloat16_cannot_hold_are_no_trouble(sign):
    query, key, value = heads_of(2, 5, torch.bfloat16)
    query, key = query.abs() * 40, key.abs() * sign
    assert attention._by_powers(query, key, value) is None
    expected = (math.log(2) * query.double() @ key.double().transpose(-1, -2)).softmax(-1) @ value.double()
    torch.testing.assert_close(attend(query, key, value).double(), expected, atol=0.05, rtol=0)


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("rows", [1, 7, 300])
def test_a_product_is_linear_and_what_comes_after(rows, there, monkeypatch):
    if not there:
        monkeypatch.setattr(products, "_operators_there", lambda: False)
    torch.manual_seed(rows)
    weight, bias, states, other = (
        tensor.bfloat16()
        for tensor in (torch.randn(48, 32), torch.randn(48), torch.randn(rows, 32), torch.randn(rows, 48))
    )
    product = Product(weight, bias)
    expected = functional.linear(states.double(), weight.double(), bias.double())
    for found, wanted in (
        (product(states), expected),
        (product.gelu(states), functional.gelu(expected)),
        (product.plus(states, other), expected + other.double()),
    ):
        torch.testing.assert_close(found.double(), wanted, atol=0.02, rtol=0.02)

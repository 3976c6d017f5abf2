"""What an encoder reads, by the default model's real tokenizer and by hand."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import search.reading
from indexer.encoder.models import DEFAULT_MODEL, model_folder
from indexer.encoder.tokens import Tokens
from search.reading import known_share


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens((model_folder(DEFAULT_MODEL) / "tokenizer.json").read_text(encoding="utf-8"), 256)


def share(tokens: Tokens, question: str) -> float:
    return known_share(question, tokens.offsets([question])[0], tokens.content_ids(question), tokens.unknown)


def test_doctests() -> None:
    assert doctest.testmod(search.reading).failed == 0


@pytest.mark.parametrize(
    "question",
    [
        "how are token vectors pooled?",
        "does np.float32 fit in v2.3 of x_y?",
        "IL-6, STAT3 and rs429358 phosphorylation",
        "Wie funktioniert die semantische Dokumentensuche?",
        "comment fonctionne la recherche sémantique",
        "a b c d",
        "3.14159 + 2.71828",
        "?!…",
        "",
    ],
)
def test_the_latin_script_is_read(tokens: Tokens, question: str) -> None:
    assert share(tokens, question) == 1.0


@pytest.mark.parametrize(
    "question",
    [
        "как работает поиск по смыслу в документах",
        "كيف يعمل البحث الدلالي في المستندات",
        "문서 검색은 어떻게 작동합니까",
        "ひらがなとカタカナをどうやってさがすのか",
        "πώς λειτουργεί η σημασιολογική αναζήτηση",
        "איך עובד חיפוש סמנטי",
        "为什么检索要这样",
    ],
)
def test_scripts_without_words_in_the_vocabulary_are_not(tokens: Tokens, question: str) -> None:
    assert share(tokens, question) < 0.3


def test_of_a_mixed_question_the_part_that_is_read(tokens: Tokens) -> None:
    assert 0.2 < share(tokens, "mean pooling в документах") < 0.7
    assert share(tokens, "mean pooling π") > 0.9


def test_one_token_a_han_character_is_reading() -> None:
    """As in bert-base-chinese, whose vocabulary holds no longer Chinese words."""
    text = "平均池化，很好"
    spans = np.array([[at, at + 1] for at in range(len(text))], np.int32)
    assert known_share(text, spans, list(range(1, 8)), unknown=0) == 1.0
    assert known_share(text, spans, [0, 0, 0, 1, 1, 1, 1], unknown=0) == 0.5  # the comma doesn't count
    assert known_share(text, spans, [0] * 7, unknown=None) == 1.0


@given(st.text(max_size=40))
def test_any_text_has_a_share(text: str) -> None:
    spans = np.array([[at, at + 1] for at in range(len(text))], np.int32).reshape(-1, 2)
    assert 0 <= known_share(text, spans, [1] * len(text), unknown=0) <= 1

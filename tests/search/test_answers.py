"""Answers: the sentence, its place, and when there is none; the reader is a tiny random model."""

import json
from dataclasses import replace

import numpy as np
import pytest

import search
from indexer.errors import EncoderError
from search import Searcher
from search.answers import SENTENCES, Sentence, maxsim, scores, sentences, shortlist
from search.coverage import coverage
from search.spans import SpanReader
from tests.fake import FakeEncoder
from tests.making import document, put, writer

FAKE = FakeEncoder()
TEXTS = (
    "Cats are kept as pets. A cat sleeps fifteen hours a day.  They hunt at dusk!",
    "袋鼠分布在澳洲。它们每季繁殖。雌性只有8公斤重。",
    "A river flows to the sea.",
)


@pytest.fixture
def searcher(tmp_path):
    with writer(tmp_path / "index") as to:
        for text in TEXTS:
            put(to, document(f"{text[:4]}.md", text))
    return Searcher(tmp_path / "index", encoder=FAKE)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("how many hours does a cat sleep?", "A cat sleeps fifteen hours a day."),
        ("when do they hunt?", "They hunt at dusk!"),
        ("雌性有多重？", "雌性只有8公斤重。"),
        ("袋鼠在哪里分布？", "袋鼠分布在澳洲。"),
    ],
)
def test_the_sentence_that_answers(searcher, question, expected):
    found = searcher.answer(question)
    assert found.text == expected
    assert found.hit.text[found.start - found.hit.start : found.end - found.hit.start] == expected
    assert found.before + found.text + found.after == found.hit.text
    assert found.hits.query == question
    assert json.loads(json.dumps(found.to_dict()))["text"] == expected
    assert expected in str(found)


def test_nothing_that_might_answer_is_no_answer(tmp_path):
    with writer(tmp_path / "index") as to:
        put(to, document("marks.md", "... !!! ???"))
    found = Searcher(tmp_path / "index", encoder=FAKE).answer("cats")
    assert (found.text, found.hit) == (None, None)
    assert len(found.hits) == 1
    assert "nothing in these documents answers" in str(found)


def test_the_module_answers_too(searcher, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "_searcher", lambda index: searcher)
    assert search.answer("when do they hunt?").text == "They hunt at dusk!"


def test_maxsim_by_hand():
    ours, theirs = FAKE.passage_tokens(["cat dog", "dog river"])
    cat, dog, river = (FAKE.passage_tokens([word])[0].vectors[1] for word in ("cat", "dog", "river"))

    def cosine(a, b):
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    expected = (max(cosine(cat, dog), cosine(cat, river)) + 1) / 2
    assert maxsim(ours, theirs) == pytest.approx(expected, abs=1e-5)
    assert maxsim(ours, FAKE.passage_tokens([""])[0]) == 0


def test_score_by_hand(searcher):
    hit = searcher.query("cat")[0]
    one = Sentence(hit, 0, 0, "a cat", previous="the dog")
    idf = {"cat": 2.0, "dog": 1.0, "cow": 1.0}
    assert coverage("a cat", idf) == 0.5
    # 2 · (2/4 + ½ · 1/4) − 0.1 · log₂ 1
    assert scores([one], idf, None, [], 1.0).tolist() == [pytest.approx(1.25)]


def test_only_the_likeliest_are_encoded(searcher):
    hit = searcher.query("cat")[0]
    many = [Sentence(hit, at, at, "cat" if at == 50 else "x", "") for at in range(60)]
    kept = shortlist(many, {"cat": 1.0})
    assert len(kept) == SENTENCES
    assert many[50] in kept
    assert [at.start for at in kept] == sorted(at.start for at in kept)


def test_sentences_know_their_place(searcher):
    hit = next(at for at in searcher.query("cat hunt") if "hunt" in at.text)
    for at in sentences([hit]):
        assert hit.text[at.start - hit.start : at.end - hit.start] == at.text == at.text.strip()


def test_headings_are_no_answers_and_items_are_sentences(searcher):
    text = "## Cats\n\nCats sleep\n\n- at noon\n- at dawn. They hunt at dusk."
    hit = replace(searcher.query("cat")[0], text=text, heading=("Cats",), start=5)
    found = sentences([hit])
    assert [at.text for at in found] == ["Cats sleep", "- at noon", "- at dawn.", "They hunt at dusk."]
    assert all(text[at.start - 5 : at.end - 5] == at.text for at in found)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A BERT for question answering with two layers and random weights, and a vocabulary of letters."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast

    folder = tmp_path_factory.mktemp("reader")
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.!?"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{at}" for at in letters)]
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(vocab_size=len(words), **sizes)
    BertForQuestionAnswering(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return SpanReader(str(folder))


def test_a_reader_sharpens_the_span(searcher, reader):
    whole = searcher.answer("when do they hunt?")
    found = searcher.answer("when do they hunt?", reader=reader)
    assert found.text in whole.text
    assert whole.start <= found.start < found.end <= whole.end
    assert found.hit.text[found.start - found.hit.start : found.end - found.hit.start] == found.text


def test_a_reader_that_is_not_there_is_told():
    with pytest.raises(EncoderError, match=r"can't be loaded as a reader .*question-answering model"):
        SpanReader("/no/such/reader")

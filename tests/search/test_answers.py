"""Answers: the sentence, its place, and when there is none; the reader is a tiny random model."""

import json
from dataclasses import replace

import numpy as np
import pytest

import search
from indexer.errors import EncoderError
from search import Searcher
from search.answers import Sentence, maxsim, part, scores, sentences, stretch
from search.coverage import coverage
from search.spans import SpanReader
from tests.fake import FakeEncoder
from tests.making import document, drop, put, writer

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


def test_a_hit_that_is_removed_meanwhile_answers_nothing(searcher, tmp_path, monkeypatch):
    query = Searcher.query

    def removing(self, *args, **kwargs):
        hits = query(self, *args, **kwargs)
        with writer(tmp_path / "index") as to:
            drop(to, *(hit.path for hit in hits))
        return hits

    monkeypatch.setattr(Searcher, "query", removing)
    found = searcher.answer("how many hours does a cat sleep?")
    assert (len(found.hits), found.hit) == (3, None)


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
    hit = replace(searcher.query("cat")[0], rank=4)
    texts = ("a cat", "it sleeps", "is it a cow?", "a dog")
    found = [Sentence(hit, 0, 0, text) for text in texts]
    weights = {"cat": 2.0, "dog": 1.0, "cow": 1.0}
    assert coverage("a cat", weights) == 0.5
    # cat: 2/4; half of it a sentence later, .7 of that two later; cow: 1/4, less what a question pays;
    # dog: 1/4, with what is left of cat and half of cow. All of the fourth hit: .05 · log₂ 4 less.
    cat, cow = 0.5 * 2 / 4, 0.5 * 1 / 4
    expected = [0.5, cat, 0.25 + 0.7 * cat - 0.3, 0.25 + 0.49 * cat + cow]
    assert scores(found, weights, None, [], 1.0) == pytest.approx(np.array(expected) - 0.1)


def test_what_stood_before_ends_with_its_passage(searcher):
    one, other = searcher.query("cat river", 2)
    found = [Sentence(one, 0, 0, "a cat"), Sentence(other, 0, 0, "it sleeps")]
    assert scores(found, {"cat": 2.0}, None, [], 1.0)[1] == pytest.approx(-0.05)  # of the second hit


def test_maxsim_counts_by_trust(searcher):
    question, text = FAKE.passage_tokens(["cat dog", "dog river"])
    found = [Sentence(searcher.query("cat")[0], 0, 0, "x")]
    for trust in (0.0, 0.5, 1.0):
        expected = 2 * trust * maxsim(question, text)
        assert scores(found, {"cat": 1.0}, question, [text], trust) == pytest.approx([expected])


def test_tokens_of_a_part_are_those_within_it():
    (tokens,) = FAKE.passage_tokens(["cat dog river"])
    own = part(tokens, 4, 7)
    assert own.pieces == ("dog",)
    at = tokens.pieces.index("dog")
    assert own.offsets.tolist() == [[4, 7]]
    assert np.array_equal(own.vectors, tokens.vectors[[at]])
    assert len(part(tokens, 4, 6)) == 0


@pytest.mark.parametrize(
    ("scored", "expected"),
    [
        ([0.0, 1.0, 0.4], "They hunt at dusk!"),
        ([0.9, 1.0, 0.8], "Cats sleep.  They hunt at dusk!"),
        ([0.5, 1.0, 0.8], "They hunt at dusk! Mice hide."),
        ([0.2, 0.8, 1.0], "They hunt at dusk! Mice hide."),
        ([0.9, 0.0, 1.0], "Mice hide."),
    ],
)
def test_the_better_neighbour_is_shown_too_where_it_is_nearly_as_good(searcher, scored, expected):
    text = "Cats sleep.  They hunt at dusk! Mice hide."
    hit = replace(searcher.query("cat")[0], text=text, start=7, heading=())
    found, start, end = stretch(sentences([hit]), np.array(scored))
    assert found == hit
    assert text[start - 7 : end - 7] == expected


def test_no_answer_runs_over_the_end_of_a_passage_or_a_heading(searcher):
    one, other = searcher.query("cat river", 2)
    found = [Sentence(one, 0, 3, "One"), Sentence(other, 3, 6, "Two")]
    assert stretch(found, np.array([1.0, 0.9])) == (one, 0, 3)
    hit = replace(one, text="Cats sleep.\n\nMice\n\nThey hide.", start=0, heading=("Mice",))
    assert [at.text for at in sentences([hit])] == ["Cats sleep.", "They hide."]
    assert stretch(sentences([hit]), np.array([1.0, 0.9])) == (hit, 0, 11)


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

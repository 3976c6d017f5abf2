"""The measures against values worked by hand."""

import gzip
import json
from math import log2

import pytest

from indexer import index_documents
from indexer.documents import Block, Document
from indexer.errors import UsageError
from search import Searcher
from search.evaluation import Collection, compare, evaluate, load_collection, losses, summary
from search.evaluation.measures import answer_share
from search.hits import Hit
from tests.fake import FakeEncoder

CORPUS = {"d1": "red apple", "d2": "green apple pear", "d3": "blue whale", "d4": "whale song whale"}


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "tiny"
    (root / "qrels").mkdir(parents=True)
    rows = [{"_id": key, "title": "", "text": text} for key, text in CORPUS.items()]
    (root / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    queries = [
        {"_id": "q1", "text": "apple"},
        {"_id": "q2", "text": "whale"},
        {"_id": "q3", "text": "unjudged"},
    ]
    (root / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (root / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td2\t1\nq2\td3\t1\nq2\td4\t1\n")
    return root


def test_measures_of_a_ranking_known_beforehand(folder, tmp_path):
    collection = load_collection(folder)
    documents = [(at.id, Document(at.text, (Block(0, len(at.text)),))) for at in collection.entries]
    index_documents(documents, index=tmp_path / "index", encoder=FakeEncoder())
    searcher = Searcher(tmp_path / "index", encoder=FakeEncoder())
    # "apple": the shorter d1 comes first, the relevant d2 second. "whale": both hits are relevant.
    assert [hit.path for hit in searcher.query("apple", mode="lexical")] == ["d1", "d2"]
    outcomes = evaluate(searcher, collection, "lexical")
    lexical = {name: at["mean"] for name, at in summary(outcomes).items()}
    assert lexical["nDCG@10"] == pytest.approx((1 / log2(3) + 1) / 2)
    assert lexical["MRR@10"] == pytest.approx((1 / 2 + 1) / 2)
    assert lexical["recall@100"] == lexical["recall@10"] == lexical["success@5"] == 1
    assert lexical["success@1"] == 1 / 2
    assert [(at.question, at.expected, at.rank, at.first) for at in outcomes] == [
        ("apple", "d2", 2, "d1"),
        ("whale", "d3, d4", 1, "d4"),
    ]
    assert losses(outcomes, 5) == [{"question": "apple", "expected": "d2", "rank": 2, "first": "d1"}]
    assert all(at["mean"] == 0 and at["p"] == 1 for at in compare(outcomes, outcomes).values())


@pytest.mark.parametrize(
    "judged",
    [
        "q1\td2\t1\nq2\td3\t1\nq2\td4\t1\n",
        "q1 0 d2 1\nq2 0 d3 1\nq2 0 d4 1",
        "q1\tQ0\td2\t1.0\n\nq2\tQ0\td3\t1.0\nq2\tQ0\td4\t1.0\n\n",
        "\ufeffquery-id\tcorpus-id\tscore\r\nq1\td2\t1\r\nq2\td3\t1\r\nq2\td4\t1\r\n",
    ],
)
def test_judgements_as_others_write_them(folder, judged):
    there = load_collection(folder).qrels
    (folder / "qrels" / "test.tsv").unlink()
    (folder / "qrels" / "dev.tsv").write_text(judged, encoding="utf-8", newline="")
    assert load_collection(folder).qrels == there


def test_a_quotation_mark_in_an_id_is_part_of_it(folder):
    (folder / "qrels" / "test.tsv").write_text('q1\t"d1\t1\nq2\td3\t1\n')
    found = load_collection(folder)
    assert found.qrels == {"q1": {'"d1': 1}, "q2": {"d3": 1}}
    assert found.absent == ['"d1']


def test_compressed_and_doubled_documents(folder):
    corpus = folder / "corpus.jsonl"
    rows = corpus.read_text() + '\n{"_id": "d1", "title": null, "text": "as it is now"}\n'
    corpus.unlink()
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(rows.encode()))
    found = {at.id: at.text for at in load_collection(folder).entries}
    assert found == CORPUS | {"d1": "as it is now"}
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(rows.encode())[:-9])
    with pytest.raises(UsageError, match=r"corpus\.jsonl\.gz can't be read"):
        load_collection(folder)


def test_a_question_that_is_a_document_does_not_find_itself(folder):
    rows = [{"_id": "d1", "text": "red  apple"}, {"_id": "d3", "text": "something else"}]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "qrels" / "test.tsv").write_text("d1\td2\t1\nd3\td4\t1\n")
    found = load_collection(folder)
    hits = [Hit(at, 1.0, f"d{at}", None, (), None, None, 0, 1, "", "", at, at) for at in (1, 2, 3)]
    assert found.ranking("d1", hits) == ["d2", "d3"]
    # The same id by chance: its text is no question.
    assert found.ranking("d3", hits) == ["d1", "d2", "d3"]


def test_a_document_is_scored_by_its_best_passage(tmp_path):
    encoder = FakeEncoder(max_tokens=64)
    filler = "nothing of note here at all. " * 60
    text = filler + "the zebra crossed. " + filler
    documents = [("long", Document(text, (Block(0, len(text)),)))]
    short = "a zebra among many other words that do not matter much."
    documents += [("short", Document(short, (Block(0, len(short)),)))]
    index_documents(documents, index=tmp_path / "index", encoder=encoder)
    searcher = Searcher(tmp_path / "index", encoder=encoder)
    hits = searcher.query("zebra", 1000, mode="dense", collapse=False)
    assert len(hits) > 5
    best = {path: max(hit.score for hit in hits if hit.path == path) for path in ("long", "short")}
    collection = Collection("two", (), {"q": "zebra"}, {"q": {"long": 1}}, {})
    assert collection.ranking("q", hits) == sorted(best, key=best.get, reverse=True)


def test_share_of_the_answer_found():
    """The answer is characters 10 to 20; the hits hold 5 of them, and 45 that are none."""
    hit = Hit(1, 1.0, "a", None, (), None, None, 15, 65, "", "", 1, 1)
    assert answer_share([hit], [("a", 10, 20)]) == (0.5, 0.1)
    assert answer_share([hit, hit], [("b", 10, 20)]) == (0, 0)
    assert answer_share([], [("a", 10, 20)]) == (0, 0)


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("corpus.jsonl", None, "corpus.jsonl can't be read"),
        ("corpus.jsonl", "{broken", "line 1: it is not JSON"),
        ("corpus.jsonl", '{"text": "no id"}', "line 1: it has no _id"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1", "query, document, relevance"),
        ("qrels/test.tsv", "q9\td1\t1\n", "lacks query q9"),
        ("qrels/test.tsv", "q1\td1\t0.5\n", "0.5 is no whole number"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n", "no question with judgements"),
        ("corpus.jsonl", "\n", "holds no documents"),
        ("corpus.jsonl", '{"_id": "d1", "abstract": "a"}', "line 1: it has neither title nor text"),
    ],
)
def test_a_broken_collection_is_one_sentence(folder, file, content, sentence):
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(content)
    with pytest.raises(UsageError, match=sentence):
        load_collection(folder)

"""A user's own questions, and questions made of the index: what is expected, and what counts as found."""

import json

import numpy as np
import pytest
from scipy import stats

from indexer import index_documents
from indexer.documents import Block, Document
from indexer.errors import UsageError
from search import Searcher
from search.asked import Asked
from search.evaluation import Expected, evaluate, known_items, load_questions
from search.evaluation.measures import difference, interval, per_question
from search.hits import Hit
from tests.fake import FakeEncoder

ROWS = [
    {"question": "who signs?", "path": "docs/contract.pdf", "page": 2, "answer": None},
    {"question": "who signs?", "answer": "The   NOTARY signs"},
    {"question": "how is text pooled?", "path": "pooling.md"},
]


def hit(rank: int, path: str, page: int | None = None, text: str = "") -> Hit:
    return Hit(rank, 1 / rank, path, page, (), None, None, 0, len(text), text, "", 1, rank)


@pytest.mark.parametrize("kind", [".jsonl", ".csv", ".tsv"])
def test_the_same_questions_from_every_kind_of_file(tmp_path, kind):
    file = tmp_path / f"questions{kind}"
    if kind == ".jsonl":
        file.write_text("\n".join(json.dumps(row) for row in ROWS))
    else:
        cut = "," if kind == ".csv" else "\t"
        names = ("question", "path", "page", "answer")
        lines = [names, *([str(row.get(name) or "") for name in names] for row in ROWS)]
        file.write_text("\ufeff" + "\r\n".join(cut.join(line) for line in lines), encoding="utf-8")
    found = load_questions(file)
    assert list(found.queries.values()) == ["who signs?", "how is text pooled?"]
    first, second = found.wanted.values()
    assert first == (Expected("docs/contract.pdf", 2, None), Expected(None, None, "The   NOTARY signs"))
    assert second == (Expected("pooling.md", None, None),)


def test_a_table_as_spreadsheets_write_it(tmp_path):
    """Semicolons, capitals and blanks in the header, pages as decimal numbers, rows of nothing."""
    file = tmp_path / "questions.csv"
    file.write_bytes(
        b"No; Question ;Path;Page\r\n1;who, and why?;a.pdf;2.0\r\n;;;\r\n\r\n2;where?; b.pdf ;\r\n"
    )
    found = load_questions(file)
    assert list(found.queries.values()) == ["who, and why?", "where?"]
    assert list(found.wanted.values()) == [(Expected("a.pdf", 2, None),), (Expected("b.pdf", None, None),)]
    with pytest.raises(UsageError, match="line 7: it has no question"):
        file.write_bytes(file.read_bytes() + b"\r\n;;c.pdf;\r\n")
        load_questions(file)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("q.jsonl", '{"question": "a", "path": "b"}\n{broken', "line 2: it can't be read"),
        ("q.jsonl", '\n["a"]', "line 2: it is no JSON object"),
        ("q.jsonl", '{"path": "b"}', "line 1: it has no question"),
        ("q.jsonl", '{"question": "a"}', "line 1: it expects nothing"),
        ("q.jsonl", '{"question": "a", "path": "b", "page": "ii"}', "line 1: its page is 'ii'"),
        ("q.jsonl", '{"question": "a", "answer": "b", "page": 1}', "line 1: it has a page and no path"),
        ("q.jsonl", "", "holds no questions"),
        ("q.csv", "frage,path\na,b", "line 1: it has no column “question”"),
        ("q.csv", "question,path\na,b\n,c", "line 3: it has no question"),
        ("q.tsv", b"question\tpath\n\xff\tb", "is not in UTF-8; save it as that"),
        ("q.jsonl", '{"question": "a", "path": ["b", "c"]}', "line 1: its path is not one value"),
        ("none.jsonl", None, "can't be read"),
    ],
)
def test_a_bad_file_is_one_sentence_with_its_line(tmp_path, name, content, sentence):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError, match=sentence):
        load_questions(file)


def test_what_meets_an_expectation():
    assert Expected("contract.pdf", 2, None).met_by(hit(1, "docs/contract.pdf", 2))
    assert Expected("documents/docs/contract.pdf", None, None).met_by(hit(1, "docs/contract.pdf"))
    assert not Expected("act.pdf", None, None).met_by(hit(1, "docs/contract.pdf"))
    assert Expected("caf\u00e9.pdf", None, None).met_by(hit(1, "docs/cafe\u0301.pdf"))
    assert not Expected("contract.pdf", 2, None).met_by(hit(1, "contract.pdf", 3))
    assert Expected(None, None, "the notary signs").met_by(hit(1, "a", text="… The notary\nsigns it."))
    assert not Expected("b", None, "notary").met_by(hit(1, "a", text="notary"))


def test_rankings_of_passages_and_of_documents(tmp_path):
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    found = load_questions(tmp_path / "q.jsonl")
    hits = [
        hit(1, "docs/contract.pdf", 1),
        hit(2, "docs/contract.pdf", 2),
        hit(3, "docs/contract.pdf", 2),
        hit(4, "pooling.md", text="the notary signs"),
    ]
    # Passages count where a page or an answer is asked for, documents where only paths are.
    signs, pooled = found.queries
    assert found.ranking(signs, hits) == ["rank 1", "0", "rank 3", "1"]
    assert found.ranking(pooled, hits) == ["rank 1", "0"]
    values = per_question(found.qrels, {key: found.ranking(key, hits) for key in found.queries})
    assert values[signs]["MRR@10"] == values[pooled]["MRR@10"] == 1 / 2
    assert values[signs]["recall@10"] == 1
    ideal = 1 + 1 / np.log2(3)
    assert values[signs]["nDCG@10"] == pytest.approx((1 / np.log2(3) + 1 / np.log2(5)) / ideal)
    assert per_question(found.qrels, {signs: []})[signs] == dict.fromkeys(values[signs], 0.0)
    assert found.unknown_paths(["contract.pdf"]) == ["pooling.md"]


def test_intervals_are_scipys():
    values = np.random.default_rng(1).beta(1, 2, 80)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=10_000, rng=2)
    assert interval(values.tolist()) == pytest.approx(theirs.confidence_interval, abs=0.01)
    assert interval([0.5]) == (0.5, 0.5)


def test_the_paired_test_is_that_of_all_swaps():
    gaps = np.array([0.4, 0.1, -0.2, 0.5, 0.3, 0.0, 0.2, -0.1, 0.3, 0.25])
    exact = stats.permutation_test(
        (gaps, np.zeros(10)), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=np.inf
    )
    found = difference(gaps.tolist(), [0.0] * 10)
    assert found["mean"] == pytest.approx(gaps.mean())
    assert found["p"] == pytest.approx(exact.pvalue, abs=0.01)
    assert found["low"] < found["mean"] < found["high"]


@pytest.fixture
def searcher(tmp_path):
    """Five documents of several passages, each about its own things, and one too short to be asked for."""
    encoder = FakeEncoder(max_tokens=64)
    documents = [("short.md", Document("One small note.", (Block(0, 15),)))]
    for topic in ("zebra", "quartz", "violin", "glacier", "monsoon"):
        text = "\n\n".join(
            f"The {topic} of {word} is known to all. A {topic} with {word} was seen near the old house. "
            f"Nobody forgot the {topic} and its {word} since."
            for word in ("amber", "basalt", "cedar", "dune", "ember", "flint")
        )
        documents.append((f"{topic}.md", Document(text, (Block(0, len(text)),))))
    index_documents(documents, index=tmp_path / "index", encoder=encoder)
    return Searcher(tmp_path / "index", encoder=encoder)


def test_known_items_are_found_by_what_stands_around_them(searcher):
    items = known_items(searcher, 12)
    assert known_items(searcher, 12) == items
    names = [f"{topic}.md" for topic in ("glacier", "monsoon", "quartz", "violin", "zebra")]
    paths = list(items.paths.values())
    # Each document once, then each once more.
    assert sorted(paths[:5]) == sorted(paths[5:10]) == names
    for key, question in items.queries.items():
        hits = searcher.query(Asked.plain(question), 100, collapse=False)
        holding = [each for each in hits if question in " ".join(each.text.split())]
        assert {each.path for each in holding} == {items.paths[key]}
        shown = searcher.query(items.asked(key), 100, collapse=False)
        others = {each.passage_id for each in hits} - {each.passage_id for each in holding}
        assert {each.passage_id for each in shown} == others
    assert all(outcome.rank == 1 for outcome in evaluate(searcher, items, "lexical"))
    assert known_items(searcher, 2).queries.keys() == {"1", "2"}


def test_no_known_items_is_one_sentence(tmp_path):
    index_documents([("a", Document("Short.", (Block(0, 6),)))], index=tmp_path, encoder=FakeEncoder())
    with pytest.raises(UsageError, match="no document of the index has two passages"):
        known_items(Searcher(tmp_path, encoder=FakeEncoder()))

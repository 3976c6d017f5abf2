"""Questions over an index made with the fake encoder, against brute force."""

import json
import threading

import numpy as np
import pytest

import search
from indexer import index_documents
from indexer.documents import Block, Document
from indexer.errors import EncoderMismatchError, NotAnIndexError, UnknownIdError, UsageError
from search import Hit, Searcher
from tests.fake import FakeEncoder, FakeTokens

TEXTS = {
    "pooling.md": "Mean pooling averages token vectors. Padding never counts.",
    "faiss.md": "FAISS keeps vectors in an index. Search is exact when the index is flat.",
    "bm25.md": "BM25 ranks passages by the words they share with the question.",
    "中文.md": "中文没有空格，按二元切分来检索。",
    "wal.md": "SQLite writes ahead. A commit is durable after fsync.",
}


@pytest.fixture
def encoder():
    return FakeEncoder()


@pytest.fixture
def searcher(tmp_path, encoder):
    documents = [
        (path, Document(text, (Block(0, len(text), page=3, heading=("Guide",), line=1),)))
        for path, text in TEXTS.items()
    ]
    index_documents(documents, index=tmp_path / "index", encoder=encoder)
    return Searcher(tmp_path / "index", encoder=encoder)


def test_dense_is_the_exact_cosine_order(searcher, encoder):
    question = "which vectors does the index keep?"
    hits = searcher.query(question, mode="dense")
    embedded = encoder.encode_passages([f"Guide\n{hit.text}" for hit in hits])  # the heading path comes along
    passages = embedded.astype(np.float16).astype(np.float32)
    cosines = passages @ encoder.encode_question(question)
    assert [hit.score for hit in hits] == pytest.approx(cosines.tolist(), abs=1e-6)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len(hits) == len(TEXTS)


def test_lexical_finds_by_words_and_by_pairs_of_chinese_characters(searcher):
    assert [hit.path for hit in searcher.query("ranking by words", mode="lexical")] == ["bm25.md"]
    assert [hit.path for hit in searcher.query("怎样切分中文？", mode="lexical")] == ["中文.md"]
    assert not searcher.query("zebra", mode="lexical")


def test_hybrid_carries_both_scores_and_ranks_from_one(searcher):
    hits = searcher.query("mean pooling of vectors", k=3)
    assert hits[0].path == "pooling.md"
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert hits[0].dense is not None
    assert hits[0].lexical > 0
    by_mode = {
        mode: {hit.path: hit.score for hit in searcher.query("mean pooling of vectors", mode=mode)}
        for mode in ("dense", "lexical")
    }
    for hit in hits:
        assert hit.dense == pytest.approx(by_mode["dense"][hit.path], abs=1e-6)
        assert hit.lexical == pytest.approx(by_mode["lexical"].get(hit.path, 0.0), abs=1e-6)


def test_a_hit_says_where_it_stands(searcher):
    hit = searcher.query("durable commit", k=1)[0]
    assert (hit.path, hit.page, hit.heading, hit.line, hit.last_line) == ("wal.md", 3, ("Guide",), 1, 1)
    assert TEXTS[hit.path][hit.start : hit.end] == hit.text
    assert hit.place == "wal.md › page 3 › Guide"


def test_hits_are_a_sequence_that_prints_and_dumps(searcher):
    hits = searcher.query("commit", k=2)
    assert len(hits) == 2
    assert list(hits[:1]) == [hits[0]]
    assert "wal.md › page 3 › Guide" in str(hits)
    dumped = json.loads(json.dumps(hits.to_dict()))
    assert dumped["query"] == "commit"
    assert dumped["mode"] == "hybrid"
    wanted = "rank score path page heading line last_line start end text document_id passage_id".split()
    assert set(wanted) <= dumped["hits"][0].keys()
    assert "<li>" in hits._repr_html_()


def test_a_notebook_never_runs_document_text(tmp_path, encoder):
    text = "<script>alert(1)</script> commit"
    evil = Document(text, (Block(0, len(text)),))
    index_documents([("<b>.md", evil)], index=tmp_path / "evil", encoder=encoder)
    page = Searcher(tmp_path / "evil", encoder=encoder).query("commit")._repr_html_()
    assert "<script>" not in page
    assert "<b>.md" not in page


@pytest.mark.parametrize(
    ("question", "k", "mode", "sentence"),
    [
        ("", 10, "hybrid", "question is empty"),
        (" \n\t", 10, "hybrid", "question is empty"),
        ("x", 0, "hybrid", "k is 0; it must be 1 to 1,000"),
        ("x", 1001, "hybrid", "k is 1001"),
        ("x", "3", "hybrid", "k is '3'"),
        ("x", 1.5, "hybrid", r"k is 1\.5"),
        (None, 10, "hybrid", "the question is a NoneType; give a text"),
        ("x", 10, "magic", "no mode 'magic'"),
    ],
)
def test_wrong_use_is_one_sentence(searcher, question, k, mode, sentence):
    with pytest.raises(UsageError, match=sentence):
        searcher.query(question, k, mode=mode)


def test_a_filter_that_is_no_filter_is_named(searcher):
    for filter in (["type:md"], 5):
        with pytest.raises(UsageError, match=f"the filter is a {type(filter).__name__}; give a text"):
            searcher.query("x", filter=filter)


def test_nothing_is_found_by_what_neither_arm_reads(searcher, encoder):
    """An English model has no token for a Chinese word: all passages would stand equally far from it."""

    class English(FakeTokens):
        unknown = 0

        def content_ids(self, text):
            return [
                key if piece.isascii() else 0
                for key, piece in zip(super().content_ids(text), text, strict=True)
            ]

    assert len(searcher.query("猫")) == len(TEXTS)
    encoder.tokens = English()
    assert not searcher.query("猫狗")
    hits = searcher.query("中文")
    assert [hit.path for hit in hits] == ["中文.md"]
    assert hits[0].likelihood == "likely"  # what holds no word stands below it, though it isn't ranked
    answer = searcher.answer("猫狗")
    assert str(answer) == "nothing in these documents answers “猫狗”"


def test_odd_questions_are_answered(searcher):
    for question in (
        "?!…",
        "a" * 100_000,
        "\ud800 broken",
        "the of and",
        "NULL\0byte",
        '"quotes" -minus (paren',
    ):
        for mode in ("dense", "lexical", "hybrid"):
            searcher.query(question, mode=mode)


def test_another_encoder_is_refused(searcher):
    with pytest.raises(EncoderMismatchError, match=r"fake .*other"):
        Searcher(searcher.info().path, encoder=FakeEncoder(name="other"))


def test_no_index_is_wrong_use(tmp_path):
    with pytest.raises(NotAnIndexError, match="bertrieve index FOLDER"):
        search.query("anything", index=tmp_path / "none")


def test_many_threads_get_the_answers_of_one(searcher):
    questions = [f"{word} vectors" for text in TEXTS.values() for word in text.split()[:3]]
    alone = [searcher.query(question).to_dict() for question in questions]
    together = [None] * len(questions)

    def ask(at):
        together[at] = searcher.query(questions[at]).to_dict()

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(len(questions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_an_open_searcher_follows_the_index(tmp_path, searcher, encoder):
    assert not searcher.query("zebra", mode="lexical")
    text = "A zebra has stripes."
    added = [("zebra.md", Document(text, (Block(0, len(text)),)))]
    index_documents(added, index=tmp_path / "index", encoder=encoder)
    assert searcher.query("zebra stripes", mode="lexical")[0].path == "zebra.md"
    assert searcher.query("zebra stripes", mode="dense")[0].path == "zebra.md"


@pytest.mark.parametrize(
    ("path", "page", "line", "last_line", "place"),
    [
        ("guide.pdf", 3, None, None, "guide.pdf › page 3 › A"),
        ("talk.PPTX", 3, None, None, "talk.PPTX › slide 3 › A"),
        ("sales.xlsx", 3, None, None, "sales.xlsx › sheet 3 › A"),
        ("guide.md", None, 7, 9, "guide.md › A › lines 7–9"),
        ("guide.md", None, 7, 7, "guide.md › A › line 7"),
        ("guide.docx", None, None, None, "guide.docx › A"),
    ],
)
def test_a_place_is_named_as_its_format_has_it(path, page, line, last_line, place):
    hit = Hit(1, 1.0, path, page, ("A",), line, last_line, 0, 1, "x", "", 1, 1)
    assert hit.place == place


def test_vectors_by_id_are_those_that_were_embedded(searcher, encoder):
    ids = searcher.passage_ids()
    assert ids.tolist() == sorted(hit.passage_id for hit in searcher.query("the index", mode="dense"))
    backwards = searcher.vectors(ids[::-1])
    texts = [f"Guide\n{searcher.passage(at).text}" for at in ids[::-1].tolist()]
    assert backwards == pytest.approx(encoder.encode_passages(texts), abs=1e-3)  # float16 rows
    assert (backwards.dtype, backwards.shape) == (np.float32, (len(TEXTS), 32))
    only = searcher.passage_ids("path:faiss.md")
    assert [searcher.passage(at).path for at in only.tolist()] == ["faiss.md"]
    assert searcher.vectors([]).shape == (0, 32)
    with pytest.raises(UnknownIdError, match="there is no passage 999"):
        searcher.vectors([*ids.tolist(), 999])

"""Filtered search against brute force: both arms and fused, from one passage to all, with several segments,
recent vectors and deletions."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import indexer.store.snapshot
from indexer.errors import UsageError
from indexer.store import View
from search import Searcher
from search.emphasis import by_idf, words_at
from search.feedback import FIRST, towards
from search.filters import And, Compare, Filter, Is, Not, Or
from search.fusion import fuse, lexical_deviation
from search.scripts import Apart
from search.surroundings import NEAREST, around
from tests.making import ENCODER, document, drop, put, rows, writer

WORDS = "index vector passage query filter commit page token model word".split()
KINDS, FOLDERS = ("pdf", "md", "markdown", "docx"), ("", "reports/", "reports/2024/", "Notes/", "年度/")
LANGUAGES, AUTHORS = ("en", "en-US", "zh", ""), ("Ada Wu", "Bo, Chi", "", "陈")


@dataclass(frozen=True)
class Known:
    """A document as the test knows it."""

    path: str
    kind: str
    folder: str
    language: str
    author: str
    year: int
    size: int


def known(at: int) -> Known:
    kind, folder = KINDS[at % 4], FOLDERS[at * 7 % 5]
    return Known(
        path=f"{folder}{at:02}.{kind}",
        kind="md" if kind == "markdown" else kind,
        folder=folder.casefold(),
        language=LANGUAGES[at * 3 % 4].lower(),
        author=AUTHORS[at // 4 % 4].casefold(),
        year=2020 + at % 5,
        size=at * 1000,
    )


KNOWN = [known(at) for at in range(40)]
GONE = (2, 9, 16, 31)


def made(at: int):
    of = KNOWN[at]
    texts = [f"{WORDS[(at * part) % 10]} {WORDS[(at + part) % 10]} x{at % 3}" for part in range(1 + at % 4)]
    plain = document(of.path, *texts, title=f"Title {at % 6}")
    stated = {"language": of.language, "author": of.author, "Year": str(of.year), "due": f"{of.year}-03-31"}
    return replace(
        plain,
        size=of.size,
        modified_ns=int(datetime(of.year, 6, 1).timestamp()) * 10**9,
        metadata={name: value for name, value in stated.items() if value},
        passages=tuple(replace(own, page=page + 1) for page, own in enumerate(plain.passages)),
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filtered") / "index"
    with writer(path) as to:
        put(to, *map(made, range(15)))
        to.seal()
        put(to, *map(made, range(15, 33)))
        to.seal()
        drop(to, *(KNOWN[at].path for at in GONE))
        put(to, *map(made, range(33, 40)))
    return path


@pytest.fixture(scope="module")
def searcher(index: Path) -> Iterator[Searcher]:
    found = Searcher(index, encoder=ENCODER)
    yield found
    found.close()


@pytest.fixture(params=[0, 20, 10_000])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of looking for words."""
    monkeypatch.setattr(indexer.store.snapshot, "FEW", request.param)


Predicate = Callable[[Known, int], bool]


def leaf(tree: Filter, holds: Predicate) -> st.SearchStrategy[tuple[Filter, Predicate]]:
    return st.just((tree, holds))


def compared(
    field: str, operator: str, value: int, of: Callable[[Known, int], int]
) -> tuple[Filter, Predicate]:
    holds = {
        ">=": lambda at, page: of(at, page) >= value,
        ">": lambda at, page: of(at, page) > value,
        "<=": lambda at, page: of(at, page) <= value,
        "<": lambda at, page: of(at, page) < value,
    }
    return Compare(field, operator, str(value)), holds[operator]


leaves = st.one_of(
    st.sets(st.sampled_from(KNOWN), min_size=1).map(
        lambda some: (
            Is.exactly("path", *sorted(at.path for at in some)),
            lambda at, page: at in some,
        )
    ),
    st.sampled_from(["pdf", "md", "docx", "epub"]).map(
        lambda kind: (Is("type", (kind,)), lambda at, page: at.kind == kind)
    ),
    st.sampled_from(["reports", "reports/2024", "notes", "年度", "none"]).map(
        lambda name: (Is("folder", (f"{name}/*",)), lambda at, page: at.folder.startswith(f"{name}/"))
    ),
    st.sampled_from(["en", "zh", "en-us"]).map(
        lambda tag: (Is("language", (tag,)), lambda at, page: f"{at.language}-".startswith(f"{tag}-"))
    ),
    st.builds(
        compared,
        st.sampled_from(["modified", "year", "due"]),
        st.sampled_from([">=", ">", "<=", "<"]),
        st.integers(2019, 2025),
        st.just(lambda at, page: at.year),
    ),
    st.builds(
        compared,
        st.just("size"),
        st.sampled_from([">=", ">", "<=", "<"]),
        st.integers(0, 40).map(lambda at: at * 1000),
        st.just(lambda at, page: at.size),
    ),
    st.builds(
        compared,
        st.just("page"),
        st.sampled_from([">=", ">", "<=", "<"]),
        st.integers(1, 5),
        st.just(lambda at, page: page),
    ),
    leaf(Is("author", ("*",)), lambda at, page: at.author != ""),
    leaf(Is("author", ("chi", "ada*")), lambda at, page: at.author in ("bo, chi", "ada wu")),
    leaf(Is("author", ("Bo, Chi",)), lambda at, page: at.author == "bo, chi"),
)


def joined(parts: st.SearchStrategy[tuple[Filter, Predicate]]) -> st.SearchStrategy[tuple[Filter, Predicate]]:
    several = st.lists(parts, min_size=2, max_size=3)
    return st.one_of(
        several.map(
            lambda some: (
                And(tuple(tree for tree, _ in some)),
                lambda at, page: all(holds(at, page) for _, holds in some),
            )
        ),
        several.map(
            lambda some: (
                Or(tuple(tree for tree, _ in some)),
                lambda at, page: any(holds(at, page) for _, holds in some),
            )
        ),
        parts.map(lambda one: (Not(one[0]), lambda at, page: not one[1](at, page))),
    )


filters = st.recursive(leaves, joined, max_leaves=4)
questions = st.lists(st.sampled_from([*WORDS, "x1", "title", "zebra"]), min_size=1, max_size=4).map(" ".join)


def let_through(index: Path, holds: Predicate) -> np.ndarray:
    by_path = {at.path: at for at in KNOWN}
    found = rows(index, "SELECT p.id, path, page FROM passages p JOIN documents d ON d.id = document_id")
    return np.array(sorted(at for at, path, page in found if holds(by_path[path], page)), np.int64)


def best(ids: np.ndarray, scores: np.ndarray, k: int) -> list[int]:
    return [at for _, at in sorted(zip((-scores).tolist(), ids.tolist(), strict=True))][:k]


def bm25(view: View, question: str) -> dict[int, float]:
    """Of all passages, by a search without a filter."""
    found = view.lexical(question, 1_000)
    return dict(zip(found.ids.tolist(), found.scores.tolist(), strict=True))


def all_fused(view: View, question: str, ids: np.ndarray, words: np.ndarray) -> np.ndarray:
    """The hybrid scores of all passages let through, one after the other and none left out."""
    spread, vectors = lexical_deviation(*view.frequencies(question)), view.vectors(ids)
    apart = Apart(view, question, view.scripts())

    def fused(vector: np.ndarray, words: np.ndarray) -> np.ndarray:
        mean, deviation = apart.moments(vector, ids, vectors @ vector)
        return fuse(
            vectors @ vector,
            words,
            dense_mean=mean,
            dense_deviation=deviation,
            lexical_deviation=spread,
            trust=1.0,
        )

    tokens = ENCODER.question_tokens(question)
    vector = by_idf(tokens, *view.rarest(words_at(tokens, question)))
    given = apart.given(ids, fused(vector, words), words)
    nearest = np.argsort(-fused(vector, words + given), kind="stable")[:NEAREST]
    in_place = words + given
    in_place[nearest] = around(view, question, ids[nearest], ids) + given[nearest]
    scores = fused(vector, in_place)
    first = np.argsort(-scores, kind="stable")[:FIRST]
    return fused(towards(vector, vectors[first], scores[first]), in_place)


@pytest.mark.usefixtures("few")
@settings(max_examples=25)
@given(one=filters, question=questions, k=st.integers(1, 100))
def test_a_filtered_search_is_the_best_of_what_the_filter_lets_through(
    index: Path, searcher: Searcher, one: tuple[Filter, Predicate], question: str, k: int
) -> None:
    tree, holds = one
    expected = let_through(index, holds)
    vector = ENCODER.encode_question(question)
    with searcher._reader.view() as view:
        allowed = view.allowed(tree)
        assert allowed is not None
        assert allowed.tolist() == expected.tolist()
        owners = rows(index, "SELECT id, document_id FROM passages")
        assert view.within(tree) == len({at for own, at in owners if own in set(expected.tolist())})
        cosines = view.cosines(vector, expected)
        everywhere = bm25(view, question)
        words = np.array([everywhere.get(at, 0.0) for at in expected.tolist()], np.float32)
        dense, lexical = view.dense(vector, k, allowed), view.lexical(question, k, allowed)
        fused = all_fused(view, question, expected, words)
    assert lexical.ids.tolist() == best(expected[words > 0], words[words > 0], k)
    assert len(dense.ids) == min(k, len(expected))
    assert set(dense.ids.tolist()) <= set(expected.tolist())
    # Which of equals comes first may hang on the last bit.
    assert dense.scores == pytest.approx(np.sort(cosines)[::-1][:k], abs=1e-6)
    hits = searcher.query(question, k, filter=tree, collapse=False)
    assert [hit.score for hit in hits] == pytest.approx(np.sort(fused)[::-1][:k].tolist(), abs=1e-4)
    assert {hit.passage_id for hit in hits} <= set(expected.tolist())
    assert bool(hits) == bool(len(expected)), "a false empty answer"
    assert searcher.query(question, k, filter=str(tree), collapse=False).to_dict() == hits.to_dict()


@given(filters)
@settings(max_examples=8)
def test_a_facet_counts_the_documents_that_its_filter_lets_through(
    searcher: Searcher, one: tuple[Filter, Predicate]
) -> None:
    tree, _ = one
    found = searcher.facets(tree)
    with searcher._reader.view() as view:
        for field, values in found.items():
            for value, count in values.items():
                assert view.within(And((Is.exactly(field, value), tree))) == count, (field, value)


def test_facets(searcher: Searcher) -> None:
    found = searcher.facets()
    assert json.loads(json.dumps(found)) == found
    assert found.keys() == set("type folder language modified author year due".split())
    live = [of for at, of in enumerate(KNOWN) if at not in GONE]
    assert found["type"] == Counter(of.kind for of in live)
    assert list(found["type"].values()) == sorted(found["type"].values(), reverse=True)
    assert found["language"] == {
        "en": sum(of.language[:2] == "en" for of in live),
        "zh": sum(of.language == "zh" for of in live),
    }
    assert found["modified"] == Counter(str(of.year) for of in live)
    assert found["folder"]["reports"] == sum(of.folder.startswith("reports/") for of in live)
    assert found["author"].keys() == {"ada wu", "bo", "chi", "陈"}
    hits = searcher.query("vector", 3, collapse=False)
    counted = searcher.facets(hits=hits)
    assert sum(counted["type"].values()) == len({hit.document_id for hit in hits})
    assert sum(searcher.facets("type:pdf", hits=hits).get("type", {}).values()) <= len(hits)


def test_hits_carry_what_a_filter_asks_for(searcher: Searcher) -> None:
    hit = searcher.query("vector", 1, filter="path:reports/2024/*.docx")[0]
    of = next(at for at in KNOWN if at.path == hit.path)
    assert (hit.kind, hit.language) == (of.kind, of.language)
    assert datetime.fromisoformat(hit.modified) == datetime(of.year, 6, 1).astimezone()


def test_an_empty_answer_says_what_the_filter_lets_through(searcher: Searcher) -> None:
    none = searcher.query("zebra", mode="lexical", filter="type:pdf")
    assert str(none) == "nothing found for “zebra” in the 9 documents that the filter type:pdf lets through"
    assert none.within == 9
    none = searcher.query("vector", filter="type:epub")
    assert str(none) == "nothing found for “vector”: the filter type:epub lets no document through"
    assert str(searcher.query("zebra", mode="lexical")) == "nothing found for “zebra”"
    assert searcher.query("vector", filter="  ").within is None


def test_a_field_that_no_document_has_is_told_with_its_neighbours(searcher: Searcher) -> None:
    with pytest.raises(UsageError, match="no document has a field “autor”; did you mean author"):
        searcher.query("vector", filter="autor:x")
    with pytest.raises(UsageError, match="no document has a field “zzz”; there are type, path, folder"):
        searcher.facets("zzz:1")
    searcher.query("vector", filter="YEAR:2024")


def test_a_moved_document_is_found_in_its_new_place(tmp_path: Path) -> None:
    from indexer.store import Changes

    with writer(tmp_path / "index") as to:
        put(to, document("old/a.md", "some words"))
        to.commit(Changes(moved=tuple(replace(at, path="new/a.html") for at in to.documents())))
    searcher = Searcher(tmp_path / "index", encoder=ENCODER)
    assert searcher.query("words", filter="folder:new type:html")
    assert not searcher.query("words", filter="folder:old OR type:md")

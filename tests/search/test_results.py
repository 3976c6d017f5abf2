"""What people are shown against the definition, written as two loops over everything."""

import doctest
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import search.results
from indexer import index_documents
from indexer.documents import Block, Document
from indexer.errors import UsageError
from indexer.store import PassageRow
from search import Searcher
from search.results import ALIKE, OTHERS, Shown, arrange, collapse, gather
from tests.fake import FakeEncoder

LONG = (
    "Mean pooling averages the vectors of all tokens of a text. Padding is masked out, so that it never "
    "counts, and the result is scaled to unit length before it goes into the index of the folder."
)
REPORTS = [
    f"{LONG} It was written in 2023.",
    f"{LONG} It was written in 2024.",
    LONG,
    LONG.upper().replace(" ", "\n"),
    "FAISS keeps vectors. Pooling them is done before.",
]


def shingles(text: str) -> set[tuple[str, ...]]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = [
        word for run in re.findall(r"\w+", folded) for word in re.findall(r"[\u3400-\u9fff]|[a-z0-9]+", run)
    ]
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)} or {tuple(words) or (text,)}


def says_nothing_new(text: str, better: str) -> bool:
    ours, theirs = shingles(text), shingles(better)
    numbers = [set(re.findall(r"\b\w*\d\w*\b", each.casefold())) for each in (text, better)]
    return len(ours & theirs) >= ALIKE * len(ours) and numbers[0] <= numbers[1]


def brute_force(texts: list[str]) -> list[list[int]]:
    groups: list[list[int]] = []
    for at, text in enumerate(texts):
        home = next((group for group in groups if says_nothing_new(text, texts[group[0]])), None)
        if home is None:
            groups.append([at])
        else:
            home.append(at)
    return groups


def row(text: str, document: int = 0) -> PassageRow:
    place = (0, len(text), None, (), None, None)
    return PassageRow(0, document, "", f"{document}.md", "", *place, text, "", "md", "en", 0)


def test_doctests() -> None:
    assert doctest.testmod(search.results).failed == 0


# Few words, so that texts share many of their triples.
texts = st.lists(st.lists(st.sampled_from("a b c 7 8 池 化".split()), max_size=12).map(" ".join), max_size=12)


@given(texts)
def test_groups_are_those_of_two_loops(found: list[str]) -> None:
    assert collapse(found) == brute_force(found)
    assert collapse(found, 2) == brute_force(found)[:2]


@given(texts, st.integers(1, 5))
def test_every_hit_is_shown_or_under_one_that_is(found: list[str], k: int) -> None:
    rows = [row(text) for text in found]
    shown = arrange(rows, len(rows), collapsing=True, group=None)
    assert sorted(at for each in shown for at in (each.at, *each.alike)) == list(range(len(rows)))
    assert arrange(rows, k, collapsing=True, group=None) == shown[:k]
    assert arrange(rows, k, collapsing=False, group=None) == list(map(Shown, range(min(k, len(rows)))))


@given(st.lists(st.integers(0, 4), max_size=15), st.integers(1, 5))
def test_documents_come_in_the_order_of_their_best_passage(owners: list[int], k: int) -> None:
    rows = [row(f"passage {at}", owner) for at, owner in enumerate(owners)]
    shown = arrange(rows, k, collapsing=True, group="document")
    assert [owners[each.at] for each in shown] == list(dict.fromkeys(owners))[:k]
    for best in shown:
        own = [at for at, owner in enumerate(owners) if owner == owners[best.at]]
        assert [best.at, *(each.at for each in best.others)] == own[: 1 + OTHERS]


def test_what_counts_as_the_same() -> None:
    copy, other = (
        LONG.replace("masked", "left"),
        LONG.replace("Padding is masked out", "Padding is not masked"),
    )
    assert collapse([LONG, copy]) == [[0, 1]]
    assert collapse(["Profit was 5 million in 2023.", "Profit was 5 million in 2024."]) == [[0], [1]]
    assert collapse([REPORTS[0], REPORTS[1]]) == [[0], [1]], "another number is never hidden"
    assert collapse([LONG, LONG[60:]]) == [[0, 1]], "a part says nothing new"
    assert collapse([LONG[60:120], LONG]) == [[0], [1]], "the whole does"
    assert collapse(["语义检索用向量寻找相近的段落。", "语义检索，用向量寻找相近的段落"]) == [[0, 1]]
    assert collapse(["—", "…", "—"]) == [[0, 2], [1]]
    assert len(collapse([other, "Padding is masked."])) == 2


def test_what_was_seen_is_left_out() -> None:
    rows = [row(LONG), row("something else"), row("Something else.")]
    assert arrange(rows, 5, collapsing=True, group=None, seen=[LONG]) == [Shown(1, alike=(2,))]


def test_copies_are_looked_through_in_three_looks_and_no_deeper_than_500() -> None:
    asked: list[int] = []

    def copies(depth: int) -> list[PassageRow]:
        asked.append(depth)
        return [row(LONG)] * depth

    assert [len(shown.alike) for shown in gather(copies, 10, True, None)] == [499]
    assert asked == [30, 120, 500]
    asked.clear()
    assert len(gather(copies, 10, True, "document")) == 1
    assert asked == [30, 120, 500, 10_000]
    asked.clear()
    assert len(gather(copies, 400, True, None)) == 1
    assert asked == [1_200]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    encoder = FakeEncoder()
    copies = {f"copy-{at}.md": f"{LONG}\n\nPadding, pooling and masks, told {'o' * at}." for at in range(40)}
    several = dict(zip("abcde", REPORTS, strict=True)) | copies
    documents = [(name, Document(text, (Block(0, len(text)),))) for name, text in several.items()]
    index = tmp_path_factory.mktemp("results") / "index"
    index_documents(documents, index=index, encoder=encoder)
    return Searcher(index, encoder=encoder)


@pytest.mark.parametrize("mode", ["dense", "lexical", "hybrid"])
def test_k_hits_come_back_where_there_are_as_many(searcher: Searcher, mode: str) -> None:
    """The copies outnumber what was looked at first, so that more must be asked for."""
    everything = searcher.query("mean pooling of vectors", 1000, mode=mode, collapse=False)
    groups = brute_force([each.text for each in everything])
    for k in (1, 2, 3, 5):
        hits = searcher.query("mean pooling of vectors", k, mode=mode)
        wanted = [everything[group[0]].passage_id for group in groups[:k]]
        assert [each.passage_id for each in hits] == wanted
        for each, group in zip(hits, groups, strict=False):
            ids = [everything[at].passage_id for at in group[1:]]
            assert list(each.alike) == ids[: len(each.alike)]


def test_grouped_by_document(searcher: Searcher) -> None:
    hits = searcher.query("padding masks pooling", 20, collapse=False, group="document")
    assert len({each.document_id for each in hits}) == 20
    assert [each.rank for each in hits] == list(range(1, 21))
    assert hits.to_dict()["hits"][0]["others"] == [each.to_dict() for each in hits[0].others]
    several = searcher.query("padding masks pooling", 3, collapse=False, group="document", mode="dense")
    every = searcher.query("padding masks pooling", 100, collapse=False, mode="dense")
    for best in several:
        own = [each.passage_id for each in every if each.document_id == best.document_id]
        assert [best.passage_id, *(each.passage_id for each in best.others)] == own[: 1 + OTHERS]
        assert [each.rank for each in best.others] == list(range(2, 2 + len(best.others)))
    with pytest.raises(UsageError, match="no group 'page'"):
        searcher.query("padding", group="page")

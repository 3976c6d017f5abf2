"""Words against BM25 written out by hand, and against everything that lies about in a lexical index."""

import math
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import DamagedIndexError
from indexer.store import Reader
from indexer.store.lexical import LexicalReader, LexicalWriter
from tests.making import document, drop, ids_by_text, put, writer

# No English word, so that the stemmer leaves them alone.
WORDS = ["bax", "dok", "fim", "gup", "hol", "jat", "kez", "lun"]

# tantivy keeps a text's length in one byte: exact below 40 words.
short_texts = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join), min_size=1, max_size=30
)


def lexical_folder(path: Path) -> Path:
    (found,) = (path / "lexical").iterdir()
    return found


def bm25(texts: dict[int, str], question: str) -> dict[int, float]:
    """BM25 (k1 = 1.2, b = 0.75) of every text that holds a word of the question."""
    held = {at: Counter(text.split()) for at, text in texts.items()}
    average = sum(counts.total() for counts in held.values()) / len(held)
    scores: Counter[int] = Counter()
    for word in set(question.split()):
        having = [at for at, counts in held.items() if word in counts]
        idf = math.log(1 + (len(held) - len(having) + 0.5) / (len(having) + 0.5))
        for at in having:
            count, norm = held[at][word], 1.2 * (0.25 + 0.75 * held[at].total() / average)
            scores[at] += idf * 2.2 * count / (count + norm)
    return dict(scores)


@settings(max_examples=25)
@given(
    short_texts, st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), st.integers(1, 40)
)
def test_scores_and_order_are_those_of_bm25(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], question: str, k: int
) -> None:
    folder = tmp_path_factory.mktemp("lexical")
    to = LexicalWriter(folder)
    for at, text in enumerate(texts):
        to.add([(at, (text,))])
        if at % 7 == 3:
            to.commit()  # several tantivy segments, whose scores must still be those of one corpus
    to.commit()
    to.close()
    expected = bm25(dict(enumerate(texts)), question)
    reader = LexicalReader(folder)
    everything = reader.search(question, len(texts))
    assert dict(zip(everything.ids.tolist(), everything.scores.tolist(), strict=True)) == pytest.approx(
        expected, rel=1e-5
    )
    some = np.arange(0, len(texts), 2)
    assert reader.scores(question, some).tolist() == pytest.approx(
        [expected.get(at, 0.0) for at in some.tolist()], rel=1e-5
    )
    assert reader.search(question, k).scores.tolist() == everything.scores[:k].tolist()


def test_equal_scores_are_in_order_of_id_also_where_the_list_is_cut(tmp_path: Path) -> None:
    texts = [f"bax {'dok' if at % 3 else 'fim'}" for at in range(60)]
    with writer(tmp_path / "index") as to:
        for begin in range(0, 60, 10):
            own = texts[begin : begin + 10]
            # The same text many times in one document is many passages of one hash.
            put(to, document(str(begin), *own))
    reader = Reader(tmp_path / "index")
    with reader.view() as view:
        for k in (1, 5, 20, 21, 39, 40, 41, 60, 100):
            found = view.lexical("dok bax", k)
            order = sorted(zip(-found.scores, found.ids, strict=True))
            assert [at for _, at in order] == found.ids.tolist()
            everything = view.lexical("dok bax", 1_000)
            assert found.ids.tolist() == everything.ids[:k].tolist()
    reader.close()


def test_words_of_removed_passages_are_not_found_before_and_after_they_leave_tantivy(tmp_path: Path) -> None:
    path = tmp_path / "index"
    with writer(path) as to:
        put(to, *[document(str(at), f"bax number{at}") for at in range(20)])
        reader = Reader(path)
        drop(to, *[str(at) for at in range(20) if at % 4])
        with reader.view() as view:  # their words still stand in tantivy
            pending = view.lexical("bax", 20)
            texts = {row.text for row in view.passages(pending.ids)}
    assert texts == {f"bax number{at}" for at in range(0, 20, 4)}
    with reader.view() as view:
        assert view.lexical("bax", 20).ids.tolist() == pending.ids.tolist()
        assert len(view._snapshot.lexical) == 5
    reader.close()


def test_words_whose_commit_was_stopped_are_not_found_and_go_with_the_next_writer(tmp_path: Path) -> None:
    path = tmp_path / "index"
    with writer(path) as to:
        put(to, document("a", "bax dok"))
    nameless = LexicalWriter(lexical_folder(path))
    nameless.add([(2, ("bax dok fim",)), (3, ("bax",))])
    nameless.commit()
    nameless.close()
    # As a writer that is killed leaves it: the settings know of no closed state.
    with writer(path) as to:
        to.close(finish=False)
    nameless = LexicalWriter(lexical_folder(path))
    nameless.add([(2, ("bax dok fim",)), (3, ("bax",))])
    nameless.commit()
    nameless.close()
    reader = Reader(path)
    with reader.view() as view:
        assert view.lexical("bax", 10).ids.tolist() == [1]
        assert len(view._snapshot.lexical) == 3
    with writer(path) as to:
        put(to, document("b", "fim dok"))
    with reader.view() as view:
        assert view.lexical("bax", 10).ids.tolist() == [1]
        assert view.lexical("dok", 10).ids.tolist() == [1, 2]
        assert len(view._snapshot.lexical) == 2
    reader.close()


def test_a_lost_lexical_index_is_made_again_from_the_passages(tmp_path: Path) -> None:
    path = tmp_path / "index"
    with writer(path) as to:
        put(to, document("a", "bax dok", title="gup"), document("b", "fim"))
    for file in lexical_folder(path).iterdir():
        file.unlink()
    with pytest.raises(DamagedIndexError, match="check --repair"), Reader(path).view():
        pass
    with writer(path):
        pass
    reader = Reader(path)
    with reader.view() as view:
        assert view.lexical("dok", 5).ids.tolist() == view.lexical("gup", 5).ids.tolist()
        assert view.lexical("fim", 5).ids.tolist() == [ids_by_text(path)["fim"]]
    reader.close()


def test_thousands_of_dead_words_do_not_hide_the_living(tmp_path: Path) -> None:
    path = tmp_path / "index"
    lengths = random.Random(3)
    with writer(path) as to:
        put(to, document("dead", *[f"bax number{at}" for at in range(3_000)]))
        put(to, document("live", *[f"bax {'dok ' * lengths.randint(5, 30)} n{at}" for at in range(5)]))
        drop(to, "dead")
        reader = Reader(path)
        with reader.view() as view:
            found = view.lexical("bax", 3)
            assert {row.path for row in view.passages(found.ids)} == {"live"}
            counts, among = view.frequencies("bax dok")
            assert (counts <= among).all()
    reader.close()

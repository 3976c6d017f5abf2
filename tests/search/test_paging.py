"""As many hits as can be asked for: none twice, none left out, and fewer of them are the first of more."""

import numpy as np
import pytest

from search.searcher import MAX_K, Searcher
from tests.fake import FakeEncoder
from tests.making import document, put, writer

PASSAGES = 1_300
WORDS = "river stone cloud ember violet harbour lantern meadow copper willow".split()


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    path = tmp_path_factory.mktemp("paging") / "index"
    chosen = np.random.default_rng(0)
    texts = [f"river {' '.join(chosen.choice(WORDS, 4))} {at}" for at in range(PASSAGES)]
    with writer(path) as to:
        put(to, *[document(f"{at % 2}/{at}.md", *texts[at::20]) for at in range(20)])
    with_fake = Searcher(path, encoder=FakeEncoder())
    yield with_fake
    with_fake.close()


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
@pytest.mark.parametrize("filter", [None, "folder:1"])
def test_pages_have_no_repeats_and_no_gaps(searcher, mode, filter):
    hits = searcher.query("river stone", MAX_K, mode=mode, collapse=False, filter=filter)
    held = MAX_K if filter is None else PASSAGES // 2
    assert [hit.rank for hit in hits] == list(range(1, held + 1))
    assert len({hit.passage_id for hit in hits}) == held
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    if mode != "hybrid":  # whose candidates grow with k
        for k in (1, 10, 137):
            fewer = searcher.query("river stone", k, mode=mode, collapse=False, filter=filter)
            assert [hit.passage_id for hit in fewer] == [hit.passage_id for hit in hits[:k]]


def test_collapsed_hits_are_each_shown_once(searcher):
    hits = searcher.query("river stone", MAX_K, group=None)
    shown = [each for hit in hits for each in (hit.passage_id, *hit.alike)]
    assert len(shown) == len(set(shown))

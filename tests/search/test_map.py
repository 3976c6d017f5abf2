"""The map: what is alike lies together, and is named by its own words."""

import numpy as np
import pytest

from indexer import index_documents
from indexer.documents import Block, Document
from search import Searcher
from search.map import FEWEST, draw_map, lay_out, name_clusters
from tests.fake import FakeEncoder


def test_three_tight_bundles_of_vectors_stay_three_apart():
    rng = np.random.default_rng(0)
    middles = np.eye(16, dtype=np.float32)[:3]
    vectors = np.repeat(middles, 40, axis=0) + rng.normal(0, 0.02, (120, 16)).astype(np.float32)
    places, clusters = lay_out(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    assert np.abs(places).max() == pytest.approx(1.0)
    bundle = np.repeat(np.arange(3), 40)
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    assert (bundle[gaps.argmin(axis=1)] == bundle).all()  # the nearest on the map is one of its own
    assert all(len(set(bundle[clusters == at])) == 1 for at in set(clusters.tolist()))


def test_a_name_is_what_the_others_lack():
    texts = ["the cat sleeps here", "a cat hunts here", "rivers flow here", "rivers rise 2019 here"]
    assert name_clusters(texts, np.array([0, 0, 1, 1])) == [("cat",), ("rivers",)]


def test_chinese_names_are_words_not_pairs_of_characters():
    texts = ["苹果的颜色", "苹果很好吃", "向量检索", "检索向量很快"]
    first, second = name_clusters(texts, np.array([0, 0, 1, 1]))
    assert first == ("苹果",)
    assert set(second) == {"向量", "检索"}


def test_a_chinese_name_has_no_words_that_any_text_may_hold():
    texts = ["我们可以吃一个苹果", "一个苹果我们可以种", "向量检索", "检索向量很快"]
    assert name_clusters(texts, np.array([0, 0, 1, 1]))[0] == ("苹果",)


@pytest.mark.parametrize("count", [0, FEWEST - 1, FEWEST, 40])
def test_a_map_has_every_passage_or_is_empty_where_there_are_too_few(tmp_path, count):
    texts = [f"note {at} on {'cats' if at % 2 else 'rivers'} and things" for at in range(count)]
    documents = [(f"{at}.md", Document(text, (Block(0, len(text)),))) for at, text in enumerate(texts)]
    index_documents(documents, index=tmp_path, encoder=FakeEncoder())
    with Searcher(tmp_path, encoder=FakeEncoder()).view() as view:
        drawn = draw_map(view)
        assert draw_map(view) == drawn
    assert drawn.passages == count
    assert len({point.passage_id for point in drawn.points}) == (count if count >= FEWEST else 0)
    assert sum(cluster.size for cluster in drawn.clusters) == len(drawn.points)

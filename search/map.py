"""A map of the corpus: passages that say alike things lie close together, in groups named by their words.

t-SNE (van der Maaten and Hinton 2008) lays the vectors out, after PCA has left the directions that differ
most; k-means then groups what lies together on the map, so that a group is one patch of it. Grouping the
vectors themselves was rejected: such a group is often several patches, and its name stands between them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from icu4py.breakers import WordBreaker
from numpy.typing import NDArray

from indexer.store import View
from indexer.store.analysis import CJK_RUN, STOP_WORDS

__all__ = ["Cluster", "Map", "Point", "draw_map", "lay_out", "name_clusters"]

MOST = 2_000  # points: more take many seconds and only blacken the picture
FEWEST = 8  # fewer have no neighbourhoods
DIRECTIONS = 30
NAMES = 3  # words of a cluster's name
# A word that fewer of a cluster's passages hold says nothing of the cluster.
COMMON = 0.1
# Chinese words that any text may hold. The index needs no such list: BM25 weighs rare pairs of characters.
STOP_WORDS_ZH = frozenset(
    """一个 一种 一些 一样 一般 一次 两个 这个 这些 这种 这样 这里 那个 那些 那样 那里 每个 各种
    各个 任何 有些 某些 其他 我们 你们 他们 她们 它们 自己 可以 可能 能够 不能 不会 应该 需要
    没有 不是 就是 还是 只是 只有 都是 也是 而是 还有 以及 或者 如果 因为 所以 但是 不过 然而
    而且 并且 因此 由于 对于 关于 根据 按照 通过 为了 除了 虽然 即使 只要 无论 于是 从而 以上
    以下 以后 以前 之后 之前 之间 其中 同时 时候 现在 已经 正在 什么 怎么 怎样 如何 哪些 哪个
    例如 比如 等等 非常 很多 许多 主要 不同 进行 使用 包括 成为 作为 具有""".split()
)
NAMELESS = STOP_WORDS | STOP_WORDS_ZH


@dataclass(frozen=True, slots=True)
class Point:
    """A passage on the map; x and y are −1..1, `cluster` counts from 0."""

    passage_id: int
    x: float
    y: float
    cluster: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """Passages that lie together: where, how many, and the words that tell them from the others."""

    x: float
    y: float
    size: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """Points and clusters, of all passages or of an even sample of them.

    passages  how many the index has
    """

    points: tuple[Point, ...]
    clusters: tuple[Cluster, ...]
    passages: int


def draw_map(view: View) -> Map:
    """The map of an index; without points where it has fewer than `FEWEST` passages.

    The same generation gives the same map. Takes seconds: keep it for `View.generation`.
    """
    ids = view.ids(None)
    count = len(ids)
    if count < FEWEST:
        return Map((), (), count)
    if count > MOST:
        ids = ids[np.linspace(0, count - 1, MOST).round().astype(np.intp)]
    places, clusters = lay_out(view.vectors(ids))
    texts = [row.text for row in view.passages(ids)]
    names = name_clusters(texts, clusters)
    points = [
        Point(passage_id, float(x), float(y), cluster)
        for passage_id, (x, y), cluster in zip(ids.tolist(), places, clusters.tolist(), strict=True)
    ]
    found = []
    for cluster, words in enumerate(names):
        own = places[clusters == cluster]
        # The middle one of each direction: a few far points don't move the name.
        x, y = np.median(own, axis=0).tolist()
        found.append(Cluster(x, y, len(own), words))
    return Map(tuple(points), tuple(found), count)


def lay_out(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """`(n, 2)` places within −1..1 and `(n,)` cluster numbers of `(n, dim)` vectors, n at least `FEWEST`."""
    # scikit-learn takes half a second to import, and only maps need it.
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    count, dimension = vectors.shape
    reduced = PCA(min(DIRECTIONS, count, dimension), random_state=0).fit_transform(vectors)
    perplexity = min(30.0, (count - 1) / 3)
    places = TSNE(perplexity=perplexity, init="pca", random_state=0, max_iter=500).fit_transform(reduced)
    places -= (places.max(axis=0) + places.min(axis=0)) / 2
    places /= np.abs(places).max() or 1.0
    groups = KMeans(how_many(count), n_init=4, random_state=0).fit_predict(places)
    return places.astype(np.float32), groups.astype(np.intp)


def how_many(count: int) -> int:
    """Clusters of `count` points: as many names as a picture can bear."""
    return int(np.clip(round((count / 8) ** 0.5), 2, 14))


def name_clusters(texts: Sequence[str], clusters: NDArray[np.intp]) -> list[tuple[str, ...]]:
    """For each cluster the words that tell its texts from the others, the most telling first.

    A word's weight is the share of the cluster's texts that hold it, times the logarithm of how much larger
    that is than in all texts. Chinese words are those of ICU's dictionary.
    """
    words = [set(_words(text)) for text in texts]
    everywhere = Counter(word for each in words for word in each)
    names = []
    for cluster in range(int(clusters.max()) + 1):
        own = [each for each, at in zip(words, clusters, strict=True) if at == cluster]
        inside = Counter(word for each in own for word in each)
        weights = {
            word: count / len(own) * np.log(count / len(own) * len(words) / everywhere[word])
            for word, count in inside.items()
            if count >= max(2, COMMON * len(own))
        }
        best = sorted(
            (word for word in weights if weights[word] > 0), key=lambda word: (-weights[word], word)
        )
        names.append(tuple(_different(best)))
    return names


def _different(words: Sequence[str]) -> list[str]:
    """The first `NAMES` of which none begins another: "vector", not "vectors" as well."""
    kept: list[str] = []
    for word in words:
        if not any(word.startswith(other[:5]) or other.startswith(word) for other in kept):
            kept.append(word)
        if len(kept) == NAMES:
            break
    return kept


def _words(text: str) -> list[str]:
    """Words that may be a name: no numbers, no stop words, Chinese ones of two characters or more."""
    folded = text.casefold()
    words = re.findall(r"[^\W\d_]{3,30}", CJK_RUN.sub(" ", folded))
    for run in CJK_RUN.finditer(folded):
        words += [word for word in WordBreaker(run.group(), "zh") if len(word) > 1]
    return [word for word in words if word not in NAMELESS]

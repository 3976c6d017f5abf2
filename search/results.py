"""Hits for people: what says the same twice is shown once; on request a document's hits stand together.

A hit collapses under a better one when nearly all of its word triples stand in that one too (containment of
shingles, Broder 1997) and it names no number that the better one lacks. This one rule covers copies,
passages that overlap, other wrapping and punctuation, and small edits.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from search.hits import Hit

__all__ = ["ALIKE", "OTHERS", "Group", "arrange", "collapse", "gather"]

Group = Literal["document"]

# Share of a passage's word triples that a better hit must hold. One word changed takes three of them.
ALIKE = 0.8
WIDTH = 3

OTHERS = 3  # further passages under a document's best one

# Hits looked at for each that is shown, so that copies are seen before they are asked for; and the most.
SPARE = 3
DEEPEST = 10_000

# Scripts written without spaces count by character: Thai to Khmer, kana, Han.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")

Shingle = tuple[str, ...]


def gather(
    find: Callable[[int], list[Hit]], k: int, collapse: bool, group: Group | None, seen: Sequence[str] = ()
) -> tuple[Hit, ...]:
    """`k` hits for a person; `find` gives as many of the best as it is asked for, more until `k` are left."""
    depth = k if not collapse and group is None else SPARE * k
    while True:
        hits = find(depth)
        shown = arrange(hits, k, collapsing=collapse, group=group, seen=seen)
        if len(shown) == k or len(hits) < depth or depth == DEEPEST:
            return shown
        depth = min(4 * depth, DEEPEST)


def arrange(
    hits: Sequence[Hit], k: int, *, collapsing: bool, group: Group | None, seen: Iterable[str] = ()
) -> tuple[Hit, ...]:
    """At most `k` hits for a person, ranked from 1.

    hits        best first
    collapsing  put a hit that says nothing new under the better one, as `alike`
    group       "document": the best hit of each document, with its next `OTHERS` under it, as `others`
    seen        texts known to the person: a hit that says nothing beyond one of them is left out
    """
    if collapsing:
        known = list(seen)
        groups = collapse([*known, *(hit.text for hit in hits)])
        members = [[hits[at - len(known)] for at in group] for group in groups if group[0] >= len(known)]
        hits = [replace(best, alike=tuple(hit.passage_id for hit in rest)) for best, *rest in members]
    if group is None:
        return tuple(replace(hit, rank=rank) for rank, hit in enumerate(hits[:k], 1))
    documents: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        documents[hit.document_id].append(hit)
    return tuple(
        replace(
            best,
            rank=rank,
            others=tuple(replace(hit, rank=at) for at, hit in enumerate(rest[:OTHERS], 2)),
        )
        for rank, (best, *rest) in enumerate(list(documents.values())[:k], 1)
    )


def collapse(texts: Sequence[str]) -> list[list[int]]:
    """Positions of `texts` in groups: one that says something new, then those that add nothing to it.

    Each text joins the first earlier one that began a group and holds `ALIKE` of its shingles and all of
    its numbers. Takes time in proportion to the shingles of all texts.

    >>> collapse(["All rows are read.", "Padding is masked out.", "all rows\\nare read"])
    [[0, 2], [1]]
    """
    groups: list[list[int]] = []
    numbers: list[frozenset[str]] = []
    holders: dict[Shingle, list[int]] = defaultdict(list)  # shingle -> groups whose first text holds it
    for at, text in enumerate(texts):
        shingles, figures = _fingerprint(text)
        shared = Counter(group for shingle in shingles for group in holders[shingle])
        least = ALIKE * len(shingles)
        under = [group for group, count in shared.items() if count >= least and figures <= numbers[group]]
        if under:
            groups[min(under)].append(at)
            continue
        for shingle in shingles:
            holders[shingle].append(len(groups))
        groups.append([at])
        numbers.append(figures)
    return groups


@lru_cache(4_096)
def _fingerprint(text: str) -> tuple[frozenset[Shingle], frozenset[str]]:
    """A text's shingles, one at least, and its numbers."""
    words = WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    triples = zip(*(words[start:] for start in range(WIDTH)), strict=False)
    shingles = frozenset(triples) or frozenset([tuple(words) or (text,)])
    return shingles, frozenset(word for word in words if any(map(str.isdigit, word)))

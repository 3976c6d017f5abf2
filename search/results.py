"""Hits for people: what says the same twice is shown once; on request a document's hits stand together.

A hit collapses under a better one when nearly all of its word triples stand in that one too (containment of
shingles, Broder 1997) and it names no number that the better one lacks. This one rule covers copies,
passages that overlap, other wrapping and punctuation, and small edits.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from typing import Literal, Protocol

__all__ = ["ALIKE", "OTHERS", "Group", "Shown", "arrange", "collapse", "gather"]

Group = Literal["document"]

# Share of a passage's word triples that a better hit must hold. One word changed takes three of them.
ALIKE = 0.8
WIDTH = 3

OTHERS = 3  # further passages under a document's best one

# Hits looked at for each that is shown, so that copies are seen before they are asked for.
SPARE = 3

# Hits looked at, at most: for as many that say something new, and for as many documents. Of a million
# passages 500 take as long as all else of a question; for more than 1,000 every vector is read.
NEW, DEEPEST = 500, 10_000

# Scripts written without spaces count by character: Thai to Khmer, kana, Han.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")

Shingle = tuple[str, ...]


class Passage(Protocol):
    """What is asked of a passage here."""

    @property
    def document_id(self) -> int:
        """Of its document."""
        ...

    @property
    def text(self) -> str:
        """What it says."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage that a person is shown, by its position in the ranking, as are those under it.

    alike   what says the same, best first
    others  the next of its document
    """

    at: int
    alike: tuple[int, ...] = ()
    others: "tuple[Shown, ...]" = ()


def gather(
    find: Callable[[int], Sequence[Passage]],
    k: int,
    collapse: bool,
    group: Group | None,
    seen: Sequence[str] = (),
) -> list[Shown]:
    """`k` passages for a person, by position; `find` gives as many of the best as it is asked for, more until
    `k` are left. Fewer where the nearest `NEW` say no more than that."""
    for depth in _depths(k, collapse, group):
        rows = find(depth)
        shown = arrange(rows, k, collapsing=collapse, group=group, seen=seen)
        if len(shown) == k or len(rows) < depth:
            break
    return shown


def _depths(k: int, collapse: bool, group: Group | None) -> list[int]:
    if not collapse and group is None:
        return [k]
    first, most = SPARE * k, DEEPEST if group else NEW
    return sorted({max(first, min(depth, most)) for depth in (first, 4 * first, NEW, most)})


def arrange(
    rows: Sequence[Passage],
    k: int,
    *,
    collapsing: bool,
    group: Group | None,
    seen: Sequence[str] = (),
) -> list[Shown]:
    """At most `k` passages for a person.

    rows        best first
    collapsing  put a passage that says nothing new under the better one, as `alike`
    group       "document": the best passage of each document, with its next `OTHERS` under it, as `others`
    seen        texts known to the person: a passage that says nothing beyond one of them is left out
    """
    shown = [Shown(at) for at in range(len(rows))]
    if collapsing:
        most = None if group else len(seen) + k
        groups = collapse([*seen, *(row.text for row in rows)], most)
        own = ([at - len(seen) for at in group] for group in groups if group[0] >= len(seen))
        shown = [Shown(best, tuple(rest)) for best, *rest in own]
    if group is None:
        return shown[:k]
    documents: dict[int, list[Shown]] = defaultdict(list)
    for each in shown:
        documents[rows[each.at].document_id].append(each)
    return [replace(best, others=tuple(rest[:OTHERS])) for best, *rest in list(documents.values())[:k]]


def collapse(texts: Sequence[str], most: int | None = None) -> list[list[int]]:
    """Positions of `texts` in groups: one that says something new, then those that add nothing to it.

    Each text joins the first earlier one that began a group and holds `ALIKE` of its shingles and all of
    its numbers. With `most`, the first groups alone.

    >>> collapse(["All rows are read.", "Padding is masked out.", "all rows\\nare read"])
    [[0, 2], [1]]
    """
    groups: list[list[int]] = []
    firsts: list[tuple[frozenset[Shingle], frozenset[str]]] = []
    holders: dict[Shingle, list[int]] = defaultdict(list)  # shingle -> groups whose first text holds it
    joined: dict[str, int] = {}  # boilerplate comes hundreds of times, to the letter
    for at, text in enumerate(texts):
        if text not in joined:
            shingles, numbers = _fingerprint(text)
            least = ceil(ALIKE * len(shingles))
            # Who holds so many of them holds one of any that are more than the rest (Chaudhuri 2006).
            some = islice(shingles, len(shingles) - least + 1)
            under = [
                group
                for group in {group for shingle in some for group in holders.get(shingle, ())}
                if numbers <= firsts[group][1] and len(shingles & firsts[group][0]) >= least
            ]
            joined[text] = min(under, default=len(groups))
        if joined[text] < len(groups):
            groups[joined[text]].append(at)
        elif most is None or len(groups) < most:
            for shingle in shingles:
                holders[shingle].append(len(groups))
            groups.append([at])
            firsts.append((shingles, numbers))
    return groups


def _fingerprint(text: str) -> tuple[frozenset[Shingle], frozenset[str]]:
    """A text's shingles, one at least, and its numbers. Not remembered: 4,096 of them took 13 MB."""
    words = WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    triples = zip(*(words[start:] for start in range(WIDTH)), strict=False)
    shingles = frozenset(triples) or frozenset([tuple(words) or (text,)])
    return shingles, frozenset([word for word in words if not word.isalpha() and any(map(str.isdigit, word))])

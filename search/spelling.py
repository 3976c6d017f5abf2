"""Words of a question that stand nowhere in the index, replaced by a near word that does.

A word is taken for a typing error when no passage of the whole index holds it in any form, and the encoder
doesn't read it whole: "rust" is a word, also in an index about something else. What may have been meant
begins with the same letter, or with the second, and lies within one edit of a word of 4 to 9 letters, two
of a longer one: a letter too many, too few, another one, or two in each other's place (optimal string
alignment). The nearest is taken, then one with the same first letter, then the one that most passages hold.

Words with digits or capitals inside, in quotes, after a minus, and those of scripts without spaces are left
alone. Only the words are searched for otherwise: the encoder gets the question as it was typed, for it reads
misspelt words by their parts. It costs a look-up for each word, and for one that stands nowhere a walk
through the words of the index that begin so: 5 to 10 ms where the index has 90,000.
"""

import re
import unicodedata
from collections.abc import Callable

from rapidfuzz.distance import OSA

from indexer.store import View
from indexer.store.analysis import CJK, UNSPACED, phrase_of
from search.asked import Asked

__all__ = ["respelt"]

# Letters. With two edits from 8 on, no more typing errors were found in the questions of SciFact, Cranfield
# and chroma-chunking, and twice as many words of questions to another of the three were taken for errors.
SHORTEST, LONG = 4, 10

_WORD = re.compile(rf"(?<!\w)[^\W\d_{CJK}{UNSPACED}]+(?!\w)")


def respelt(
    view: View, asked: Asked, known: Callable[[str], bool]
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What is searched for by words, and each word that was replaced with the one in its place.

    known  whether a word is one, though no passage holds it
    """
    quoted = {word for wording in asked.required for word in phrase_of(wording.text)}
    found = (match.group() for match in _WORD.finditer(asked.words) if _whole(match))
    words = [word for word in dict.fromkeys(found) if len(word) >= SHORTEST]
    held, _ = view.rarest(words)
    missing = (word for word, count in zip(words, held.tolist(), strict=True) if count == 0)
    used = {}
    for word in missing:
        forms = phrase_of(word)
        if len(forms) > 1 or forms[0] in quoted or word[1:] != word[1:].lower() or known(word):
            continue
        if near := _near(view, forms[0]):
            used[word] = near
    text = _WORD.sub(lambda at: used.get(at.group(), at.group()) if _whole(at) else at.group(), asked.words)
    return text, tuple(used.items())


def _whole(match: re.Match[str]) -> bool:
    """Whether a word ends where it seems to: a combining mark, as in decomposed ö, is no \\w."""
    beside = match.string[max(0, match.start() - 1) : match.start()] + match.string[match.end() :][:1]
    return not any(unicodedata.category(mark).startswith("M") for mark in beside)


def _near(view: View, word: str) -> str | None:
    """The word of the index that a word may have been meant for."""
    reach = 1 if len(word) < LONG else 2
    held: dict[str, int] = {}
    for first in dict.fromkeys(word[:2]):
        held |= {at: count for at, count in view.words_from(first).items() if at.isalpha()}
    edits = ((OSA.distance(word, at, score_cutoff=reach), at) for at in held)
    near = [(count, at[0] != word[0], -held[at], at) for count, at in edits if count <= reach]
    return min(near)[-1] if near else None

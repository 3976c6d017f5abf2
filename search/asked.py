"""A question as typed -> its words, and what passages must hold or must not.

    bert "mean pooling" -draft -"work in progress"

Quoted words are required, side by side and in just these forms; what stands after a minus is excluded, one
word in all of its forms. Anything else is plain text, and nothing is an error: a hyphen inside a word, a
minus before a number or a space, an option such as -v or --help, inches (5"), a quotation mark alone.
"""

import re
from dataclasses import dataclass

from indexer.store import Wording
from indexer.store.analysis import CJK

__all__ = ["Asked", "read"]

# A text with more of them was pasted: nobody types so many.
MOST = 32

_LETTER = f"[^\\W{CJK}]"  # of scripts with spaces, where a quotation doesn't begin or end inside a word
_QUOTED = (
    rf'(?:(?<!{_LETTER})"(?P<straight>[^"]+)"(?!{_LETTER})|＂(?P<wide>[^＂]+)＂'
    r"|[“”„](?P<curly>[^“”„]+)[“”]|「(?P<corner>[^「」]+)」|『(?P<double>[^『』]+)』)"
)
_WORD = rf"(?P<word>(?:[^\W\d_](?:[^\W\d_]|[+#])|[{CJK}])[^\s\"“”„＂「」『』]*)"
_OPERATOR = re.compile(rf"(?P<minus>(?<!\S)[-−－])(?:{_QUOTED}|{_WORD})|{_QUOTED.replace('?P<', '?P<plus_')}")
_NO_QUOTE = ("minus", "word")  # groups of the pattern that hold no quoted text
_AFTER_WORD = ".,;:!?)]}，。；：！？）】、"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for.

    question  as typed
    words     what is searched for: the question without its operators
    required  what a passage must hold to be a hit
    excluded  what it must not hold
    """

    question: str
    words: str
    required: tuple[Wording, ...] = ()
    excluded: tuple[Wording, ...] = ()

    @classmethod
    def plain(cls, question: str) -> "Asked":
        """A question in which nothing is an operator."""
        return cls(question.strip(), question.strip())


def read(question: "str | Asked") -> Asked:
    """What a question asks for; a question of exclusions alone is plain text.

    >>> read('bert "mean pooling" -draft').words
    'bert mean pooling'
    """
    if not isinstance(question, str):
        return question
    required: list[Wording] = []
    excluded: list[Wording] = []

    def taken(match: re.Match[str]) -> str:
        word = (match["word"] or "").rstrip(_AFTER_WORD)
        quoted = next(
            (text for name, text in match.groupdict().items() if text and name not in _NO_QUOTE), ""
        )
        if not (word or any(map(str.isalnum, quoted))):
            return match[0]
        wording = Wording(word, verbatim=False) if word else Wording(" ".join(quoted.split()))
        (excluded if match["minus"] else required).append(wording)
        return " " if match["minus"] else quoted

    words = " ".join(_OPERATOR.sub(taken, question).split())
    if not (required or excluded) or len(required) + len(excluded) > MOST:
        return Asked.plain(question)
    if not any(map(str.isalnum, words)):
        return Asked.plain(question)
    return Asked(question, words, tuple(dict.fromkeys(required)), tuple(dict.fromkeys(excluded)))

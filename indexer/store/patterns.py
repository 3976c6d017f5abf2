r"""Patterns of values: `*` stands for any characters, `?` for one, a backslash takes the meaning away.

A pattern is kept in one form, with backslashes only where they are needed, so that equal patterns are equal.
"""

import re
from collections.abc import Iterator

from indexer.store.fields import folded

__all__ = ["canonical", "exact", "glob", "is_glob", "quoted"]

# What needs no quotes in the text of a filter: it holds nothing that means something there.
_BARE = re.compile(r"(?:[^\W_]|[.*/\\])(?:\w|[-./*?\\+@#%&~])*")
_KEYWORDS = {"AND", "OR", "NOT"}


def canonical(pattern: str) -> str:
    r"""The one form of a pattern: no `*` after another, no needless backslash.

    >>> print(canonical(r"\a**\*"))
    a*\*
    """
    parts: list[str] = []
    for character, wild in _characters(pattern):
        if not (wild and character == "*" and parts[-1:] == ["*"]):
            parts.append(character if wild else exact(character))
    return "".join(parts)


def exact(value: str) -> str:
    r"""The pattern that only `value` matches.

    >>> print(exact("what?"))
    what\?
    """
    return re.sub(r"([*?\\])", r"\\\1", value)


def is_glob(pattern: str) -> bool:
    """Whether a pattern matches more than one value."""
    return any(wild for _, wild in _characters(pattern))


def glob(pattern: str) -> str:
    r"""The pattern over folded values as SQLite's GLOB has it; the folded value where it is no glob.

    >>> print(glob(r"Annual *\*"))
    annual *[*]
    """
    if not is_glob(pattern):
        return folded("".join(character for character, _ in _characters(pattern)))
    # Folded in runs, for a letter and its accent may be two characters that fold to one.
    parts = [""]
    for character, wild in _characters(pattern):
        if wild:
            parts += [character, ""]
        else:
            parts[-1] += character
    return "".join(part if at % 2 else _literal(part) for at, part in enumerate(parts)).strip()


def quoted(text: str) -> str:
    r"""A pattern as the text of a filter has it: in quotes where it would be read as something else.

    >>> quoted("report.pdf"), quoted("annual report"), quoted("NOT")
    ('report.pdf', '"annual report"', '"NOT"')
    """
    if _BARE.fullmatch(text) and text not in _KEYWORDS and not text.endswith("\\"):
        return text
    return '"' + text.replace('"', '\\"') + '"'


def _characters(pattern: str) -> Iterator[tuple[str, bool]]:
    """Each character that a pattern is of, and whether it is a wildcard."""
    at = 0
    while at < len(pattern):
        escaped = pattern[at] == "\\" and at + 1 < len(pattern)
        at += escaped
        yield pattern[at], not escaped and pattern[at] in "*?"
        at += 1


def _literal(run: str) -> str:
    """A run of characters that mean themselves, folded, as a GLOB has them."""
    ends = re.match(r"(\s*)(.*?)(\s*)$", run, re.DOTALL)
    before, middle, after = ends.groups() if ends else ("", run, "")
    text = (" " if before else "") + folded(middle) + (" " if after and middle else "")
    return re.sub(r"([*?[])", r"[\1]", text)

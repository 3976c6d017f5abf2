"""The text of a filter -> its tree.

    either      = every {"OR" every}
    every       = factor {["AND"] factor}
    factor      = ("NOT" | "-") factor | "(" either ")" | comparison
    comparison  = field (":" | "=" | ">=" | ">" | "<=" | "<") value {"," value}

A field or a value in quotes may hold anything; full-width punctuation counts as the plain. docs/filters.md
has examples of all of it.
"""

import re
from collections.abc import Callable
from typing import NoReturn, TypeVar, cast

from indexer.errors import UsageError
from indexer.store.filters import MAX_DEPTH, And, Compare, Filter, Is, Not, Operator, Or

__all__ = ["And", "Compare", "Filter", "Is", "Not", "Or", "parse", "parsed"]

MAX_LENGTH = 4_000  # characters

_SPACE = re.compile(r"\s*")
_KEYWORD = re.compile(r"(AND|OR|NOT)(?=[\s()（）]|$)")
_MINUS = re.compile(r"[-−－]\s*")
_OPEN, _CLOSE = re.compile(r"[(（]"), re.compile(r"[)）]")
_NAME = re.compile(r"[^\s:：<>＜＞=＝≥≤()（）,，、\"“”]+")
_OPERATOR = re.compile(r"\s*([<>＜＞][=＝]|[≥≤<>＜＞:：=＝])\s*")
_COMMA = re.compile(r"\s*[,，、]\s*")
_QUOTED = re.compile(r"\"((?:\\.|[^\\\"])*)\"|[“”]((?:\\.|[^\\“”])*)[“”]", re.DOTALL)
_VALUE = re.compile(r"(?:\\.|[^\s()（）,，、\"“”\\]|\\$)+", re.DOTALL)

_PLAIN = str.maketrans({"＜": "<", "＞": ">", "＝": "=", "：": ":", "≥": ">=", "≤": "<="})

Made = TypeVar("Made")


def parse(text: str) -> Filter:
    """The tree that a text such as ``type:pdf modified>=2025-01-01 -folder:drafts`` stands for.

    Raises UsageError, with the place, for what can't be read, and for a filter that is too long (4,000
    characters), too deep (8) or too large (200 values).
    """
    if len(text) > MAX_LENGTH:
        raise UsageError(f"the filter has {len(text):,} characters; at most {MAX_LENGTH:,} are allowed")
    return _Parser(text).all()


def parsed(filter: str | Filter | None) -> Filter | None:
    """A tree of what is a text, a tree or nothing; a text of nothing but spaces is none."""
    if isinstance(filter, str):
        return parse(filter) if filter.strip() else None
    if filter is not None and not isinstance(filter, Filter):
        raise UsageError(f"the filter is a {type(filter).__name__}; give a text such as type:pdf, or a tree")
    return filter


class _Parser:
    """A text and how far it has been read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def all(self) -> Filter:
        if not self._text.strip():
            raise UsageError("the filter is empty; write field:value, such as type:pdf")
        tree = self._either()
        if self._at < len(self._text):
            self._fail("this closes nothing; take it away, or open a parenthesis before")
        return tree

    def _either(self) -> Filter:
        return self._joined(Or, self._every, lambda: self._keyword("OR"))

    def _every(self) -> Filter:
        return self._joined(And, self._factor, lambda: self._keyword("AND") or not self._ends())

    def _joined(
        self, kind: type[And] | type[Or], part: Callable[[], Filter], more: Callable[[], bool]
    ) -> Filter:
        began, parts = self._at, [part()]
        while more():
            parts.append(part())
        return self._made(began, lambda: kind(tuple(parts))) if len(parts) > 1 else parts[0]

    def _factor(self) -> Filter:
        began = self._skip()
        if self._keyword("NOT") or self._take(_MINUS):
            return self._nested(began, lambda: Not(self._factor()))
        if self._take(_OPEN):
            tree = self._nested(began, self._either)
            if not self._take(_CLOSE):
                self._fail("a parenthesis is not closed; write )", began)
            return tree
        return self._comparison()

    def _nested(self, began: int, make: Callable[[], Filter]) -> Filter:
        # Before it is read: Python's own stack ends somewhere too.
        self._depth += 1
        if self._depth > 2 * MAX_DEPTH:
            self._fail(f"it is nested too deeply; at most {MAX_DEPTH} levels are allowed", began)
        tree = self._made(began, make)
        self._depth -= 1
        return tree

    def _comparison(self) -> Filter:
        began = self._skip()
        field = _literal(self._word(_NAME, "a comparison is missing; write field:value, such as type:pdf"))
        found = self._take(_OPERATOR)
        if not found:
            self._fail(f"“{field}” is compared with nothing; write field:value, such as type:pdf", began)
        operator = found[1].translate(_PLAIN)
        values = [self._value()]
        if operator in (":", "="):
            while self._take(_COMMA):
                values.append(self._value())
            return self._made(began, lambda: Is(field, tuple(values)))
        return self._made(began, lambda: Compare(field, cast(Operator, operator), _literal(values[0])))

    def _value(self) -> str:
        return self._word(_VALUE, 'a value is missing; write one, in quotes if it holds spaces or ( ) , "')

    def _word(self, bare: re.Pattern[str], missing: str) -> str:
        """What stands in quotes, or else without."""
        if found := self._take(_QUOTED):
            return found[1] or found[2] or ""
        if self._text[self._at : self._at + 1] in ('"', "“", "”"):
            self._fail("a quotation is not closed; write the second quotation mark")
        found = None if self._is_keyword() else self._take(bare)
        if not found:
            self._fail(missing)
        return found[0]

    def _ends(self) -> bool:
        self._skip()
        return (
            self._at == len(self._text) or bool(_CLOSE.match(self._text, self._at)) or self._is_keyword("OR")
        )

    def _is_keyword(self, *words: str) -> bool:
        found = _KEYWORD.match(self._text, self._at)
        return bool(found and (not words or found[1] in words))

    def _keyword(self, word: str) -> bool:
        self._skip()
        return self._is_keyword(word) and bool(self._take(_KEYWORD))

    def _skip(self) -> int:
        self._take(_SPACE)
        return self._at

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found

    def _made(self, began: int, make: Callable[[], Made]) -> Made:
        """Make a part of the tree; what it refuses is told with its place."""
        try:
            return make()
        except _PlacedError:
            raise
        except UsageError as error:
            self._fail(str(error), began, self._at)

    def _fail(self, what: str, at: int | None = None, end: int | None = None) -> NoReturn:
        at = self._at if at is None else at
        near = self._text[at : min(end or len(self._text), at + 30)].strip()
        place = f"character {at + 1} (“{near}”)" if near else "its end"
        raise _PlacedError(f"the filter can't be read at {place}: {what}")


def _literal(word: str) -> str:
    """A word in which a backslash only takes the meaning of the next character away."""
    return re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL)


class _PlacedError(UsageError):
    """Already says where."""

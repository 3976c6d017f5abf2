"""One filter over passages and their documents: a tree of comparisons, and the SQL it becomes.

    And((Is("type", ("pdf",)), Compare("modified", ">=", "2025")))

`str` of a tree is the text that `search.filters.parse` reads, and parsing that gives the tree again. Values
are kept as they were written; each stands for a half-open range (a day, a number of bytes, a page), so that
every comparison is one of numbers. No part of the SQL is ever null, so `Not` is the exact complement.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, and_, or_, select

from indexer.errors import UsageError
from indexer.store.fields import SAME_KIND, folded
from indexer.store.patterns import canonical, exact, glob, is_glob, quoted
from indexer.store.ranges import Range, iso_range, number_of, range_of
from indexer.store.schema import documents, fields, passages

__all__ = ["FIELDS", "And", "Compare", "Filter", "Is", "Not", "Or", "names_in", "where"]

# Every document has these, though some without a value; other names are documents' own fields.
FIELDS = ("type", "path", "folder", "language", "size", "modified", "page", "title", "author")

MAX_DEPTH = 8
MAX_VALUES = 200  # of all comparisons together

Operator = Literal[">=", ">", "<=", "<"]


class _Printed:
    """What all parts of a tree share: they print as text that can be read again."""

    __slots__ = ()

    def __str__(self) -> str:
        return _text(self)


@dataclass(frozen=True, slots=True)
class Is(_Printed):
    """A field has one of the values, compared without case.

    field   one of FIELDS, or a name in the documents' own metadata
    values  patterns: `*` stands for any characters, `?` for one, and a backslash before a character for that
            character. `Is.exactly` writes them.

    Raises UsageError for no values, or one that the field can't have.
    """

    field: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "field", _named_field(self.field))
        if not self.values:
            raise UsageError(f"“{self.field}” has no value to be compared with; give one")
        object.__setattr__(self, "values", tuple(map(canonical, self.values)))
        for value in self.values:
            if value != "*" and self.field in _RANGED:
                range_of(self.field, value)
        _require_bounds(self)

    @classmethod
    def exactly(cls, field: str, *values: str) -> "Is":
        """A field has one of the values, in which `*`, `?` and backslashes mean themselves."""
        return cls(field, tuple(map(exact, values)))

    __str__ = _Printed.__str__


@dataclass(frozen=True, slots=True)
class Compare(_Printed):
    """A field lies above or below a value.

    field     size, modified, page, or a name in the documents' own metadata
    operator  ">=", ">", "<=" or "<"
    value     "10MB"; "2025", "2025-03" or "2025-03-01"; a number

    Raises UsageError for a field without an order, another operator, or a value that the field can't have.
    """

    field: str
    operator: Operator
    value: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "field", _named_field(self.field))
        object.__setattr__(self, "value", folded(self.value))
        if self.operator not in get_args(Operator):
            raise UsageError(
                f"there is no comparison {self.operator!r}; it is one of {', '.join(get_args(Operator))}"
            )
        if self.field in _TEXTS:
            raise UsageError(f"“{self.field}” has no order; compare it by {self.field}:value")
        if self.field in _RANGED:
            range_of(self.field, self.value)
        elif number_of(self.value) is None and iso_range(self.value) is None:
            raise UsageError(f"“{self.value}” is neither a number nor a date such as 2025-03-01")

    __str__ = _Printed.__str__


@dataclass(frozen=True, slots=True)
class And(_Printed):
    """All parts hold. Raises UsageError for fewer than two, or a tree that is too deep or too large."""

    parts: tuple["Filter", ...]

    def __post_init__(self) -> None:
        _require_parts(self.parts)
        _require_bounds(self)

    __str__ = _Printed.__str__


@dataclass(frozen=True, slots=True)
class Or(_Printed):
    """At least one part holds. Raises UsageError as `And` does."""

    parts: tuple["Filter", ...]

    def __post_init__(self) -> None:
        _require_parts(self.parts)
        _require_bounds(self)

    __str__ = _Printed.__str__


@dataclass(frozen=True, slots=True)
class Not(_Printed):
    """The part does not hold. Raises UsageError for a tree that is too deep."""

    part: "Filter"

    def __post_init__(self) -> None:
        _require_bounds(self)

    __str__ = _Printed.__str__


Filter = And | Or | Not | Is | Compare


def names_in(tree: Filter) -> Iterator[str]:
    """The fields that a tree compares, each as often as it does."""
    if isinstance(tree, Is | Compare):
        yield tree.field
    for part in _parts(tree):
        yield from names_in(part)


def where(tree: Filter) -> ColumnElement[bool]:
    """The condition on a row of `passages` joined with its row of `documents`; never null."""
    match tree:
        case And():
            return and_(*map(where, tree.parts))
        case Or():
            return or_(*map(where, tree.parts))
        case Not():
            return ~where(tree.part)
        case Is():
            return or_(*(_is(tree.field, value) for value in tree.values))
        case Compare():
            return _compare(tree)


# The fields that have an order, each with the column that holds it.
_RANGED: dict[str, ColumnElement[Any]] = {
    "size": documents.c.size,
    "modified": documents.c.modified_ns,
    "page": passages.c.page,
}
_TEXTS = frozenset(FIELDS) - _RANGED.keys()


def _is(field: str, value: str) -> ColumnElement[bool]:
    if field in _RANGED:
        return _within(field, None if value == "*" else range_of(field, value))
    if field == "type":
        suffix = value.removeprefix(".")
        return _matches(documents.c.kind, SAME_KIND.get(folded(suffix), suffix))
    if field == "language":
        # "en" is also the English of any country.
        tag = value.replace("_", "-")
        return or_(_matches(documents.c.language, tag), _matches(documents.c.language, f"{tag}-*"))
    if field == "folder":
        return _named("path", _below(value))
    return _named(field, _matches(fields.c.folded, value))


def _compare(of: Compare) -> ColumnElement[bool]:
    if of.field in _RANGED:
        column, asked = _RANGED[of.field], range_of(of.field, of.value)
        return and_(_within(of.field, None), _ordered(column, of.operator, asked))
    either = []
    if (number := number_of(of.value)) is not None:
        column = fields.c.number
        either.append(and_(column.is_not(None), column.op(of.operator, is_comparison=True)(number)))
    if (dates := iso_range(of.value)) is not None:
        is_date = fields.c.folded.op("GLOB", is_comparison=True)("[0-9][0-9][0-9][0-9]-[0-9][0-9]*")
        either.append(and_(is_date, _ordered(fields.c.folded, of.operator, dates)))
    return _named(of.field, or_(*either))


def _ordered(column: ColumnElement[Any], operator: Operator, asked: Range[Any]) -> ColumnElement[bool]:
    compared: dict[Operator, ColumnElement[bool]] = {
        ">=": column >= asked.low,
        ">": column >= asked.high,
        "<=": column < asked.high,
        "<": column < asked.low,
    }
    return compared[operator]


def _within(field: str, asked: Range[int] | None) -> ColumnElement[bool]:
    """A field has a value, in a range if there is one. A time of 0 or less is that of no file."""
    column = _RANGED[field]
    has_value = column > 0 if field == "modified" else column.is_not(None)
    if asked is None:
        return has_value
    return and_(has_value, column >= asked.low, column < asked.high)


def _named(name: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A document has a field of that name that meets the condition."""
    return documents.c.id.in_(select(fields.c.document_id).where(fields.c.name == name, condition))


def _matches(column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    if is_glob(pattern):
        # "*" is any value, and none is no value.
        return and_(column != "", column.op("GLOB", is_comparison=True)(glob(pattern)))
    return column == glob(pattern)


def _below(pattern: str) -> ColumnElement[bool]:
    """A path that lies in a folder, however deep."""
    name = re.sub(r"^\./|(/\*{0,2})+$", "", pattern)
    return _matches(fields.c.folded, f"{name}/*")


def _named_field(name: str) -> str:
    if not folded(name):
        raise UsageError("a field without a name can't be compared; write field:value, such as type:pdf")
    return folded(name)


def _parts(tree: Filter) -> tuple[Filter, ...]:
    if isinstance(tree, And | Or):
        return tree.parts
    return (tree.part,) if isinstance(tree, Not) else ()


def _require_parts(parts: tuple[Filter, ...]) -> None:
    if len(parts) < 2:
        raise UsageError(f"And and Or join two or more filters, not {len(parts)}; give the one itself")


def _require_bounds(tree: Filter) -> None:
    if (depth := _depth(tree)) > MAX_DEPTH:
        raise UsageError(f"the filter is nested {depth} deep; at most {MAX_DEPTH} are allowed")
    if (values := _values(tree)) > MAX_VALUES:
        raise UsageError(f"the filter compares {values} values; at most {MAX_VALUES} are allowed")


def _depth(tree: Filter) -> int:
    """How many And, Or and Not lie inside each other."""
    parts = _parts(tree)
    return 1 + max(map(_depth, parts)) if parts else 0


def _values(tree: Filter) -> int:
    own = len(tree.values) if isinstance(tree, Is) else int(isinstance(tree, Compare))
    return own + sum(map(_values, _parts(tree)))


def _text(tree: Any) -> str:
    match tree:
        case And():
            return " ".join(_inside(part) for part in tree.parts)
        case Or():
            return " OR ".join(_inside(part) for part in tree.parts)
        case Not():
            return f"NOT {_inside(tree.part)}"
        case Is():
            return f"{quoted(exact(tree.field))}:{','.join(map(quoted, tree.values))}"
    return f"{quoted(exact(tree.field))}{tree.operator}{quoted(exact(tree.value))}"


def _inside(part: Filter) -> str:
    return f"({part})" if isinstance(part, And | Or) else str(part)

"""Source code: the file's own text, and for Python the class and function of every line."""

import ast
import warnings
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from indexer.documents.document import Block, Document
from indexer.documents.draft import check_length
from indexer.documents.encoding import decode, undecoded
from indexer.documents.files import load

__all__ = ["read"]

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def read(path: Path) -> Document:
    """A program. `Document.text` is the decoded file, so offsets and lines are true of it.

    Blocks are runs of lines between empty ones, and end where a definition begins or ends. The heading
    path of a line in Python is `("Index", "search")`; other languages have none.
    """
    text = decode(load(path))
    check_length(len(text))
    lines = text.split("\n")
    paths = _paths(text if path.suffix.lower() in (".py", ".pyi") else "", len(lines))
    return Document(text, tuple(_blocks(lines, paths)), gaps=undecoded(text))


def _blocks(lines: list[str], paths: list[tuple[str, ...]]) -> Iterator[Block]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    numbers = range(len(lines))
    for (is_code, path), run in groupby(
        numbers, key=lambda number: (bool(lines[number].strip()), paths[number])
    ):
        if is_code:
            first, *rest = run
            last = rest[-1] if rest else first
            yield Block(
                starts[first], starts[last] + len(lines[last].rstrip()), "lines", heading=path, line=first + 1
            )


def _paths(text: str, count: int) -> list[tuple[str, ...]]:
    """The classes and functions around each line, outermost first; none where it can't be parsed."""
    paths: list[tuple[str, ...]] = [()] * count
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            definitions = list(_definitions(ast.parse(text), ()))
    # Python 2, a template, or nested deeper than the parser goes.
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return paths
    for path, first, last in definitions:
        paths[first - 1 : last] = [path] * len(paths[first - 1 : last])
    return paths


def _definitions(node: ast.AST, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """`(path, first line, last line)` of every class and function, those around others first."""
    for child in ast.iter_child_nodes(node):
        inside = path
        if isinstance(child, _Definition):
            inside = (*path, child.name)
            first = min((child.lineno, *(decorator.lineno for decorator in child.decorator_list)))
            yield inside, first, child.end_lineno or child.lineno
        if not isinstance(child, ast.expr):
            yield from _definitions(child, inside)

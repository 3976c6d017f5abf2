"""Document -> passages: whole sentences packed within a token budget, with exact offsets.

    blocks   -> sections   one page and one heading path each: a passage never crosses them
    section  -> pieces     sentences, or lines; one alone too long is cut at the best place inside
    pieces   -> passages   the cheapest way to cut the section into passages of about `size` tokens

A document is tokenised once, piece by piece; packing is arithmetic on the counts. What will be embedded
is then counted as a whole, for some tokenisers make more of a text than of its pieces, and a passage
over the budget is packed again, smaller.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.documents.document import Block, Document
from indexer.errors import UsageError
from indexer.packing import packed, parts
from indexer.sentences import sentence_ends

__all__ = ["Passage", "TokenCounter", "split"]

# Measured with the default model (benchmarks/passages.py): smaller passages hold more answer for each
# character read (the best 3,000 characters hold .747 of it at 64, .739 at 112, .644 at 200), larger ones
# in the five best hits (.668, .745, .749); short documents are found alike from 64 to 128.
SIZE = 112

# One character can make 36 tokens (U+FDFA: 18 letters in 36 bytes), and the prefix has its quarter.
MIN_BUDGET = 64

# What it costs to end a passage at a place, beside the squared relative distance from `size`.
END_OF_BLOCK, END_OF_PIECE, END_OF_HEADING = 0.0, 0.1, 10.0


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is embedded and found: a stretch of one document.

    start, end  code points: `document.text[start:end] == text`.
    text        what a person sees.
    prefix      what stands before the text for embedding only: title, heading path, and the header row of
                a table that has begun before.
    tokens      how many tokens prefix and text have together, special tokens included.
    page, heading, line  as in `Block`, of the place where the passage begins.
    last_line   of the file, where the passage ends; None where the format has no lines.
    """

    start: int
    end: int
    text: str
    prefix: str
    tokens: int
    page: int | None = None
    heading: tuple[str, ...] = ()
    line: int | None = None
    last_line: int | None = None


class TokenCounter(Protocol):
    """Counts tokens the way the encoder will."""

    @property
    def special(self) -> int:
        """How many special tokens the model adds to one text."""

    def offsets(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """For each text the places of its tokens, `(n, 2)` int32, code points; nothing cut or added."""


class _Piece(NamedTuple):
    """A sentence, a line or a part of one: what a passage is made of.  `ending`: cost of ending there."""

    start: int
    end: int
    block: Block
    ending: float


class _Section(NamedTuple):
    """Pieces that may share a passage.  `continued`: header row of a table -> prefix below that row."""

    pieces: list[_Piece]
    prefix: tuple[str, ...]
    continued: dict[str, tuple[str, ...]]
    limit: int  # of tokens in the text of one passage


def split(document: Document, tokens: TokenCounter, *, budget: int, size: int = SIZE) -> list[Passage]:
    """The passages of a document, in order: every character outside white space is in exactly one.

    budget  the most tokens that the model takes in one text; prefix, text and special tokens of a
            passage together never exceed it. The prefix takes at most a quarter of it.
    size    about how many tokens the text of a passage has. A sentence stays whole up to twice that,
            as far as the budget allows.

    Raises UsageError for a budget below 64 tokens or a size below 1.
    """
    if budget < MIN_BUDGET:
        raise UsageError(f"a budget of {budget} tokens is too small for a passage: use {MIN_BUDGET} or more")
    if size < 1:
        raise UsageError(f"a passage of {size} tokens can't be made: use a size of 1 or more")
    newlines = [match.start() for match in re.finditer("\n", document.text)]
    done: list[Passage] = []
    todo = _sections(document, tokens, budget, size)
    while todo:
        runs = list(_runs(document.text, todo, tokens, size))
        made = [_passage(document.text, newlines, section) for section, _ in runs]
        counts = _counts(tokens, [passage.prefix + passage.text for passage in made])
        todo = []
        for (section, weight), passage, count in zip(runs, made, counts, strict=True):
            over = count + tokens.special - budget
            if over <= 0:
                done.append(replace(passage, tokens=count + tokens.special))
            elif len(passage.text) == 1:
                raise UsageError(
                    f"the tokeniser makes {count} tokens of {passage.prefix + passage.text!a}, "
                    f"more than the budget of {budget}: use a model that takes longer texts"
                )
            else:
                todo.append(section._replace(limit=max(1, min(weight, section.limit) - over)))
    return sorted(done, key=lambda passage: passage.start)


def _passage(text: str, newlines: list[int], section: _Section) -> Passage:
    """All pieces of `section` as one passage, its tokens not yet counted."""
    first, last = section.pieces[0], section.pieces[-1]
    is_continued = first.block.header and first.start > first.block.start
    prefix = section.continued[first.block.header] if is_continued else section.prefix
    headings = (piece.block.heading[-1:] for piece in section.pieces if piece.block.kind == "heading")
    said = {name for heading in headings for name in _path("", heading)}
    return Passage(
        start=first.start,
        end=last.end,
        text=text[first.start : last.end],
        prefix=_joined([part for part in prefix if part not in said]),
        tokens=0,
        page=first.block.page,
        heading=last.block.heading,
        line=_line(newlines, first.block, first.start),
        last_line=_line(newlines, last.block, last.end),
    )


def _line(newlines: list[int], block: Block, at: int) -> int | None:
    """The line of the file that character `at` of a block stands on, if the format has lines."""
    if block.line is None:
        return None
    return block.line + bisect_left(newlines, at) - bisect_left(newlines, block.start)


def _sections(document: Document, tokens: TokenCounter, budget: int, size: int) -> list[_Section]:
    groups: list[list[Block]] = []
    for block in document.blocks:
        if groups and _continues(groups[-1][-1], block):
            groups[-1].append(block)
        else:
            groups.append([block])
    pieces = _pieces(document, groups)
    paths = [_path(document.title, group[-1].heading) for group in groups]
    headers = [{block.header for block in group if block.header} for group in groups]
    below = {
        (path, header): _path("", (*path, header))
        for path, own in zip(paths, headers, strict=True)
        for header in own
    }
    prefixes = _fitting({*paths, *below.values()}, tokens, budget // 4)
    sections = []
    for own, path, names in zip(pieces, paths, headers, strict=True):
        plain = prefixes[path]
        continued = {header: prefixes[below[path, header]] for header in names}
        # A row too long for a prefix leaves the headings their room.
        continued = {header: found if found[0] else plain for header, found in continued.items()}
        count = max(count for _, count in (plain, *continued.values()))
        if own:
            limit = min(2 * size, budget - tokens.special - count)
            parts_of = {header: parts for header, (parts, _) in continued.items()}
            sections.append(_Section(own, plain[0], parts_of, limit))
    return sections


def _continues(last: Block, block: Block) -> bool:
    """Whether `block` may share a passage with `last` and those it shares one with."""
    if block.page != last.page:
        return False
    if last.kind != "heading":
        return block.kind != "heading" and block.heading == last.heading
    # Headings with nothing between them answer no question: they go with the first text that comes
    # below the last of them, or beside it ("Author", "Date", "Abstract" on a title page).
    above = last.heading[:-1] if block.kind == "heading" else last.heading
    return block.heading[: len(above)] == above


def _pieces(document: Document, groups: list[list[Block]]) -> list[list[_Piece]]:
    """For each group its headings, sentences and lines, without the white space around them."""
    text = document.text
    prose = [block for group in groups for block in group if block.kind == "prose"]
    ends_of = iter(sentence_ends([text[block.start : block.end] for block in prose]))
    pieces = []
    for group in groups:
        own: list[_Piece] = []
        for block in group:
            if block.kind == "prose":
                ends = next(ends_of)
            elif block.kind == "lines":
                ends = list(accumulate(map(len, text[block.start : block.end].splitlines(keepends=True))))
            else:
                ends = [block.end - block.start]
            spans = [
                _stripped(text, block.start + begin, block.start + end) for begin, end in pairwise([0, *ends])
            ]
            own += [_Piece(a, b, block, END_OF_PIECE) for a, b in spans if a < b]
            if own:
                ending = END_OF_HEADING if own[-1].block.kind == "heading" else END_OF_BLOCK
                own[-1] = own[-1]._replace(ending=ending)
        pieces.append(own)
    return pieces


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    own = text[start:end]
    left = own.lstrip()
    return end - len(left), end - len(left) + len(left.rstrip())


def _path(title: str, heading: tuple[str, ...]) -> tuple[str, ...]:
    """Title and headings as the parts of a prefix: on one line each, none said twice."""
    return tuple(dict.fromkeys(filter(None, (" ".join(name.split()) for name in (title, *heading)))))


def _joined(parts: Sequence[str]) -> str:
    # To BERT this is white space. " › ", ". " and ": " between the parts found fewer answers.
    return "".join(part + "\n" for part in parts)


def _fitting(
    paths: Iterable[tuple[str, ...]], tokens: TokenCounter, room: int
) -> dict[tuple[str, ...], tuple[tuple[str, ...], int]]:
    """The parts of each path that fit in `room` tokens, outermost dropped first, and their count."""
    tails = [(path, path[first:]) for path in paths for first in range(len(path) + 1)]
    counts = _counts(tokens, [_joined(tail) for _, tail in tails])
    fitting: dict[tuple[str, ...], tuple[tuple[str, ...], int]] = {}
    for (path, tail), count in zip(tails, counts, strict=True):
        if count <= room:
            fitting.setdefault(path, (tail, count))
    return fitting


def _counts(tokens: TokenCounter, texts: Sequence[str]) -> list[int]:
    return [len(offsets) for offsets in tokens.offsets(texts)]


def _runs(
    text: str, sections: list[_Section], tokens: TokenCounter, size: int
) -> Iterator[tuple[_Section, int]]:
    """Each section as its passages, a section each, with the tokens of their pieces added up."""
    offsets = iter(tokens.offsets([text[p.start : p.end] for section in sections for p in section.pieces]))
    for section in sections:
        pieces: list[_Piece] = []
        weights: list[int] = []
        for piece in section.pieces:
            for part, weight in _parts(text, piece, next(offsets), section.limit, size):
                pieces.append(part)
                weights.append(weight)
        for first, last in packed(weights, [piece.ending for piece in pieces], section.limit, size):
            yield section._replace(pieces=pieces[first:last]), sum(weights[first:last])


def _parts(
    text: str, piece: _Piece, offsets: NDArray[np.int32], limit: int, size: int
) -> Iterator[tuple[_Piece, int]]:
    """`piece` itself if it is within `limit`, else its parts, with the tokens of each."""
    found = parts(text[piece.start : piece.end], offsets, limit, size)
    if len(found) == 1:
        yield piece, found[0][1]
        return
    begin = piece.start
    for at, weight in found:
        start, end = _stripped(text, begin, piece.start + at)
        begin = piece.start + at
        if start < end:
            ending = piece.ending if end == piece.end else max(piece.ending, END_OF_PIECE)
            yield _Piece(start, end, piece.block, ending), weight

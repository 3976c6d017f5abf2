"""What a reader makes of a file: text, and the place of every stretch of it."""

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Block", "BlockKind", "Document"]

BlockKind = Literal["heading", "prose", "lines"]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a document's text that has one place: one page, one heading path.

    kind     "heading": a heading's own text. "prose": running text, where a line break is only a
             soft wrap and sentences may cross it. "lines": each line stands for itself (code,
             tables, list items, verse).
    start    first character, in code points from the beginning of `Document.text`.
    end      one past the last character; blocks are in order and never overlap, and what lies
             between two of them is white space.
    page     from 1, as the file counts them (slide or sheet number where it has those);
             None where the format has no pages.
    heading  the heading path the block stands under, outermost first; a heading's own block
             has its own title as the last element.
    line     line of the source file where the block begins, from 1; None where the format
             has no lines (PDF, DOCX).
    header   the row that names the columns, where the block is a table that begins with it: what
             is embedded with the passages further down.
    """

    start: int
    end: int
    kind: BlockKind = "prose"
    page: int | None = None
    heading: tuple[str, ...] = ()
    line: int | None = None
    header: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text with the place of every stretch of it.

    text      the whole text, as a person reads it; no page furniture, mark-up or scripts.
    blocks    in order of `start`; every character outside white space belongs to one block.
    title     the document's own title, or "" where it has none (never the file name).
    pages     how many pages the file has; None where the format has no pages.
    metadata  what the file says of itself ("author", "language", "date", …), all strings. The index adds
              the language where the file states none (`indexer.language`).
    gaps      what could not be turned into text, each a reason with its place:
              "page 3 has no text layer". Never empty silence: the ledger shows them.
    """

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    pages: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()

"""What a question gets back: plain, frozen, printable, JSON-able."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Literal, overload

__all__ = ["Hit", "Hits", "Mode"]

Mode = Literal["hybrid", "dense", "lexical"]

# What a page is called where it isn't one of paper.
_UNITS = dict.fromkeys((".pptx", ".pptm", ".ppt", ".odp"), "slide")
_UNITS |= dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods"), "sheet")


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage that answers a question.

    rank         from 1.
    score        higher is better. dense: cosine, -1..1. lexical: BM25, 0 or more.
                 hybrid: the fused score of `search.fusion`, without a unit.
    path         of the document, as it was indexed.
    page         from 1, the slide's or sheet's number where there are those; None where the format has
                 no pages.
    heading      the heading path the passage stands under, outermost first: also a book's chapter, a
                 sheet's name, the time (``"00:01:30"``) of what is said in subtitles.
    line         line of the file where the passage begins, from 1; None where the format has no lines.
    last_line    line where it ends, likewise.
    start, end   code points in the document's text: `document.text[start:end] == text`.
    dense        cosine of question and passage, -1..1; None when the dense arm did not score it.
    lexical      BM25 of question and passage; None when the lexical arm did not score it.
    alike        ids of the passages that say the same and were collapsed under this one, best first.
    others       the next best hits of the same document, where grouped by document; ranks from 2.
    """

    rank: int
    score: float
    path: str
    page: int | None
    heading: tuple[str, ...]
    line: int | None
    last_line: int | None
    start: int
    end: int
    text: str
    title: str
    document_id: int
    passage_id: int
    dense: float | None = None
    lexical: float | None = None
    alike: tuple[int, ...] = ()
    others: "tuple[Hit, ...]" = ()

    def to_dict(self) -> dict[str, Any]:
        """The hit as JSON-able values; tuples become lists."""
        others = [hit.to_dict() for hit in self.others]
        return {**asdict(self), "heading": list(self.heading), "alike": list(self.alike), "others": others}

    @property
    def place(self) -> str:
        """Where the passage stands, for a person: ``"guide.pdf › page 3 › Pooling"``, or
        ``"guide.md › Pooling › lines 12–18"``."""
        unit = _UNITS.get(PurePosixPath(self.path).suffix.lower(), "page")
        page = (f"{unit} {self.page}",) if self.page is not None else ()
        return " › ".join((self.path, *page, *self.heading, *self._lines()))

    def _lines(self) -> tuple[str, ...]:
        if self.line is None or self.page is not None:
            return ()
        if self.last_line in (None, self.line):
            return (f"line {self.line}",)
        return (f"lines {self.line}–{self.last_line}",)

    def __str__(self) -> str:
        return f"{self.rank}. {self.place}  ({self.score:.3f})\n{self.text}"


@dataclass(frozen=True, slots=True)
class Hits(Sequence[Hit]):
    """The hits of one question, best first. An empty one is falsy.

    query    the question as asked.
    mode     how it was searched.
    hits     best first, ranks 1..n.
    """

    query: str
    mode: Mode
    hits: tuple[Hit, ...]

    def to_dict(self) -> dict[str, Any]:
        """``{"query", "mode", "hits": [...]}``, ready for `json.dumps`."""
        return {"query": self.query, "mode": self.mode, "hits": [hit.to_dict() for hit in self.hits]}

    @overload
    def __getitem__(self, at: int) -> Hit: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, at: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[at]

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.hits)) if self.hits else f"nothing found for “{self.query}”"

    def _repr_html_(self) -> str:
        """For notebooks; document text is escaped, never interpreted."""
        rows = "".join(
            f"<li><b>{html.escape(hit.place)}</b> <small>{hit.score:.3f}</small>"
            f'<div style="white-space: pre-wrap">{html.escape(hit.text)}</div></li>'
            for hit in self.hits
        )
        return f"<p>{html.escape(self.query)}</p><ol>{rows}</ol>"

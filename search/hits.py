"""What a question gets back: plain, frozen, printable, JSON-able."""

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, overload

from indexer.errors import UsageError

if TYPE_CHECKING:
    from indexer.store import PassageRow
    from search.explain import Explanation

__all__ = ["LIKELY", "POSSIBLE", "Answer", "Hit", "Hits", "Likelihood", "Mode", "likelihood"]

Mode = Literal["hybrid", "dense", "lexical"]
Likelihood = Literal["likely", "possible", "unlikely"]

# The one place where a probability becomes a word: more often right than wrong, and less than once in ten. At
# once in seven, .17 instead of .10 of the questions whose answer is found would be told that there is none.
LIKELY, POSSIBLE = 0.5, 0.1

# What a page is called where it isn't one of paper.
_UNITS = dict.fromkeys((".pptx", ".pptm", ".ppt", ".odp"), "slide")
_UNITS |= dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods"), "sheet")


def likelihood(probability: float | None) -> Likelihood | None:
    """A probability, 0..1, as a word, for people read 0.62 as a promise; None where there is none.

    "likely" from `LIKELY` on, "possible" from `POSSIBLE` on, else "unlikely".

    >>> likelihood(0.5), likelihood(0.1), likelihood(0.09)
    ('likely', 'possible', 'unlikely')
    """
    if probability is None:
        return None
    return "likely" if probability >= LIKELY else "possible" if probability >= POSSIBLE else "unlikely"


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
    kind         type of the document: "pdf", "docx", "md"; "" where its name has no suffix.
    modified     when the document was last changed, ISO 8601 with this machine's offset, to the second;
                 "" where that isn't known.
    language     tag such as "en" or "zh"; "" where it isn't known.
    line         line of the file where the passage begins, from 1; None where the format has no lines.
    last_line    line where it ends, likewise.
    start, end   code points in the document's text: `document.text[start:end] == text`.
    dense        cosine of question and passage, -1..1; None when the dense arm did not score it.
    lexical      BM25 of question and passage; None when the lexical arm did not score it.
    alike        ids of the passages that say the same and were collapsed under this one, best first.
    others       the next best hits of the same document, where grouped by document; ranks from 2.
    probability  that the passage is relevant, 0..1: see `search.confidence`. None where only one arm was
                 asked, or fewer than ten passages could be found.
    explainer    what `explain` asks; no part of the hit's value, so a hit read from a pickle has none.
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
    kind: str = ""
    modified: str = ""
    language: str = ""
    probability: float | None = None
    explainer: "Callable[[int], Explanation] | None" = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, row: "PassageRow", **scored: Any) -> "Hit":
        """The hit of a stored passage; `scored` are the fields that a question gives it."""
        shared = ("path", "page", "heading", "line", "last_line", "start", "end", "text", "title", "kind")
        values = {name: getattr(row, name) for name in (*shared, "language", "document_id")}
        return cls(**values, passage_id=row.id, modified=_local_time(row.modified_ns), **scored)

    def to_dict(self) -> dict[str, Any]:
        """The hit as JSON-able values, its likelihood among them; tuples become lists."""
        values = {part.name: getattr(self, part.name) for part in fields(self) if part.compare}
        others = [hit.to_dict() for hit in self.others]
        lists = {"heading": list(self.heading), "alike": list(self.alike), "others": others}
        return {**values, **lists, "likelihood": self.likelihood}

    def explain(self) -> "Explanation":
        """Why this passage was found: its cosine as a sum over words and sentences.

        Raises UsageError for a hit that knows its index no more, and as `Searcher.explain` does.
        """
        if self.explainer is None:
            raise UsageError(
                "this hit doesn't know its index, for it was unpickled or made by hand; "
                f"use Searcher(index).explain(question, {self.passage_id})"
            )
        return self.explainer(self.passage_id)

    def __getstate__(self) -> list[Any]:
        # The way back is the one that dataclasses give to a frozen class with slots: values in order.
        return [None if part.name == "explainer" else getattr(self, part.name) for part in fields(self)]

    @property
    def likelihood(self) -> Likelihood | None:
        """`probability` as a word."""
        return likelihood(self.probability)

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
        known = f", {self.likelihood}" if self.likelihood else ""
        return f"{self.rank}. {self.place}  ({self.score:.3f}{known})\n{self.text}"


@dataclass(frozen=True, slots=True)
class Hits(Sequence[Hit]):
    """The hits of one question, best first. An empty one is falsy.

    query    the question as asked.
    mode     how it was searched.
    hits     best first, ranks 1..n.
    filter   what was searched, as text; "" for everything.
    within   how many documents that lets through; None for everything.
    words    what was searched for: the question without quotation marks and what it excludes.
    required, excluded  what every hit holds, and what none does.
    corrected  words of the question that stand nowhere, each with the one searched for in its place.
    """

    query: str
    mode: Mode
    hits: tuple[Hit, ...]
    filter: str = ""
    within: int | None = None
    words: str = ""
    required: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.words:
            object.__setattr__(self, "words", self.query)

    def to_dict(self) -> dict[str, Any]:
        """``{"query", "mode", "filter", "within", "required", "excluded", "corrected", "hits": [...]}``, for
        `json.dumps`."""
        asked = {"query": self.query, "mode": self.mode, "filter": self.filter, "within": self.within}
        words = {"required": list(self.required), "excluded": list(self.excluded)}
        corrected = [list(pair) for pair in self.corrected]
        return {**asked, **words, "corrected": corrected, "hits": [hit.to_dict() for hit in self.hits]}

    @property
    def nothing(self) -> str:
        """Why there are no hits, for a person."""
        if self.required or self.excluded:
            must = [f"hold “{text}”" for text in self.required] + [f"lack “{text}”" for text in self.excluded]
            allowed = f" of those that the filter {self.filter} lets through" if self.filter else ""
            return f"nothing found for “{self.words}” in the passages that {' and '.join(must)}{allowed}"
        if not self.filter:
            return f"nothing found for “{self.query}”"
        if not self.within:
            return f"nothing found for “{self.query}”: the filter {self.filter} lets no document through"
        documents = f"{self.within:,} document{'s' if self.within > 1 else ''}"
        return (
            f"nothing found for “{self.query}” in the {documents} that the filter {self.filter} lets through"
        )

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
        return "\n\n".join(map(str, self.hits)) if self.hits else self.nothing

    def _repr_html_(self) -> str:
        """For notebooks; document text is escaped, never interpreted."""
        rows = "".join(
            f"<li><b>{html.escape(hit.place)}</b> <small>{hit.score:.3f}</small>"
            f'<div style="white-space: pre-wrap">{html.escape(hit.text)}</div></li>'
            for hit in self.hits
        )
        return f"<p>{html.escape(self.query)}</p><ol>{rows}</ol>"


@dataclass(frozen=True, slots=True)
class Answer:
    """The stretch of text that answers a question, or none, and the nearest passages all the same.

    text         the sentence, or a shorter span of it; None where the documents are unlikely to answer.
    probability  that `text` is right, 0..1; None where there is none, or its passage has no probability.
    hit          the passage that holds it; None where there is none.
    start, end   of `text`: code points in the document, as those of `hit` are; 0 where there is none.
    hits         the nearest passages, best first, whether or not there is an answer.
    """

    question: str
    text: str | None
    probability: float | None
    hit: Hit | None
    start: int
    end: int
    hits: Hits

    @property
    def likelihood(self) -> Likelihood | None:
        """`probability` as a word."""
        return likelihood(self.probability)

    @property
    def before(self) -> str:
        """What stands before the answer in its passage."""
        return self.hit.text[: self.start - self.hit.start] if self.hit else ""

    @property
    def after(self) -> str:
        """What stands after the answer in its passage."""
        return self.hit.text[self.end - self.hit.start :] if self.hit else ""

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON-able values; `hits` is a list."""
        return {
            "question": self.question,
            "required": list(self.hits.required),
            "excluded": list(self.hits.excluded),
            "text": self.text,
            "probability": self.probability,
            "likelihood": self.likelihood,
            "start": self.start,
            "end": self.end,
            "hit": self.hit.to_dict() if self.hit else None,
            "hits": [hit.to_dict() for hit in self.hits],
        }

    def __str__(self) -> str:
        if self.text is None or self.hit is None:
            nothing = f"nothing in these documents answers “{self.question}”"
            return f"{nothing}; the nearest:\n\n{self.hits}" if self.hits else nothing
        known = f", {self.likelihood}" if self.likelihood else ""
        return f"{self.text}\n  ({self.hit.place}{known})"

    def _repr_html_(self) -> str:
        """For notebooks; document text is escaped, never interpreted."""
        if self.text is None or self.hit is None:
            return f"<p>nothing in these documents answers that; the nearest:</p>{self.hits._repr_html_()}"
        return (
            f"<p>{html.escape(self.before)}<mark>{html.escape(self.text)}</mark>{html.escape(self.after)}</p>"
            f"<p><b>{html.escape(self.hit.place)}</b></p>"
        )


def _local_time(nanoseconds: int) -> str:
    """ISO 8601 with this machine's offset; "" for a time of 0 or less, which no file has."""
    if nanoseconds <= 0:
        return ""
    return datetime.fromtimestamp(nanoseconds // 10**9).astimezone().isoformat()

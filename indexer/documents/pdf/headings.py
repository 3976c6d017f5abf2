"""Which paragraphs of a PDF are headings: those its outline names, or else those in larger type."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from indexer.documents.pdf.layout import Paragraph
from indexer.documents.pdf.lines import Line
from indexer.documents.pdf.outline import Entry

__all__ = ["Heading", "by_outline", "by_type", "type_levels"]

# Type this much larger than the body's is a heading's.
_LARGER = 1.15

# Headings are few: where more of a document than this share of its characters is set in large type, as
# on slides, only the largest of it is headings'. A page or two may have so many characters anyway.
_MOST = 0.15
_ALWAYS = 300

_LONGEST = 200
_DEEPEST = 6

# A section's number may stand in the outline and not on the page, or the other way round.
_LONGEST_NUMBER = 12
_SENTENCE = re.compile(r"[.,;。，；]$")
_NOT_WORD = re.compile(r"[\W_]+")


# Size in points, and whether it is bold.
Type = tuple[int, bool]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a page.

    at     the paragraph that it is, or that it stands before.
    shown  whether it is that paragraph; if not, its title is nowhere in the text.
    """

    at: int
    title: str
    level: int
    shown: bool


def by_outline(entries: Iterable[Entry], texts: Sequence[str]) -> Iterator[Heading]:
    """The entries of one page's outline, each placed at the paragraph that reads as it does.

    An entry that is nowhere on its page is placed after the one before it: the heading path is right
    from there on, though the title is not in the text.
    """
    keys = [_key(text) if len(text) <= _LONGEST else "" for text in texts]
    at = 0
    for entry in entries:
        title = _key(entry.title)
        found = next((index for index in range(at, len(keys)) if _same(keys[index], title)), None)
        if found is None:
            yield Heading(at, entry.title, entry.level, shown=False)
        else:
            yield Heading(found, texts[found], entry.level, shown=True)
            at = found + 1


def type_levels(pages: Iterable[Iterable[Line]]) -> dict[Type, int]:
    """Type -> level, for what is larger than the type of most characters, or as large but bold."""
    counts: Counter[Type] = Counter()
    for lines in pages:
        for line in lines:
            counts[round(line.size), line.bold] += len(line.text)
    body = max(counts, key=lambda kind: counts[kind], default=(0, False))
    allowed = max(counts.total() * _MOST, _ALWAYS)
    levels: dict[Type, int] = {}
    for kind in sorted(counts, reverse=True):
        larger = kind[0] > body[0] * _LARGER or (kind[0] >= body[0] and kind[1] and not body[1])
        allowed -= counts[kind] * larger
        if allowed < 0:
            break
        if larger:
            levels[kind] = min(len(levels) + 1, _DEEPEST)
    return levels


def by_type(levels: dict[Type, int], page: Sequence[Paragraph], texts: Sequence[str]) -> Iterator[Heading]:
    """The short paragraphs of one page that are set in one of the types of `type_levels`."""
    for at, (paragraph, text) in enumerate(zip(page, texts, strict=True)):
        kind = round(min(line.size for line in paragraph.lines)), all(line.bold for line in paragraph.lines)
        if kind in levels and not paragraph.table and _reads_as_heading(text):
            yield Heading(at, text, levels[kind], shown=True)


def _reads_as_heading(text: str) -> bool:
    return len(text) <= _LONGEST and any(map(str.isalpha, text)) and not _SENTENCE.search(text)


def _key(text: str) -> str:
    return _NOT_WORD.sub("", text).casefold()


def _same(key: str, title: str) -> bool:
    if not key or not title:
        return False
    longer, shorter = (key, title) if len(key) > len(title) else (title, key)
    return longer.endswith(shorter) and len(longer) - len(shorter) <= min(_LONGEST_NUMBER, len(shorter))

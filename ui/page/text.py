"""Document text as inert HTML: escaped, the question's words marked, hard line breaks undone.

Documents and their names come from anywhere. They reach the page only through `escaped` and `marked`,
never through Markdown, which would fetch their images and follow their links.
"""

import html
import re
from itertools import pairwise

from indexer.store.analysis import CJK_RUN
from search.highlight import matches

__all__ = [
    "escaped",
    "marked",
    "paragraphs",
    "plain",
    "reflowed",
    "without_emphasis",
    "without_heading",
]

# A line this much shorter than the longest was ended on purpose.
FULL_LINE = 0.75
SHORTEST_WRAP = 40  # columns; narrower text is verse, a list or a table
MARKDOWN = {"md", "markdown"}
# Underscores are left alone: they are parts of names more often.
EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3})(?=\S)([^*\n]+?)(?<=\S)\1(?![\w*])")
CELLS = (" | ", "\t")
OWN_LINE = re.compile(
    r"\s|[-*+>]\s|[•·|#]|[-=~`*]{3}|\$\$|\d+[.)、]\s?|[A-Za-z][.)]\s|[一二三四五六七八九十]+[、.]"
)


def escaped(text: str) -> str:
    """Text as HTML that shows it and does nothing else, in attributes too."""
    return html.escape(text.encode("utf-8", "replace").decode())


def plain(text: str) -> str:
    """Text of a document as a label, which Streamlit reads as Markdown: each mark of it is escaped."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def marked(question: str, text: str) -> str:
    """Escaped text with the question's words in `<mark>`."""
    parts, at = [], 0
    for start, end in matches(question, text):
        parts += [escaped(text[at:start]), "<mark>", escaped(text[start:end]), "</mark>"]
        at = end
    return "".join((*parts, escaped(text[at:])))


def without_emphasis(text: str, kind: str) -> str:
    """The text without the asterisks that only mean emphasis, where its file is Markdown."""
    return EMPHASIS.sub(r"\2", text) if kind in MARKDOWN else text


def paragraphs(question: str, text: str) -> str:
    """A passage as marked `<p>`s, cut at its blank lines."""
    cut = (part for part in re.split(r"\n(?:[ \t\r]*\n)+", reflowed(text)) if part.strip())
    return "".join(f"<p>{marked(question, part.rstrip())}</p>" for part in cut)


def without_heading(text: str, heading: tuple[str, ...]) -> str:
    """The text without the lines at its beginning that are only its headings: the card has them above."""
    first, _, rest = text.partition("\n")
    if first.strip("#=*_ \t\r") in map(str.strip, heading) and rest.strip():
        return without_heading(rest.lstrip("\n\r"), heading)
    return text


def reflowed(text: str) -> str:
    """The text with a space where a line was broken only because it was full: so it fills any screen.

    As long as before: each such break becomes one space, or one zero-width space between CJK characters.
    """
    lines = text.split("\n")
    full = max(SHORTEST_WRAP, FULL_LINE * max(map(_columns, lines)))
    joined = [lines[0]]
    for at, (line, following) in enumerate(pairwise(lines)):
        # A passage may begin near the end of a line.
        is_full = _columns(line) >= full or (at == 0 and following[:1].islower())
        joined += [_joint(line, following) if is_full and _goes_on(line, following) else "\n", following]
    return "".join(joined)


def _goes_on(line: str, following: str) -> bool:
    is_row = any(mark in each for mark in CELLS for each in (line, following))
    return bool(line and following) and not is_row and not OWN_LINE.match(following)


def _joint(line: str, following: str) -> str:
    return "\u200b" if CJK_RUN.match(line[-1]) and CJK_RUN.match(following) else " "


def _columns(line: str) -> int:
    return len(line) + sum(map(len, CJK_RUN.findall(line)))

"""AsciiDoc within a line: its marks and macros taken away; and the cells of its tables."""

import re
from collections.abc import Mapping

__all__ = ["cells", "columns", "plain"]

# Lengths are bounded, for on a line of a million characters without an end each begin would look for one.
_REPLACEMENTS = (
    (re.compile(r"\[\[[^\[\]]{0,999}\]\]"), ""),
    (re.compile(r"<<[^,<>]{1,999},\s*([^<>]{1,999})>>"), r"\1"),
    (re.compile(r"<<#?([^<>]{1,999})>>"), r"\1"),
    (re.compile(r"\bfootnote(?:ref)?:[\w-]*\[([^\]]{0,999})\]"), r" (\1)"),
    (re.compile(r"\bmenu:([^\[\s]{1,99})\[([^\]]{0,999})\]"), r"\1 > \2"),
    (
        re.compile(
            r"\b(?:link|xref|mailto|image|icon|btn|kbd|pass|stem|latexmath|asciimath|anchor):[^\s\[]{0,999}\[([^\],]{0,999})[^\]]{0,999}\]"
        ),
        r"\1",
    ),
    (re.compile(r"\b(?:https?|ftp)://[^\s\[\]]{1,999}\[([^\],]{1,999})[^\]]{0,999}\]"), r"\1"),
    (re.compile(r"\[[.#%][\w.#%-]*\](?=[#*_`])"), ""),
    (re.compile(r"(\*\*|__|``|##|\+\+\+?)(\S(?:.{0,199}?\S)?)\1"), r"\2"),
    (re.compile(r"(?<![\w\\])([*_`#+])(\S(?:.{0,199}?\S)?)\1(?!\w)"), r"\2"),
    (re.compile(r"([\^~])(\S{1,99}?)\1"), r"\2"),
    (re.compile(r"^(\S.*?)(?:::|;;)(?=\s|$)"), r"\1:"),
    (re.compile(r"[ \t]\+$"), ""),
)
_REFERENCE = re.compile(r"\{([\w-]+)\}")
_CELL = re.compile(
    r"(?<!\\)(?:(?:^|(?<=\s))(?:(?:\d+(?:\.\d+)?|\.\d+)[+*])?(?:[<^>](?:\.[<^>])?|\.[<^>])?[adehlmsv]?)?\|"
)
_COLUMNS = re.compile(r"cols\s*=\s*(?:\"([^\"]*)\"|([\w*<^>.]+))")


def plain(text: str, attributes: Mapping[str, str]) -> str:
    """A line as a page shows it; attributes that the text defined are filled in, others stay as they are.

    >>> plain("Use *mean* {how} of link:https://x.org[the vectors].", {"how": "pooling"})
    'Use mean pooling of the vectors.'
    """
    if not text:
        return ""
    text = _REFERENCE.sub(lambda match: attributes.get(match[1], match[0]), text)
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text


def cells(lines: list[str], separator: str) -> list[list[str]]:
    """The cells that begin on each line; lines without one go on with the cell before."""
    found: list[list[str]] = []
    for line in lines:
        before, *begun = _CELL.split(line) if separator == "|" else ["", *line.split(separator)]
        if before.strip() and found:
            found[-1][-1] += " " + before.strip()
        if begun and line.strip():
            found.append([each.replace("\\|", "|").strip() for each in begun])
    return found


def columns(attributes: str) -> int:
    """How many columns the attributes of a table state; 0 where they don't."""
    stated = _COLUMNS.search(attributes)
    if stated is None:
        return 0
    columns = (stated[1] or stated[2]).split(",")
    repeats = (re.match(r"\s*(\d{1,3})\*", column) for column in columns)
    return sum(int(repeat[1]) if repeat else 1 for repeat in repeats)

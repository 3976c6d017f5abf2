"""The numbers and bullets that Word computes and shows, but does not write into the text."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from indexer.documents.docx.xml import child, value
from indexer.documents.elements import number

__all__ = ["Numbering"]

_MOST_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")
_ROMAN = {
    1000: "m",
    900: "cm",
    500: "d",
    400: "cd",
    100: "c",
    90: "xc",
    50: "l",
    40: "xl",
    10: "x",
    9: "ix",
} | {
    5: "v",
    4: "iv",
    1: "i",
}
_CHINESE = "〇一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class _Level:
    start: int = 1
    format: str = "decimal"
    text: str = ""


class Numbering:
    """Counts list items as Word does: one counter a level, shared by all lists of one definition."""

    def __init__(self, root: etree._Element | None) -> None:
        self._definitions: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, str] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        self._counts: defaultdict[str, dict[int, int]] = defaultdict(dict)
        for element in root.iterchildren("{*}abstractNum") if root is not None else ():
            key = value(element, "abstractNumId")
            self._definitions[key] = {
                number(value(level, "ilvl"), 0): _level(level) for level in element.iterchildren("{*}lvl")
            }
        for element in root.iterchildren("{*}num") if root is not None else ():
            key = value(element, "numId")
            self._lists[key] = value(child(element, "abstractNumId"), "val")
            self._restarts[key] = {
                number(value(override, "ilvl"), 0): number(value(child(override, "startOverride"), "val"), 1)
                for override in element.iterchildren("{*}lvlOverride")
                if child(override, "startOverride") is not None
            }

    def label(self, list_id: str, depth: int) -> str:
        """What stands before the next item of a list: ``"2.1. "``, ``"- "``; "" where it has no mark.

        list_id: its `numId`; depth: from 0.
        """
        definition = self._lists.get(list_id)
        levels = self._definitions.get(definition or "", {})
        if definition is None or not 0 <= depth < _MOST_LEVELS:
            return ""
        counts = self._counts[definition]
        for restarted, start in self._restarts.pop(list_id, {}).items():
            counts[restarted] = start - 1
        counts[depth] = counts.get(depth, levels.get(depth, _Level()).start - 1) + 1
        for deeper in [level for level in counts if level > depth]:
            del counts[deeper]
        level = levels.get(depth, _Level())
        if level.format == "bullet":
            return "- "

        def shown(place: re.Match[str]) -> str:
            at = int(place[1]) - 1
            other = levels.get(at, _Level())
            return _format(counts.get(at, other.start), other.format)

        text = _PLACE.sub(shown, level.text).strip()
        return f"{text} " if text else ""


def _level(element: etree._Element) -> _Level:
    return _Level(
        number(value(child(element, "start"), "val"), 1),
        value(child(element, "numFmt"), "val") or "decimal",
        value(child(element, "lvlText"), "val"),
    )


def _format(count: int, format_: str) -> str:
    write = _FORMATS.get(format_)
    return write(count) if write and 0 < count < 1000 else str(count)


def _letters(count: int) -> str:
    """a … z, then aa, bb: so Word goes on."""
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)


def _roman(count: int) -> str:
    digits = ""
    for size, digit in _ROMAN.items():
        digits += digit * (count // size)
        count %= size
    return digits


def _chinese(count: int) -> str:
    """一 … 九十九; beyond that digit by digit."""
    if count > 99:
        return "".join(_CHINESE[int(digit)] for digit in str(count))
    tens, ones = divmod(count, 10)
    return ("" if not tens else "十" if tens == 1 else f"{_CHINESE[tens]}十") + (
        _CHINESE[ones] if ones else ""
    )


_FORMATS: dict[str, Callable[[int], str]] = {
    "none": lambda _: "",
    "decimalZero": lambda count: f"{count:02d}",
    "lowerLetter": _letters,
    "upperLetter": lambda count: _letters(count).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda count: _roman(count).upper(),
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "taiwaneseCounting": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "japaneseCounting": _chinese,
}

"""Text in pictures, recognised by the program tesseract."""

import csv
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO, StringIO
from itertools import groupby
from typing import TYPE_CHECKING

from indexer.documents import command
from indexer.documents.encoding import clean
from indexer.documents.spacing import collapse
from indexer.errors import DocumentError, UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["OCR_SECONDS", "Printed", "Reading", "Recogniser", "require_ocr"]

# CPU time for the pictures of one file: a few hundred pages.
OCR_SECONDS = 600.0

_PAGE_SECONDS = 60
_MOST_PIXELS = 40_000_000

# What has fewer pixels than a page at 150 dpi is better recognised at twice its size.
_FEWEST_PIXELS = 2_000_000

# One after the other, until one of them is sure of what it reads: together they are slower and worse,
# for each then claims words of the other's script.
_LANGUAGES = ("eng", "chi_sim", "chi_tra")
_VARIABLE = "BERTRIEVE_OCR_LANGUAGES"

# Tesseract's confidence, 0..100: print in the right language has 84 to 97, Traditional Chinese read as
# Simplified 80, Chinese read as English 15 to 45, specks and drawings less than 50.
_SURE = 82.0
_NOISE = 50.0


# Tesseract's page segmentation modes: the second first finds out which way is up, and is slower.
_UPRIGHT, _TURNED = "3", "1"


@dataclass(frozen=True, slots=True)
class _Word:
    place: tuple[int, int, int]  # block, paragraph, line
    box: tuple[float, float, float]  # left, right, foot; as of `Printed`
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Printed:
    """A line in a picture, as shares of it, 0..1: `left` and `right` of the width, `foot` of the height."""

    text: str
    left: float
    right: float
    foot: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was recognised in a picture.

    paragraphs  the lines of each, in reading order.
    gap         what is missing and why, as the end of a sentence on the page; "" where nothing is.
    """

    paragraphs: list[list[Printed]] = field(default_factory=list)
    gap: str = ""


class Recogniser:
    """Recognises the pictures of one file within `seconds` of CPU, tesseract's and this process's."""

    def __init__(self, seconds: float = OCR_SECONDS) -> None:
        self._seconds = seconds
        self._start = _cpu()

    @property
    def is_spent(self) -> bool:
        """Whether the time is over; what is not recognised by then has that as its gap."""
        return _cpu() - self._start >= self._seconds

    def read(self, picture: "Image") -> Reading:
        """The text in a picture of a page."""
        if self.is_spent:
            return Reading(gap=f"the {self._seconds:g} seconds for recognising text were spent before it")
        data = BytesIO()
        _fitted(picture).save(data, "PPM")
        try:
            words = _best(data.getvalue())
        except DocumentError as error:
            return Reading(gap=str(error))
        return _reading(words)


def require_ocr() -> None:
    """Raises UsageError where text in pictures can't be recognised, with what to install."""
    _installed()
    _languages(os.environ.get(_VARIABLE, ""))


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@cache
def _installed() -> tuple[str, frozenset[str]]:
    """Where tesseract is, and the languages it has."""
    program = command.find("tesseract", r"C:\Program Files\Tesseract-OCR\tesseract.exe")
    if program is None:
        raise UsageError(
            "text in pictures is recognised by the program tesseract, which isn't installed;"
            " install it (Debian: apt install tesseract-ocr tesseract-ocr-chi-sim; macOS: brew install"
            " tesseract tesseract-lang) or leave --ocr out"
        )
    try:
        done = subprocess.run([program, "--list-langs"], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"the program tesseract does not run ({error}); install it again") from None
    _, *names = done.stdout.decode("utf-8", "replace").split("\n")
    return program, frozenset(name.strip() for name in names)


@cache
def _languages(wanted: str) -> tuple[str, ...]:
    """What to read a picture as, one after the other."""
    _, installed = _installed()
    if not wanted:
        found = tuple(language for language in _LANGUAGES if language in installed)
        if not found:
            raise UsageError(
                f"tesseract has none of the languages {', '.join(_LANGUAGES)};"
                f" install one of them, or name others in {_VARIABLE}"
            )
        return found
    asked = tuple(each.strip() for each in wanted.split(",") if each.strip())
    missing = {language for each in asked for language in each.split("+")} - installed
    if missing or not asked:
        raise UsageError(
            f"{_VARIABLE} is {wanted!r}, and tesseract has {', '.join(sorted(installed - {'', 'osd'}))};"
            " install the language, or write it as in eng+deu,chi_sim"
        )
    return asked


def _fitted(picture: "Image") -> "Image":
    """In shades of grey, and of a size that is recognised well and in bounded time."""
    pixels = picture.width * picture.height
    factor = 2.0 if pixels < _FEWEST_PIXELS else min(1.0, (_MOST_PIXELS / pixels) ** 0.5)
    picture = picture.convert("L")
    if factor != 1:
        size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
        picture = picture.resize(size)
    return picture


def _best(picture: bytes) -> list[_Word]:
    """The words of the first language that is sure of them, or of the one that is least unsure."""
    best: list[_Word] = []
    for layout in (_UPRIGHT, _TURNED):
        for language in _languages(os.environ.get(_VARIABLE, "")):
            best = max(best, _recognised(picture, language, layout), key=_confidence)
            if _confidence(best) >= _SURE:
                return best
        if not best or _confidence(best) > _NOISE or "osd" not in _installed()[1]:
            break
    return best


def _recognised(picture: bytes, language: str, layout: str) -> list[_Word]:
    program, _ = _installed()
    arguments = [program, "-", "-", "-l", language, "--psm", layout, "tsv"]
    done = command.run(arguments, seconds=_PAGE_SECONDS, given=picture)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1]
        raise DocumentError(f"tesseract failed on it ({said or f'exit code {done.returncode}'})")
    return list(_words(done.stdout.decode("utf-8", "replace")))


def _words(table: str) -> Iterator[_Word]:
    """The words in tesseract's table; its other rows are boxes around them."""
    width = height = 1
    for row in csv.DictReader(StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == "1":  # the picture
            width, height = int(row["width"]), int(row["height"])
        text = clean(row["text"] or "").strip()
        if row["level"] == "5" and text:
            place = int(row["block_num"]), int(row["par_num"]), int(row["line_num"])
            left, foot = int(row["left"]), int(row["top"]) + int(row["height"])
            box = left / width, (left + int(row["width"])) / width, foot / height
            yield _Word(place, box, text, float(row["conf"]))


def _confidence(words: Sequence[_Word]) -> float:
    """The mean over characters, 0 where there are none."""
    characters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / characters if characters else 0.0


def _reading(words: Iterable[_Word]) -> Reading:
    paragraphs = [list(group) for _, group in groupby(words, lambda word: word.place[:2])]
    kept = [paragraph for paragraph in paragraphs if _confidence(paragraph) >= _NOISE]
    if not kept:
        return Reading(gap="nothing that could be recognised")
    gap = "parts that could not be recognised" if len(kept) < len(paragraphs) else ""
    return Reading([list(_lines(paragraph)) for paragraph in kept], gap)


def _lines(paragraph: Iterable[_Word]) -> Iterator[Printed]:
    for _, group in groupby(paragraph, lambda word: word.place):
        words = list(group)
        lefts, rights, feet = zip(*(word.box for word in words), strict=True)
        # Tesseract sets words of Chinese apart; as line breaks, those spaces are dropped where they are none.
        text = collapse("\n".join(word.text for word in words))
        yield Printed(text, min(lefts), max(rights), max(feet))

"""A page of a PDF as a picture, with a passage marked: drawn in a process of its own.

PDFium is not thread-safe and the files come from anywhere. So each page is drawn by
``python -m ui.page.pdf`` within a limit of time and memory, and takes nothing with it if it dies.
"""

import io
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from ctypes import byref, c_int
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import IO, Any

__all__ = ["Drawn", "PageError", "draw", "runs"]

SECONDS = 20
MEMORY = 2 << 30
WIDTH = 1400  # pixels: sharp on a screen of twice the density
LARGEST = 12_000_000  # pixels
MARK = (255, 226, 89)

# A run of fewer words in common is chance: "of the" stands everywhere.
FEWEST = 3

PAD = 3  # pixels around the marked words

Box = tuple[float, float, float, float]  # left, bottom, right, top, as PDF has it
Area = tuple[int, int, int, int]  # left, top, right, bottom, in pixels


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as PNG. `top`: where the marked passage begins, as a share of the height; None if nowhere."""

    png: bytes
    top: float | None


class PageError(Exception):
    """A page can't be drawn; the message says why in a few words."""


def draw(path: Path, page: int, passage: str) -> Drawn:
    """A page (from 1), the words of the passage marked. Raises PageError."""
    # JSON escapes what is not ASCII, lone surrogates of a file's name included.
    wanted = json.dumps({"path": str(path), "page": page, "passage": passage}).encode()
    command = [sys.executable, "-m", "ui.page.pdf"]
    try:
        done = subprocess.run(
            command,
            input=wanted,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PageError("it took too long") from None
    if done.returncode or not done.stdout:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise PageError(last[-1] if last else f"exit code {done.returncode}")
    top, _, png = done.stdout.partition(b"\n")
    return Drawn(png, json.loads(top))


def runs(page: Sequence[str], passage: Sequence[str]) -> list[tuple[int, int]]:
    """Where a page has the words of a passage: `(first, past the last)` of its words.

    A reader joins lines, hyphens and columns, so the two are compared word by word, and what differs is
    passed over.

    >>> runs(["1", "Mean", "pool-", "of", "the", "rows", "2"], ["Mean", "pooling", "of", "the", "rows"])
    [(1, 2), (3, 6)]
    """
    blocks = SequenceMatcher(None, page, passage, autojunk=False).get_matching_blocks()
    found = [(block.a, block.a + block.size) for block in blocks if block.size]
    # A short block counts where it stands next to a long one.
    long = [(start, end) for start, end in found if end - start >= min(FEWEST, len(passage))]
    return [
        (start, end)
        for start, end in found
        if any(start - FEWEST <= other and begin - FEWEST <= end for begin, other in long)
    ]


def _main(request: IO[bytes], answer: IO[bytes]) -> None:
    _limit()
    wanted = json.loads(request.read())
    answer.write(_drawn(wanted["path"], wanted["page"], wanted["passage"]))


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows: the clock alone limits
        return
    for what, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, MEMORY)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _drawn(path: str, number: int, passage: str) -> bytes:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        page = document[number - 1]
        width, height = page.get_size()
        scale = min(WIDTH / width, (LARGEST / (width * height)) ** 0.5)
        picture = page.render(scale=scale).to_pil().convert("RGB")
        areas = [_pixels(page, box, picture.size) for box in _boxes(page, passage)]
    _mark(picture, areas)
    made = io.BytesIO()
    top = min((area[1] for area in areas), default=None)
    made.write(json.dumps(top if top is None else top / picture.height).encode() + b"\n")
    picture.save(made, "PNG")
    return made.getvalue()


def _boxes(page: Any, passage: str) -> Iterator[Box]:
    """Where the page has the passage, in its own units."""
    text = page.get_textpage()
    whole = text.get_text_range()
    words = list(_words(whole))
    wanted = [whole_word.casefold() for whole_word, _, _ in _words(passage)]
    for first, last in runs([word.casefold() for word, _, _ in words], wanted):
        start, end = words[first][1], words[last - 1][2]
        for at in range(text.count_rects(start, end - start)):
            yield text.get_rect(at)


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Words with their places; each Chinese, Japanese or Korean character by itself."""
    start = 0
    for at, character in enumerate(f"{text} "):
        alone = "\u2e80" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af"
        if not character.isalnum() or alone:
            if at > start:
                yield text[start:at], start, at
            if alone:
                yield character, at, at + 1
            start = at + 1


def _pixels(page: Any, box: Box, size: tuple[int, int]) -> Area:
    """A box of the page as pixels of its picture, whatever the page's rotation and crop."""
    import pypdfium2.raw as pdfium

    corners = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        across, down = c_int(), c_int()
        pdfium.FPDF_PageToDevice(page.raw, 0, 0, *size, 0, x, y, byref(across), byref(down))
        corners.append((across.value, down.value))
    (left, bottom), (right, top) = corners
    return min(left, right) - PAD, min(top, bottom) - PAD, max(left, right) + PAD, max(top, bottom) + PAD


def _mark(picture: Any, areas: Sequence[Area]) -> None:
    """Colour over the areas as a highlighter does: the text below stays as dark as it was."""
    from PIL import Image, ImageChops

    for left, top, right, bottom in areas:
        area = max(0, left), max(0, top), min(picture.width, right), min(picture.height, bottom)
        if area[0] < area[2] and area[1] < area[3]:
            part = picture.crop(area)
            picture.paste(ImageChops.multiply(part, Image.new("RGB", part.size, MARK)), area)


if __name__ == "__main__":
    _main(sys.stdin.buffer, sys.stdout.buffer)

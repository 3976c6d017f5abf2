"""A PDF page -> its lines of text with their place on the page."""

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2.raw as pdfium
from pypdfium2 import PdfTextPage

__all__ = ["HYPHEN", "Line", "lines", "undecodable"]

# PDFium's mark for the hyphen of a word that is broken at the end of a line.
HYPHEN = "\ufffe"

# Characters that fonts encode for their shape (ligatures, presentation forms, Kangxi radicals);
# NFKC gives the letters meant. Applied to all text it would flatten superscripts and full-width forms.
_SHAPES = re.compile("[\u2e80-\u2fdf\uf900-\ufaff\ufb00-\ufdff\ufe70-\ufefc]+")

# Bold of the usual names, of Computer Modern ("cmbx10", "sfbx1095") and of Adobe's short ones ("myriadbd").
_BOLD = re.compile(r"bold|black|heavy|demi|bx\d|bd$")

_LEADERS = re.compile(r"(?:\s?[.·…]){5,}\s*")
# In sizes of the type; justified lines stretch their spaces to one and a half at most.
_WIDEST_SPACE = 1.5

_ALEF = frozenset({0x622, 0x623, 0x625, 0x627})
_LAM = 0x644


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. Lengths are in points; y grows upwards, as PDF has it.

    text         what it says; ends with `HYPHEN` where the last word goes on in the next line.
    left, right  where its first character begins and its last one ends.
    baseline     the height it stands at.
    size         of its type.
    bold         whether its font calls itself bold.
    turn         the direction it is written in: 0 to the right, 1 upwards, 2 to the left, 3 downwards;
                 left, right and baseline are those of the page turned so that it reads to the right.
    cells        the pieces between wide gaps: more than one in the row of a table.
    """

    text: str
    left: float
    right: float
    baseline: float
    size: float
    bold: bool = False
    turn: int = 0
    cells: tuple[str, ...] = ()


def lines(page: PdfTextPage) -> Iterator[Line]:
    """The lines of a page in the order in which PDFium reads it."""
    codes = [pdfium.FPDFText_GetUnicode(page, at) for at in range(page.count_chars())]
    _mend_ligatures(page, codes)
    start = 0
    for at, code in enumerate(codes):
        broken = code in (0x2, 0xFFFE)
        if broken or code in (0xA, 0xD):
            yield from _line(page, codes, start, at, broken)
            start = at + 1
    yield from _line(page, codes, start, len(codes), False)


def undecodable(page: PdfTextPage) -> bool:
    """Whether most characters of a page are glyphs whose meaning its fonts don't tell."""
    # Every tenth is enough to know, and takes a tenth of the time.
    asked = range(0, page.count_chars(), 10)
    failed = sum(pdfium.FPDFText_HasUnicodeMapError(page, at) == 1 for at in asked)
    return bool(failed * 2 > len(asked))


def _line(page: PdfTextPage, codes: list[int], start: int, end: int, broken: bool) -> Iterator[Line]:
    words = _words(codes, start, end)
    if not words:
        return
    # A bullet or a number before the text is often in another font and of another size.
    named = words[1:2] or words
    place = _Place(page, named[0][0])
    pieces: list[tuple[str, float, float]] = []
    for first, last in words:
        left, right = place.extent(first, last)
        pieces.append((_text(codes[first : last + 1], is_first=not pieces), left, right))
    # In Arabic and Hebrew the first word in reading order is the rightmost.
    left, right = min(piece[1] for piece in pieces), max(piece[2] for piece in pieces)
    text = " ".join(piece[0] for piece in pieces)
    if text.strip():
        bold = all(_BOLD.search(_font(page, at)) for at in (named[0][0], words[-1][1]))
        cells = tuple(_LEADERS.sub(" … ", cell) for cell in _cells(pieces, place.size))
        text = _LEADERS.sub(" … ", text) + HYPHEN * broken
        yield Line(text, left, right, place.baseline, place.size, bold, place.turn, cells)


def _words(codes: list[int], start: int, end: int) -> list[tuple[int, int]]:
    """First and last index of each run of characters that are not white space."""
    words: list[tuple[int, int]] = []
    first = -1
    for at in range(start, end + 1):
        blank = at == end or codes[at] in (0x20, 0xA0, 0x9, 0x0)
        if first < 0 and not blank:
            first = at
        elif first >= 0 and blank:
            words.append((first, at - 1))
            first = -1
    return words


def _cells(pieces: list[tuple[str, float, float]], size: float) -> Iterator[str]:
    """Words joined over ordinary spaces, cut where the gap is wider than justified text leaves."""
    cell: list[str] = []
    edge = math.inf
    for text, left, right in pieces:
        if cell and not -_WIDEST_SPACE * size < left - edge < _WIDEST_SPACE * size:
            yield " ".join(cell)
            cell = []
        cell.append(text)
        edge = right
    yield " ".join(cell)


def _text(codes: list[int], is_first: bool) -> str:
    if is_first and len(codes) == 1 and unicodedata.category(chr(codes[0])) in ("Cc", "Co"):
        return "•"  # a sign of a symbol font, alone at the beginning of a line: whatever its shape, a bullet
    text = "".join(chr(code) for code in codes if 0 < code < 0x110000)
    return _SHAPES.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)


def _mend_ligatures(page: PdfTextPage, codes: list[int]) -> None:
    """Puts the letters of each lam-alef ligature in order.

    PDFium reverses Arabic character by character, and so the two that one glyph stands for: they are
    the pairs that share a box.
    """
    for at in range(1, len(codes)):
        if codes[at] == _LAM and codes[at - 1] in _ALEF and _box(page, at) == _box(page, at - 1):
            codes[at - 1 : at + 1] = codes[at], codes[at - 1]


class _Place:
    """Where the characters of one line are, on the page turned so that the line reads to the right."""

    def __init__(self, page: PdfTextPage, first: int) -> None:
        self._page = page
        self.turn = round(max(pdfium.FPDFText_GetCharAngle(page, first), 0.0) / (math.pi / 2)) % 4
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(page, first, x, y)
        self.baseline = (y.value, -x.value, -y.value, x.value)[self.turn]
        matrix = pdfium.FS_MATRIX()
        scale = 1.0
        if pdfium.FPDFText_GetMatrix(page, first, matrix):
            scale = math.hypot(matrix.c, matrix.d)
        self.size = max(abs(pdfium.FPDFText_GetFontSize(page, first)) * scale, 0.1)

    def extent(self, first: int, last: int) -> tuple[float, float]:
        """Left and right edge of the characters `first` to `last`."""
        a, b = self._edges(first), self._edges(last)
        return min(a[0], b[0]), max(a[1], b[1])

    def _edges(self, at: int) -> tuple[float, float]:
        left, right, bottom, top = _box(self._page, at)
        return ((left, right), (bottom, top), (-right, -left), (-top, -bottom))[self.turn]


def _box(page: PdfTextPage, at: int) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a character."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(page, at, left, right, bottom, top)
    return left.value, right.value, bottom.value, top.value


def _font(page: PdfTextPage, at: int) -> str:
    buffer = ctypes.create_string_buffer(128)
    length = pdfium.FPDFText_GetFontInfo(page, at, buffer, len(buffer), None)
    return buffer.value.decode("latin-1").lower() if 0 < length <= len(buffer) else ""

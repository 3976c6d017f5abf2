"""A PDF page -> its lines of text with their place on the page."""

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

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

_LINE_END = re.compile("[\n\r\x02\ufffe]")
_WORD = re.compile(r"[^\s\0]+")
_LEADERS = re.compile(r"(?:\s?[.·…]){5,}\s*")
# Where the direction of writing changes, PDFium loses the space.
_SEAM = re.compile("(?<=[\u0590-\u08ff])(?=[A-Za-z])|(?<=[A-Za-z])(?=[\u0590-\u08ff])")

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
    turn         the direction it is written in: 0 to the right, 1 downwards, 2 to the left, 3 upwards;
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
    """The lines of a page in the order in which PDFium reads it.

    PDFium takes lines that run downwards, as the viewer shows the page, from the left: the last one first.
    """
    quarters = page.page.get_rotation() // 90
    for turn, group in groupby(_lines(page), key=attrgetter("turn")):
        run = list(group)
        yield from reversed(run) if (turn + quarters) % 4 == 1 else run


def _lines(page: PdfTextPage) -> Iterator[Line]:
    text = _characters(page)
    start = 0
    for end in _LINE_END.finditer(text):
        yield from _line(page, text, start, end.start(), broken=end[0] in "\x02\ufffe")
        start = end.end()
    yield from _line(page, text, start, len(text), broken=False)


def _characters(page: PdfTextPage) -> str:
    """The text of a page, such that its offsets are those by which PDFium knows the characters."""
    raw = page.raw
    codes = [pdfium.FPDFText_GetUnicode(raw, at) for at in range(page.count_chars())]
    for at in range(1, len(codes)):
        # A lam-alef ligature: PDFium reverses Arabic character by character, and so the two that one
        # glyph stands for. They are the pairs that share a box.
        if codes[at] == _LAM and codes[at - 1] in _ALEF and _box(raw, at) == _box(raw, at - 1):
            codes[at - 1 : at + 1] = codes[at], codes[at - 1]
    return "".join(map(chr, codes))


def undecodable(page: PdfTextPage) -> bool:
    """Whether most characters of a page are glyphs whose meaning its fonts don't tell."""
    # Every tenth is enough to know, and takes a tenth of the time.
    asked = range(0, page.count_chars(), 10)
    failed = sum(pdfium.FPDFText_HasUnicodeMapError(page, at) == 1 for at in asked)
    return bool(failed * 2 > len(asked))


def _line(page: PdfTextPage, text: str, start: int, end: int, broken: bool) -> Iterator[Line]:
    words = [match.span() for match in _WORD.finditer(text, start, end)]
    if not words:
        return
    # A bullet or a number before the text is often in another font and of another size.
    named = words[1:2] or words
    place = _Place(page, named[0][0])
    extents = [place.extent(first, last - 1) for first, last in words]
    cells = list(_cells([text[first:last] for first, last in words], extents, place.size))
    bold = all(_BOLD.search(_font(page, at)) for at in (named[0][0], words[-1][1] - 1))
    # In Arabic and Hebrew the first word in reading order is the rightmost.
    left, right = min(extent[0] for extent in extents), max(extent[1] for extent in extents)
    whole = " ".join(cells) + HYPHEN * broken
    cells[-1] += "-" * broken
    yield Line(whole, left, right, place.baseline, place.size, bold, place.turn, tuple(cells))


def _cells(words: list[str], extents: list[tuple[float, float]], size: float) -> Iterator[str]:
    """Words joined over ordinary spaces, cut where the gap is wider than justified text leaves."""
    begin = 0
    if len(words[0]) == 1 and unicodedata.category(words[0]) in ("Cc", "Co"):
        words[0] = "•"  # of a symbol font, alone at the beginning of a line: whatever its shape, a bullet
    for at in range(1, len(words)):
        gap = extents[at][0] - extents[at - 1][1]
        if not -_WIDEST_SPACE * size < gap < _WIDEST_SPACE * size:
            yield mended(" ".join(words[begin:at]))
            begin = at
    yield mended(" ".join(words[begin:]))


def mended(text: str) -> str:
    """The letters meant, where fonts and PDFium give shapes, halves or no spaces."""
    if not text.isascii():
        # On Windows PDFium gives the halves of characters beyond U+FFFF.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        text = _SHAPES.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
        text = _SEAM.sub(" ", text)
    return _LEADERS.sub(" … ", text)


class _Place:
    """Where the characters of one line are, on the page turned so that the line reads to the right."""

    def __init__(self, page: PdfTextPage, first: int) -> None:
        self._page = page.raw
        self.turn = round(max(pdfium.FPDFText_GetCharAngle(page, first), 0.0) / (math.pi / 2)) % 4
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(page, first, x, y)
        self.baseline = (y.value, x.value, -y.value, -x.value)[self.turn]
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
        return ((left, right), (-top, -bottom), (-right, -left), (bottom, top))[self.turn]


def _box(page: pdfium.FPDF_TEXTPAGE, at: int) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a character."""
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(page, at, box)
    return box.left, box.right, box.bottom, box.top


def _font(page: PdfTextPage, at: int) -> str:
    buffer = ctypes.create_string_buffer(128)
    length = pdfium.FPDFText_GetFontInfo(page, at, buffer, len(buffer), None)
    return buffer.value.decode("latin-1").lower() if 0 < length <= len(buffer) else ""

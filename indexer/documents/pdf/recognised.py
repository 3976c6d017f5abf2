"""Paragraphs that were recognised in a picture, as those of a page with a text layer."""

import re
from collections.abc import Sequence

from indexer.documents.ocr import Printed
from indexer.documents.pdf.layout import Paragraph
from indexer.documents.pdf.lines import HYPHEN, Line

__all__ = ["as_paragraph"]

_BROKEN = re.compile(r"(?<=[^\W\d_])[-‐¬]$")

# A4, for a picture of unknown size.
_A4 = (595.0, 842.0)


def as_paragraph(printed: Sequence[Printed], size: tuple[float, float] = _A4) -> Paragraph:
    """A paragraph of a page of this width and height in points, with its broken words marked.

    The lines have the size 0: how high their type is, boxes around words don't tell.
    """
    width, height = size
    texts = [*(_BROKEN.sub(HYPHEN, line.text) for line in printed[:-1]), printed[-1].text]
    return Paragraph(
        [
            Line(text, line.left * width, line.right * width, (1 - line.foot) * height, 0.0)
            for text, line in zip(texts, printed, strict=True)
        ]
    )

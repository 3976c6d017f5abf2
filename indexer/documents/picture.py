"""Pictures of text: scans, photographs of pages, screenshots."""

import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, ImageSequence

from indexer.documents.document import Document
from indexer.documents.draft import Draft
from indexer.documents.files import load
from indexer.documents.ocr import Reading, Recogniser
from indexer.documents.pdf.recognised import as_paragraph
from indexer.documents.pdf.words import Words
from indexer.errors import DocumentError

__all__ = ["read"]

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")


def read(path: Path, recogniser: Recogniser | None = None) -> Document:
    """A picture, its text by paragraphs; the frames of a TIFF are its pages.

    Raises DocumentError: "unsupported" without a `recogniser`, "too large", "failed" when it is damaged.
    """
    if recogniser is None:
        raise DocumentError("this is a picture; --ocr would read the text in it", "unsupported")
    readings = [recogniser.read(page) for page in _pages(load(path))]
    draft = Draft()
    found = [[as_paragraph(lines) for lines in reading.paragraphs] for reading in readings]
    words = Words(line for page in found for each in page for line in each.lines)
    for number, page in enumerate(found, 1):
        for each in page:
            draft.prose(words.text(each.lines), page=number)
    return draft.document(pages=len(readings), gaps=_gaps(readings))


def _gaps(readings: list[Reading]) -> Iterator[str]:
    for number, reading in enumerate(readings, 1):
        if reading.gap:
            yield f"the picture on page {number}: {reading.gap}"


def _pages(data: bytes) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            # Pillow warns above its limit of pixels and refuses only above twice of it.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=_FORMATS) as picture:
                # More frames than one are pages in a TIFF, and anything but pages elsewhere.
                frames = ImageSequence.Iterator(picture) if picture.format == "TIFF" else [picture]
                for frame in frames:
                    yield _flat(ImageOps.exif_transpose(frame))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise DocumentError(
            f"the picture has more than {Image.MAX_IMAGE_PIXELS:,} pixels, the most that are read;"
            " make it smaller",
            "too large",
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise DocumentError(f"the picture is damaged: {error}") from None


def _flat(picture: Image.Image) -> Image.Image:
    """Without transparency, on white, and with 8 bits a colour."""
    if picture.mode.startswith("I"):  # 16 bits, of which Pillow would cut off the upper ones
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture)
    return picture

"""A document opened at a passage: the page of a PDF with the passage marked, and the file it came from."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from indexer.store import DocumentRow
from ui.page.originals import original_of
from ui.page.pdf import MARK, PageError, draw, runs

PDF = Path(__file__).parents[2] / "data" / "documents" / "retrieval" / "product-quantisation.pdf"
PASSAGE = "The trick is to cut the vector into m pieces and to quantise every piece on its own."


def marked_rows(png):
    """Share of each row of pixels that has the colour of a marker."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    marked = picture.point(lambda value: value)
    wide, high = marked.size
    pixels = marked.load()
    return [sum(pixels[x, y] == MARK for x in range(0, wide, 7)) / (wide / 7) for y in range(0, high, 5)]


def test_the_passage_is_marked_on_its_page_and_nowhere_else():
    drawn = draw(PDF, 1, PASSAGE)
    rows = marked_rows(drawn.png)
    coloured = [at / len(rows) for at, share in enumerate(rows) if share > 0.2]
    # Two lines of text, a little below the middle, where `top` says they begin.
    assert 0.5 < min(coloured) < max(coloured) < 0.7
    assert abs(drawn.top - min(coloured)) < 0.02
    other = draw(PDF, 1, "Nothing of this page says such a thing")
    assert (other.top, max(marked_rows(other.png))) == (None, 0)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4 and nothing more"])
def test_a_page_that_cannot_be_drawn_is_an_error_of_a_few_words(tmp_path, content):
    (tmp_path / "broken.pdf").write_bytes(content)
    with pytest.raises(PageError) as caught:
        draw(tmp_path / "broken.pdf", 1, "x")
    assert "\n" not in str(caught.value)


def test_runs_pass_over_what_a_reader_joined():
    page = "7 Mean pool ing averages the token vectors of a text and then 8".split()
    passage = "Mean pooling averages the token vectors of a text and".split()
    assert runs(page, passage) == [(1, 2), (4, 12)]
    assert runs(page, "of the kind".split()) == []


def row(path, folder, file=None):
    now = file.stat() if file else None
    size, modified = (now.st_size, now.st_mtime_ns) if now else (0, 0)
    return DocumentRow(
        id=1, folder=str(folder), path=path, title="", size=size, modified_ns=modified, pages=None, passages=1
    )


def test_an_original_is_the_same_changed_or_gone(tmp_path):
    file = tmp_path / "a.md"
    file.write_text("one")
    document = row("a.md", tmp_path, file)
    assert original_of(document).state == "same"
    assert original_of(document).read() == b"one"
    os.utime(file, (1, 1))
    assert original_of(document).state == "changed"
    file.unlink()
    assert original_of(document).state == "gone"


def test_an_attachment_and_a_text_of_a_collection_have_no_file(tmp_path):
    (tmp_path / "mail.eml").write_text("x")
    assert original_of(row("mail.eml/notes.txt", tmp_path)).path is None
    assert original_of(row("a text", "")).path is None

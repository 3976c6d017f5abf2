import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from indexer.documents import Document, command, ocr, read, read_all, require_ocr
from indexer.errors import DocumentError, UsageError
from tests.indexer.documents.conftest import CheckBlocks, Lines

ROOT = Path(__file__).parents[3]
sys.path.append(str(ROOT / "benchmarks"))

from readers import compare, tokens  # noqa: E402

DATA = ROOT / "data" / "documents" / "models"
INSTALLED = command.find("tesseract") is not None
recognising = pytest.mark.skipif(not INSTALLED, reason="the program tesseract is not installed")
posix = pytest.mark.skipif(os.name != "posix", reason="the programs are shell scripts")

PROSE = [
    "The mean of all token vectors is the infor-",
    "mation that a passage has, and its length",
    "does not matter to it.",
]
HEADER = "level page_num block_num par_num line_num word_num left top width height conf text".split()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """What is installed is looked up again by each test."""
    for cached in (ocr._installed, ocr._languages):
        cached.cache_clear()
    yield
    for cached in (ocr._installed, ocr._languages):
        cached.cache_clear()


def drawn(lines: list[str], size: int = 40, mode: str = "L") -> Image.Image:
    picture = Image.new("L", (30 * size, (2 * len(lines) + 2) * size), 255)
    font = ImageFont.load_default(size)
    for number, line in enumerate(lines):
        ImageDraw.Draw(picture).text((2 * size, (1 + 1.5 * number) * size), line, 0, font)
    return picture.convert(mode)


def scanned(source: Path, target: Path, page: int = 0) -> str:
    """A PDF of a picture of a page; returns the page's text."""
    with pypdfium2.PdfDocument(source) as pdf:
        pdf[page].render(scale=200 / 72, grayscale=True).to_pil().save(target, "PDF", resolution=200)
        text = pdf[page].get_textpage().get_text_range()
    return str(text)


def table(*words: tuple[str, int, int, int, float]) -> str:
    rows = [
        ["5", "1", str(block), str(paragraph), str(line), "1", "10", "20", "40", "30", str(confidence), text]
        for text, block, paragraph, line, confidence in words
    ]
    return "\n".join("\t".join(row) for row in [HEADER, ["1", "1", *"000000", "100", "200", "-1", ""], *rows])


@recognising
@pytest.mark.parametrize(("name", "language"), [("bert.pdf", "eng"), ("bert-primer-zh.pdf", "chi_sim")])
def test_a_page_without_a_text_layer_says_what_its_text_layer_said(
    name: str, language: str, tmp_path: Path, check_blocks: CheckBlocks
) -> None:
    if language not in ocr._installed()[1]:
        pytest.skip(f"tesseract has no {language}")
    expected = scanned(DATA / name, tmp_path / "a.pdf")
    document = read(tmp_path / "a.pdf", ocr=True)
    check_blocks(document)
    f1, recall = compare(tokens(document.text), tokens(expected))
    assert min(f1, recall) > 0.93, document.text
    assert (document.pages, document.gaps) == (1, ())
    assert {block.page for block in document.blocks} == {1}
    before = read(tmp_path / "a.pdf")
    assert (before.text, before.gaps) == ("", ("page 1 has no text layer",))


@recognising
def test_pages_of_both_kinds_keep_their_order(tmp_path: Path) -> None:
    scanned(DATA / "bert.pdf", tmp_path / "scan.pdf")
    with pypdfium2.PdfDocument.new() as both, pypdfium2.PdfDocument(DATA / "bert.pdf") as pdf:
        both.import_pages(pdf, [1])
        with pypdfium2.PdfDocument(tmp_path / "scan.pdf") as scan:
            both.import_pages(scan)
        both.import_pages(pdf, [2])
        both.save(tmp_path / "both.pdf")
    plain, recognised = read(tmp_path / "both.pdf"), read(tmp_path / "both.pdf", ocr=True)
    assert plain.gaps == ("page 2 has no text layer",)
    assert [block.page for block in recognised.blocks] == sorted(
        block.page or 0 for block in recognised.blocks
    )
    assert {block.page for block in recognised.blocks} == {1, 2, 3}
    assert len(recognised.text) > len(plain.text)


@recognising
def test_a_page_that_lies_on_its_side_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTRIEVE_OCR_LANGUAGES", "eng")
    if "osd" not in ocr._installed()[1]:
        pytest.skip("tesseract has no osd, by which it finds out which way is up")
    with pypdfium2.PdfDocument(DATA / "bert.pdf") as pdf:
        picture = pdf[0].render(scale=200 / 72, grayscale=True).to_pil()
        text = pdf[0].get_textpage().get_text_range()
    picture.rotate(90, expand=True).save(tmp_path / "a.png")
    assert compare(tokens(read(tmp_path / "a.png", ocr=True).text), tokens(text))[1] > 0.93


@recognising
def test_running_heads_are_left_out(tmp_path: Path) -> None:
    pages = []
    for number, body in enumerate(("The first text is here.", "Another one follows.", "That was all."), 1):
        page = drawn([f"On the mean of vectors {number}", *[""] * 20])
        page.paste(drawn([body]), (0, 500))
        pages.append(page)
    pages[0].save(tmp_path / "a.pdf", save_all=True, append_images=pages[1:], resolution=200)
    document = read(tmp_path / "a.pdf", ocr=True)
    assert "The first text is here.\n\nAnother one follows.\n\nThat was all." in document.text
    assert document.text.count("On the mean of vectors") == 1


@recognising
@pytest.mark.parametrize(
    ("suffix", "size", "mode"),
    [
        (".png", 40, "L"),
        (".png", 14, "RGB"),  # a screenshot
        (".png", 40, "I;16"),
        (".png", 40, "RGBA"),
        (".jpg", 40, "RGB"),
        (".jpg", 40, "CMYK"),
        (".bmp", 40, "1"),
        (".webp", 40, "RGB"),
        (".tif", 40, "L"),
    ],
)
def test_pictures_are_documents(suffix: str, size: int, mode: str, tmp_path: Path, shown: Lines) -> None:
    path = tmp_path / f"a{suffix}"
    picture = drawn(PROSE, size)
    if mode == "RGBA":  # black on nothing: black on black for who forgets the background
        picture.putalpha(picture.point(lambda value: 255 - value))
        black = Image.new("RGBA", picture.size, (0, 0, 0, 0))
        black.putalpha(picture.getchannel("A"))
        picture = black
    elif mode == "I;16":
        picture = Image.frombytes(
            "I;16", picture.size, b"".join(bytes((0, value)) for value in picture.tobytes())
        )
    else:
        picture = picture.convert(mode)
    picture.save(path)
    assert shown(read(path, ocr=True)) == [
        "prose p1 lNone : The mean of all token vectors is the information that a passage has, and its length"
        " does not matter to it."
    ]
    with pytest.raises(DocumentError, match="--ocr would read") as caught:
        read(path)
    assert caught.value.status == "unsupported"


@recognising
def test_a_tiff_has_pages_and_empty_ones_are_named(tmp_path: Path) -> None:
    pages = [drawn(["The first page."]), Image.new("L", (500, 500), 255), drawn(["The third one."])]
    pages[0].save(tmp_path / "a.tiff", save_all=True, append_images=pages[1:])
    ((_, document),) = read_all([tmp_path / "a.tiff"], ocr=True)
    assert isinstance(document, Document)
    assert (document.text, document.pages) == ("The first page.\n\nThe third one.", 3)
    assert [block.page for block in document.blocks] == [1, 3]
    assert document.gaps == ("the picture on page 2: nothing that could be recognised",)


@recognising
def test_pages_beyond_the_time_are_named(tmp_path: Path) -> None:
    scanned(DATA / "bert.pdf", tmp_path / "a.pdf")
    assert read(tmp_path / "a.pdf", ocr=True, ocr_seconds=1e-9).gaps == (
        "page 1 has no text layer, and the 1e-09 seconds for recognising text were spent before it",
    )


@recognising
def test_damaged_and_enormous_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(PROSE).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:2_000])
    with pytest.raises(DocumentError, match="picture is damaged") as caught:
        read(tmp_path / "b.png", ocr=True)
    assert caught.value.status == "failed"
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000)
    with pytest.raises(DocumentError, match="more than 1,000 pixels") as caught:
        read(tmp_path / "a.png", ocr=True)
    assert caught.value.status == "too large"


def test_paragraphs_lines_and_noise() -> None:
    words = ocr._words(
        table(
            ("平", 1, 1, 1, 90),
            ("均", 1, 1, 1, 90),
            ("，", 1, 1, 1, 90),
            ("BERT", 1, 1, 1, 90),
            ('"x', 1, 1, 2, 90),
            (" ", 1, 2, 1, 95),
            ("~|", 2, 1, 1, 20),
            ("end", 2, 2, 1, 90),
        )
    )
    reading = ocr._reading(words)
    assert [[line.text for line in lines] for lines in reading.paragraphs] == [["平均，BERT", '"x'], ["end"]]
    assert reading.gap == "parts that could not be recognised"
    assert reading.paragraphs[0][0] == ocr.Printed("平均，BERT", 0.1, 0.5, 0.25)
    assert ocr._reading([]) == ocr.Reading([], "nothing that could be recognised")


@pytest.mark.parametrize(
    ("sure", "asked", "text"),
    [
        ({"eng": 95}, ["eng"], "eng"),
        ({"eng": 30, "chi_sim": 88}, ["eng", "chi_sim"], "chi_sim"),
        ({"eng": 15, "chi_sim": 80, "chi_tra": 89}, ["eng", "chi_sim", "chi_tra"], "chi_tra"),
        ({"eng": 70, "chi_sim": 40, "chi_tra": 35}, ["eng", "chi_sim", "chi_tra"], "eng"),
    ],
)
def test_the_language_that_is_sure_is_taken(
    sure: dict[str, int], asked: list[str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def run(arguments: list[str], **_: object) -> "CompletedProcess[bytes]":
        tried.append(language := arguments[arguments.index("-l") + 1])
        return CompletedProcess(arguments, 0, table((language, 1, 1, 1, sure[language])).encode(), b"")

    monkeypatch.setattr(command, "run", run)
    monkeypatch.setattr(ocr, "_installed", lambda: ("tesseract", frozenset({"eng", "chi_sim", "chi_tra"})))
    assert [word.text for word in ocr._best(b"")] == [text]
    assert tried == asked


def test_languages_are_those_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "_installed", lambda: ("tesseract", frozenset({"eng", "deu", "chi_sim"})))
    assert ocr._languages("") == ("eng", "chi_sim")
    assert ocr._languages("eng+deu,chi_sim") == ("eng+deu", "chi_sim")
    monkeypatch.setenv("BERTRIEVE_OCR_LANGUAGES", "eng,fra")
    with pytest.raises(UsageError, match="'eng,fra', and tesseract has chi_sim, deu, eng"):
        ocr._languages(os.environ["BERTRIEVE_OCR_LANGUAGES"])


def test_without_the_program_the_call_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.txt").write_text("x")
    for call in (
        require_ocr,
        lambda: read(tmp_path / "a.txt", ocr=True),
        lambda: list(read_all([tmp_path / "a.txt"], ocr=True)),
    ):
        with pytest.raises(UsageError, match=r"tesseract, which isn't installed;.*apt install"):
            call()
    assert read(tmp_path / "a.txt").text == "x"


@posix
def test_programs_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DocumentError, match="more than 1 seconds of CPU") as caught:
        command.run(["sh", "-c", "while :; do :; done"], seconds=1)
    assert caught.value.status == "timed out"
    monkeypatch.setattr(command, "_WALL_FACTOR", 0.2)
    with pytest.raises(DocumentError, match="sleep took too long") as caught:
        command.run(["sleep", "60"], seconds=1)
    assert caught.value.status == "timed out"


@posix
def test_the_program_ends_with_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "tesseract"
    fake.write_text(
        f'#!/bin/sh\n[ "$1" = --list-langs ] && printf "List:\\neng\\n" && exit\n'
        f"echo $$ > {tmp_path}/pid\nexec sleep 60\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    drawn(PROSE).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("x")
    results = read_all([tmp_path / "a.txt", tmp_path / "a.png"], ocr=True)
    next(results)
    wait_for((tmp_path / "pid").exists)
    results.close()
    process = int((tmp_path / "pid").read_text())
    wait_for(lambda: not is_running(process))


def wait_for(holds: "object") -> None:
    end = time.monotonic() + 10
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True

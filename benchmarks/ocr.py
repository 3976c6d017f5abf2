"""How well text in pictures is recognised: token F1 and recall against the text layer of the same pages.

    python benchmarks/ocr.py [--dpi 200] [FILE ...]

Each PDF (default: those of data/documents) is turned into one whose pages are pictures only, at --dpi,
and read with ocr; what its text layer says is the expected text. Seconds are of the clock, for a page.
"""

import argparse
import tempfile
import time
from pathlib import Path

import pypdfium2
from readers import compare, tokens

from indexer.documents import read, require_ocr

DEFAULT = Path(__file__).parents[1] / "data" / "documents"


def scan(path: Path, target: Path, dpi: int) -> int:
    """Writes a PDF of pictures of the pages, as a scanner does; returns how many there are."""
    with pypdfium2.PdfDocument(path) as pdf:
        first, *rest = [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in pdf]
    first.save(target, "PDF", save_all=True, append_images=rest, resolution=dpi, quality=85)
    return 1 + len(rest)


def main() -> None:
    """Make pictures of the pages, read them, and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--dpi", type=int, default=200)
    options = parser.parse_args()
    require_ocr()
    print(f"{'pages':>5} {'F1':>6} {'recall':>6} {'s/page':>6}")
    for path in options.files or sorted(DEFAULT.rglob("*.pdf")):
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder, path.name)
            pages = scan(path, target, options.dpi)
            start = time.monotonic()
            document = read(target, ocr=True, ocr_seconds=3600)
            seconds = (time.monotonic() - start) / pages
        f1, recall = compare(tokens(document.text), tokens(read(path).text))
        print(f"{pages:5} {f1:6.3f} {recall:6.3f} {seconds:6.1f}   {path.name} {'; '.join(document.gaps)}")


if __name__ == "__main__":
    main()

"""How much of the text of each format the readers find: token F1 and recall against expected texts.

    python benchmarks/readers.py [--each] [FOLDER]

FOLDER holds a folder a format with `sources/` and `groundtruth/*.md`, as docling's test data has them
(default: ../shared/documents/docling-tests). Tokens are words and single CJK characters, counted
without their order; Markdown's marks are taken off first. --each prints every file, the worst first.
"""

import argparse
import html
import re
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median

from indexer.documents import read
from indexer.errors import DocumentError

DEFAULT = Path(__file__).parents[1].parent / "shared" / "documents" / "docling-tests"
TOKEN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
MARKS = (
    (re.compile(r"<!--.*?-->", re.DOTALL), " "),
    (re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*\)"), r"\1"),
    (re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s)?", re.MULTILINE), " "),
    (re.compile(r"\\([^\w\s])"), r"\1"),
)


def tokens(text: str) -> Counter[str]:
    for mark, instead in MARKS:
        text = mark.sub(instead, text)
    return Counter(TOKEN.findall(unicodedata.normalize("NFKC", html.unescape(text)).lower()))


def compare(found: Counter[str], expected: Counter[str]) -> tuple[float, float]:
    """F1 and recall; 1 where nothing was expected and nothing found."""
    common = (found & expected).total()
    total = found.total() + expected.total()
    return (2 * common / total if total else 1.0), (common / expected.total() if expected else 1.0)


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    """Each source with its expected text, which is named after the whole file name or its stem."""
    sources = sorted(path for path in (folder / "sources").glob("*") if path.is_file())
    expected = (
        (source, folder / "groundtruth" / f"{name}.md")
        for source in sources
        for name in (source.name, source.stem)
    )
    return [(source, path) for source, path in expected if path.exists()]


def main() -> None:
    """Read each file, and print medians by format."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    results: defaultdict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for folder in sorted(path for path in options.folder.iterdir() if path.is_dir()):
        for source, expected in pairs(folder):
            want = tokens(expected.read_text(encoding="utf-8"))
            try:
                result = (*compare(tokens(read(source).text), want), source.name)
            except DocumentError as error:
                result = (0.0, 0.0, f"{source.name}: {error.status}: {error}")
            results[folder.name].append(result)
    print(f"{'format':10} {'files':>5} {'F1':>6} {'recall':>6}   (medians; lowest recall)")
    for name, rows in results.items():
        f1, recall = (median(row[at] for row in rows) for at in (0, 1))
        lowest = min(rows, key=lambda row: row[1])
        print(f"{name:10} {len(rows):5} {f1:6.3f} {recall:6.3f}   {lowest[1]:.3f} {lowest[2]}")
        for row in sorted(rows) if options.each else ():
            print(f"{'':16} {row[0]:6.3f} {row[1]:6.3f}   {row[2]}")


if __name__ == "__main__":
    main()

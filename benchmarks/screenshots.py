"""The pictures in docs/, of a page that shows an index of data/documents.

bertrieve index data/documents --index INDEX && bertrieve ui --index INDEX &
python benchmarks/screenshots.py http://127.0.0.1:8501
"""

import argparse
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FLAGS = ["--no-sandbox", "--disable-background-networking", "--hide-scrollbars"]
DOCS = Path(__file__).parents[1] / "docs"
QUESTIONS = Path(__file__).parents[1] / "data" / "questions.jsonl"
ASKED = "?q=why+is+mean+pooling+better+than+CLS"
PHONE = {"width": 390, "height": 844}
OPEN = "[class*=st-key-open-] button"
WHY = "[class*=st-key-why-] button"
CHART = "[data-testid=stVegaLiteChart]"


@dataclass(frozen=True)
class Picture:
    """What is looked at: the address, what to click there, what to wait for, and how the browser is set."""

    address: str
    wanted: str
    click: tuple[str, ...] = ()
    options: dict[str, object] = field(default_factory=dict)


PICTURES = {
    "screenshot": Picture(ASKED, ".bv-answer"),
    "page-dark": Picture(ASKED, ".bv-answer", options={"color_scheme": "dark"}),
    "page-phone": Picture("?q=什么是倒排索引", ".bv-hit", options={"viewport": PHONE, "locale": "zh-CN"}),
    "page-pdf": Picture("?q=masked+language+model&filter=type:pdf", ".st-key-sheet img", (OPEN,)),
    "page-why": Picture(ASKED, ".bv-bars", (WHY,)),
    "page-filters": Picture("?q=search+engine", ".st-key-filter-type", (".st-key-filter button",)),
    "page-library": Picture("?view=library", ".st-key-folder-0"),
    "page-evaluation": Picture("?view=evaluation", f"{CHART} svg"),
    "page-map": Picture("?view=map", f"{CHART} .mark-symbol path"),
}


def main() -> None:
    """Take the pictures."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("address")
    words.add_argument("names", nargs="*", metavar="NAME", help="all, where none is named")
    given = words.parse_args()
    address = given.address.rstrip("/")
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name in given.names or PICTURES:
            take(browser, address, PICTURES[name], DOCS / f"{name}.png")


def take(browser: Browser, address: str, picture: Picture, file: Path) -> None:
    """One picture, once what it is of is there."""
    options = {"viewport": {"width": 1100, "height": 800}, "locale": "en"} | picture.options
    with browser.new_context(**options) as context:
        page = context.new_page()
        page.goto(f"{address}/{picture.address}")
        if "view=evaluation" in picture.address:
            page.locator("input[type=file]").set_input_files(QUESTIONS)
        for button in picture.click:
            page.locator(button).first.click()
        page.locator(picture.wanted).first.wait_for(timeout=60_000)
        page.wait_for_timeout(2_000)
        page.screenshot(path=file)


if __name__ == "__main__":
    main()

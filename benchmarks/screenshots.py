"""The pictures in docs/, of a page that shows an index of data/documents.

bertrieve index data/documents --index INDEX && bertrieve ui --index INDEX &
python benchmarks/screenshots.py http://127.0.0.1:8501
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FLAGS = ["--no-sandbox", "--disable-background-networking", "--hide-scrollbars"]
DOCS = Path(__file__).parents[1] / "docs"
QUESTIONS = Path(__file__).parents[1] / "data" / "questions.jsonl"
ASKED = "?q=why+is+mean+pooling+better+than+CLS"
PHONE = {"width": 390, "height": 844}
# Name -> address, what to wait for, how the browser is set.
PICTURES: dict[str, tuple[str, str, dict[str, object]]] = {
    "screenshot": (ASKED, ".bv-answer", {}),
    "page-dark": (ASKED, ".bv-answer", {"color_scheme": "dark"}),
    "page-phone": ("?q=什么是倒排索引", ".bv-hit", {"viewport": PHONE, "locale": "zh-CN"}),
    "page-library": ("?view=library", ".st-key-folder-0", {}),
    "page-evaluation": ("?view=evaluation", "[data-testid=stVegaLiteChart] svg", {}),
    "page-map": ("?view=map", "[data-testid=stVegaLiteChart] .mark-symbol path", {}),
}


def main() -> None:
    """Take all pictures."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("address")
    address = words.parse_args().address.rstrip("/")
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, (query, wanted, options) in PICTURES.items():
            take(browser, f"{address}/{query}", wanted, options, DOCS / f"{name}.png")


def take(browser: Browser, url: str, wanted: str, options: dict[str, object], file: Path) -> None:
    """One picture, once what it is of is there."""
    with browser.new_context(
        **{"viewport": {"width": 1100, "height": 800}, "locale": "en"} | options
    ) as context:
        page = context.new_page()
        page.goto(url)
        if "view=evaluation" in url:
            page.locator("input[type=file]").set_input_files(QUESTIONS)
        page.locator(wanted).first.wait_for(timeout=60_000)
        page.wait_for_timeout(1_500)
        page.screenshot(path=file)


if __name__ == "__main__":
    main()

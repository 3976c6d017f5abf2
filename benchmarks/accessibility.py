"""What axe-core finds on the page, by how serious it is.

    npm pack axe-core && tar xzf axe-core-*.tgz
    bertrieve ui --index INDEX &
    python benchmarks/accessibility.py http://127.0.0.1:8501 package/axe.min.js "a question"

Prints one line a finding: view, impact, rule, how many elements, the first of them. Exit code 1 where any is
serious or critical.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from playwright.sync_api import FilePayload, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
GRAVE = {"serious", "critical"}
CHART = "[data-testid=stVegaLiteChart] svg"
FEW: FilePayload = {
    "name": "few.csv",
    "mimeType": "text/csv",
    "buffer": b"question,path\nwhat is mean pooling,pooling.md\n",
}
RUN = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"


def main() -> None:
    """Look at each view in light and dark."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("address")
    words.add_argument("axe", type=Path, help="axe.min.js")
    words.add_argument("question")
    given = words.parse_args()
    axe = given.axe.read_text(encoding="utf-8")
    grave = 0
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for scheme in ("light", "dark"):
            page = browser.new_context(color_scheme=scheme, bypass_csp=True).new_page()
            for view in opened(page, given.address, given.question):
                page.evaluate(axe)
                for found in page.evaluate(RUN):
                    grave += found["impact"] in GRAVE
                    say(f"{view}, {scheme}", found)
    print(f"{grave} serious or critical")
    sys.exit(bool(grave))


def opened(page: Page, address: str, question: str) -> Iterator[str]:
    """Open the views one after the other."""
    asked = f"{address}/?q={quote_plus(question)}"
    for view, url, wanted in (
        ("start", address, ".bv-about"),
        ("hits", asked, "[class*=st-key-open-]"),
        ("library", f"{address}/?view=library", ".st-key-folder-0"),
        ("map", f"{address}/?view=map", CHART),
        ("evaluation", f"{address}/?view=evaluation", "input[type=file]"),
    ):
        page.goto(url)
        page.locator(wanted).first.wait_for(state="attached", timeout=180_000)
        if view == "evaluation":
            page.locator(wanted).set_input_files(FEW)
            page.locator(CHART).wait_for(timeout=120_000)
        page.wait_for_timeout(1500)
        yield view
    for view, button, wanted in (
        ("document", "[class*=st-key-open-] button", ".bv-title"),
        ("why", "[class*=st-key-why-] button", ".bv-bars"),
    ):
        page.goto(asked)
        page.locator(button).first.click()
        page.locator(f"[role=dialog] {wanted}").first.wait_for()
        page.wait_for_timeout(2500)
        yield view


def say(where: str, found: dict[str, Any]) -> None:
    """One finding."""
    first = found["nodes"][0]
    parts = (where, found["impact"], found["id"], len(found["nodes"]), first["target"], first["html"][:140])
    print(*parts, sep="  ")


if __name__ == "__main__":
    main()

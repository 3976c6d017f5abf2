"""How long a person waits for the page, measured in the browser.

    bertrieve ui --index INDEX &
    python benchmarks/page.py http://127.0.0.1:8501

Prints medians (and the slowest) in ms: from opening the address to the first paint and to the question box,
with nothing cached and again; from the last key of a question to its first new hit, and to its answer box.
A pause in typing of 200 ms is part of the latter two: so long the page waits for the next key.
"""

import argparse
import shutil
import statistics

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
# Of manuals, in which each finds something else; the first only warms up.
QUESTIONS = (
    "how do I start",
    "which files does git ignore",
    "how are rows locked for update",
    "what does a context manager do",
    "how is a password hashed",
    "when is an index used for sorting",
    "how do I merge two branches",
    "怎样备份数据库",
    "what happens when a process crashes",
    "how are dates formatted",
    "which port does the server listen on",
    "how do I measure memory",
)
# Notes when the box last heard a key, and when the first hit and the answer next change.
WATCH = """() => {
    const text = (selector) => document.querySelector(selector)?.textContent ?? "";
    const seen = () => ({hit: text(".bv-hit"), answer: text(".bv-answer, .bv-notice")});
    let before = seen();
    document.addEventListener("input", () => {
        [window.waited, window.typed, before] = [{}, performance.now(), seen()];
    }, true);
    new MutationObserver(() => {
        const now = seen();
        for (const part of ["hit", "answer"])
            if (now[part] && now[part] !== before[part])
                window.waited[part] ??= performance.now() - window.typed;
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def main() -> None:
    """Open the page some times, and ask it the questions."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("address")
    words.add_argument("--rounds", type=int, default=5)
    given = words.parse_args()
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        say("opened, nothing cached", [fresh(browser, given.address) for _ in range(given.rounds)])
        context = browser.new_context()
        opened(context, given.address)
        say("opened again", [opened(context, given.address) for _ in range(given.rounds)])
        say("asked", typed(context, given.address, QUESTIONS))


def fresh(browser: Browser, address: str) -> dict[str, float]:
    """One opening by a browser that has never been there."""
    with browser.new_context() as context:
        return opened(context, address)


def opened(context: BrowserContext, address: str) -> dict[str, float]:
    """Milliseconds to the first paint and to the question box."""
    page = context.new_page()
    page.goto(address)
    page.locator(".bv-about").first.wait_for()
    usable: float = page.evaluate("performance.now()")
    paint: float = page.evaluate(PAINT)
    page.close()
    return {"first paint": paint, "usable": usable}


def typed(context: BrowserContext, address: str, questions: tuple[str, ...]) -> list[dict[str, float]]:
    """For each question the milliseconds from its last key to the first hit and to the answer box."""
    page = context.new_page()
    page.goto(address)
    page.locator(".st-key-q input").wait_for()
    page.wait_for_timeout(3_000)  # the encoder is loaded meanwhile
    page.evaluate(WATCH)
    return [waited for waited in (ask(page, question) for question in questions) if waited][1:]


def ask(page: Page, question: str) -> dict[str, float]:
    """One question, typed over the one before."""
    page.locator(".st-key-q input").select_text()
    page.keyboard.type(question, delay=40)
    page.wait_for_function("window.waited?.hit", timeout=60_000)
    page.wait_for_timeout(2_000)  # no answer after no answer changes nothing that could be waited for
    waited: dict[str, float] = page.evaluate("window.waited")
    return waited


def say(what: str, seen: list[dict[str, float]]) -> None:
    """A line for each of the times; not every question has an answer."""
    for name in sorted({name for each in seen for name in each}):
        times = [each[name] for each in seen if name in each]
        print(f"{what:24} {name:12} {statistics.median(times):6.0f}  ({max(times):.0f}, n={len(times)})")


if __name__ == "__main__":
    main()

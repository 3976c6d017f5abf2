"""From nothing to an answer: the seconds that a newcomer needs who has only the command and a folder.

    python benchmarks/first_run.py FOLDER "a question"

Starts the page where there is no index, gives it the folder in a browser, asks the question and prints when
the page could be used, when the folder was indexed and when there was an answer or none. Typing and thinking
aren't in it.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]


def main() -> None:
    """Start the page, look at it, end it."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("folder", type=Path)
    words.add_argument("question")
    given = words.parse_args()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as index:
        own = {"BERTRIEVE_INDEX": f"{index}/index", "STREAMLIT_SERVER_HEADLESS": "true"}
        own |= {"PYTHONPATH": str(ROOT), "STREAMLIT_SERVER_PORT": str(port)}
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "ui" / "app.py")]
        server = subprocess.Popen(command, env=os.environ | own, stdout=subprocess.DEVNULL)
        try:
            with sync_playwright() as playwright:
                chromium = shutil.which("chromium") or shutil.which("chromium-browser")
                page = playwright.chromium.launch(executable_path=chromium, args=FLAGS).new_page()
                come(page, f"http://127.0.0.1:{port}", given.folder.resolve(), given.question, began)
        finally:
            server.terminate()
            server.wait()


def come(page: Page, address: str, folder: Path, question: str, began: float) -> None:
    """What the newcomer does."""

    def say(what: str) -> None:
        print(f"{time.perf_counter() - began:5.1f} s  {what}")

    while True:
        try:
            page.goto(address)
            break
        except Error:  # it isn't listening yet
            time.sleep(0.1)
    page.locator(".st-key-folder input").fill(str(folder))
    say("the page asks for a folder")
    page.locator(".st-key-make button").click()
    page.locator(".st-key-q input").wait_for(timeout=600_000)
    say(f"indexed: {' · '.join(page.locator('.bv-tiles li').all_inner_texts())}")
    page.locator(".st-key-q input").fill(question)
    answer = page.locator(".bv-answer blockquote, .bv-notice h2").first
    answer.wait_for(timeout=60_000)
    say(f"answered: {answer.inner_text()}")


if __name__ == "__main__":
    main()

"""The page in Streamlit's own test runner, and the HTML it was given."""

import sys
from pathlib import Path
from types import SimpleNamespace

from selectolax.lexbor import LexborHTMLParser
from streamlit.testing.v1 import AppTest

__all__ = ["HOSTILE", "html", "load_instead", "opened", "texts"]

APP = Path(__file__).parents[2] / "ui" / "app.py"
HOSTILE = "<img src=x onerror=alert(1)>"


def load_instead(monkeypatch, encoder):
    """Have every model name load `encoder`."""
    stand_ins = {
        "bert": SimpleNamespace(BertEncoder=lambda *_, **__: encoder),
        "devices": SimpleNamespace(best_device=lambda: "cpu", require_device=str),
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setitem(sys.modules, f"indexer.encoder.{name}", stand_in)


def opened(**address):
    """The page as it is at an address, with nothing gone wrong unseen."""
    page = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def html(page):
    return LexborHTMLParser("".join(part.value for part in page.html if not part.value.startswith("<style")))


def texts(page, selector):
    return [node.text() for node in html(page).css(selector)]

"""The ledger as programs and notebooks get it."""

from indexer.store import LedgerRow
from search.ledger import Ledger

ROWS = (
    LedgerRow("/f", "a.md", "indexed", passages=3, tokens=40, content_hash=b"x"),
    LedgerRow("/f", "b<script>.pdf", "failed", "no text & no layer", pages=2),
    LedgerRow("/f", "c.md", "indexed", passages=1),
)


def test_a_ledger_is_a_sequence_of_rows():
    ledger = Ledger(ROWS)
    assert (len(ledger), ledger[1], ledger[1:]) == (3, ROWS[1], ROWS[1:])
    assert ledger.counts == {"indexed": 2, "failed": 1}
    assert str(ledger) == "2 indexed, 1 failed"
    assert str(Ledger(())) == "no files"
    assert ledger.to_dict()["files"][0] == {
        "path": "a.md",
        "status": "indexed",
        "reason": "",
        "passages": 3,
        "pages": None,
        "tokens": 40,
    }


def test_a_notebook_shows_trouble_first_and_no_more_than_can_be_read():
    shown = Ledger(ROWS)._repr_html_()
    assert "<script>" not in shown
    assert "no text &amp; no layer" in shown
    assert shown.index("b&lt;script&gt;.pdf") < shown.index("a.md") < shown.index("c.md")
    many = Ledger(ROWS * 100)._repr_html_()
    assert many.count("<tr>") == 101
    assert "and 200 more" in many

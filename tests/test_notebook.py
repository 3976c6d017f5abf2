"""The notebook of the documents, run by Jupyter's own client with an encoder that needs no model."""

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
NO_MODEL = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import indexer.source, search.encoding
from tests.fake import FakeEncoder
indexer.source.load_encoder = search.encoding.load_encoder = lambda *_, **__: FakeEncoder()
import search.confidence
search.confidence.ASKED = 0.0  # its cosines are no model's: what is asked for stands out less
"""


def shown(book):
    """The HTML of each cell that shows something."""
    outputs = [output for cell in book.cells for output in cell.get("outputs", ()) if "data" in output]
    return [at["data"].get("text/html", "") for at in outputs]


def test_the_notebook_runs_and_shows_what_it_says(tmp_path):
    book = nbformat.read(NOTEBOOK, 4)
    kept = shown(book)
    (tmp_path / "docs").mkdir()
    (tmp_path / "data").symlink_to(ROOT / "data")
    book.cells.insert(0, nbformat.v4.new_code_cell(NO_MODEL))
    nbclient.NotebookClient(book, timeout=60, resources={"metadata": {"path": tmp_path / "docs"}}).execute()
    hits, answer, explanation, ledger = now = shown(book)
    assert hits.count("<li>") == 3
    assert "<mark>" in answer
    assert "rgba(" in explanation
    assert "<td>models/pooling.md</td>" in ledger
    # What is kept was made with the model, by the notebook as it is.
    assert len(kept) == len(now)
    assert "<mark>" in kept[1]

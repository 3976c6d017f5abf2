"""`bertrieve eval`: a collection -> a throw-away index -> its measures."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table

from indexer import index_documents
from indexer.documents import Document
from indexer.documents.text import paragraphs
from indexer.encoder import DEFAULT_MODEL, load_encoder
from search import Searcher
from search.evaluation import MODES, Collection, evaluate, load_collection
from search.hits import Mode
from ui.cli.show import counting, indexing, output

__all__ = ["measure", "show"]


def measure(folder: Path, *, whole: bool, model: str | None) -> dict[str, Any]:
    """What `search.evaluation.evaluate` says of a collection, indexed as for a user, or whole."""
    collection = load_collection(folder)
    encoder = load_encoder(model or DEFAULT_MODEL)
    with TemporaryDirectory(prefix="bertrieve-") as index:
        with indexing() as watch:
            index_documents(_documents(collection), index=index, whole=whole, encoder=encoder, watch=watch)
        searcher = Searcher(index, encoder=encoder)
        with counting("asking", len(MODES) * len(collection.queries)) as bar:

            def advance(_mode: Mode, _done: int) -> None:
                bar.advance(bar.task_ids[0])

            found = evaluate(searcher, collection, watch=advance)
        searcher.close()
    return found


def show(found: dict[str, Any]) -> None:
    """The measures as a table."""
    measures = next(iter(found["modes"].values()))
    table = Table("mode", *measures, title=found["collection"], box=None)
    for mode, values in found["modes"].items():
        table.add_row(mode, *(f"{value:.3f}" for value in values.values()))
    output.print(table)


def _documents(collection: Collection) -> Iterator[tuple[str, Document]]:
    for entry in collection.entries:
        yield entry.id, Document(entry.text, tuple(paragraphs(entry.text)), title=entry.title.strip())

"""Making small indexes by hand, and looking at everything in one."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.store import Changes, LedgerRow, NewDocument, NewPassage, Reader, Writer
from indexer.store.check import check
from search.hits import Hit
from tests.fake import FakeEncoder

ENCODER = FakeEncoder()


def passage(text: str, *, heading: tuple[str, ...] = (), start: int = 0) -> NewPassage:
    key = hashlib.md5("\0".join((*heading, text)).encode()).digest()
    return NewPassage(start, start + len(text), text, "", len(text.split()), None, heading, None, None, key)


def stop(*_: Any, **__: Any) -> None:
    """In place of a step: the power goes before it."""
    raise RuntimeError("power cut")


def after(call: Callable[..., Any]) -> Callable[..., Any]:
    """In place of a step: the power goes after it."""

    def both(*given: Any, **named: Any) -> None:
        call(*given, **named)
        stop()

    return both


def hit(probability: float | None) -> Hit:
    """A hit of which only its probability matters."""
    place: dict[str, Any] = {"path": "a.md", "page": None, "heading": (), "line": 1, "last_line": 1}
    text: dict[str, Any] = {"start": 0, "end": 4, "text": "Cats", "title": ""}
    return Hit(rank=1, score=1.5, **place, **text, document_id=1, passage_id=1, probability=probability)


def document(
    path: str, *texts: str, vectors: NDArray[Any] | None = None, folder: str = "", title: str = ""
) -> NewDocument:
    """A document whose passages are `texts`."""
    return NewDocument(
        folder=folder,
        path=path,
        size=sum(map(len, texts)),
        modified_ns=1,
        content_hash=hashlib.md5("\0".join(texts).encode()).digest(),
        title=title,
        pages=None,
        metadata={},
        passages=tuple(passage(text, start=at) for at, text in enumerate(texts)),
        vectors=ENCODER.encode_passages(texts) if vectors is None else vectors,
    )


def writer(path: Path, dimension: int = ENCODER.identity.dimension) -> Writer:
    return Writer(path, {**ENCODER.identity.to_dict(), "dimension": dimension})


def put(to: Writer, *documents: NewDocument) -> None:
    """Store documents with their rows in the ledger."""
    to.commit(Changes(documents=documents, ledger=tuple(map(ledger_row, documents))))


def drop(to: Writer, *paths: str) -> None:
    """Remove documents with their rows in the ledger."""
    gone = [stored for stored in to.documents() if stored.path in paths]
    names = tuple((stored.folder, stored.path) for stored in gone)
    to.commit(Changes(removed=tuple(stored.id for stored in gone), forgotten=names))


def ledger_row(of: NewDocument) -> LedgerRow:
    return LedgerRow(of.folder, of.path, "indexed", passages=len(of.passages), size=of.size)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """What plain SQLite finds in an index."""
    uri = (path / "metadata.sqlite").as_uri() + "?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        return connection.execute(query).fetchall()


def ids_by_text(path: Path) -> dict[str, int]:
    return {text: at for at, text in rows(path, "SELECT id, text FROM passages")}


def contents(path: Path) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Path -> (status, reason, texts) of every file: what two indexes of one folder must share."""
    texts: dict[str, list[str]] = {}
    for name, text in rows(
        path, "SELECT path, text FROM passages JOIN documents d ON d.id = document_id ORDER BY ordinal"
    ):
        texts.setdefault(name, []).append(text)
    found = rows(path, "SELECT path, status, reason FROM ledger")
    result = {name: (status, reason, tuple(texts.pop(name, ()))) for name, status, reason in found}
    assert not texts, f"documents without a row in the ledger: {sorted(texts)}"
    return result


def require_sound(path: Path, encoder: FakeEncoder = ENCODER) -> None:
    """Nothing is damaged, and rows, vectors and words agree with the texts."""
    assert check(path) == []
    embedded = rows(path, "SELECT id, prefix || text FROM passages ORDER BY id")
    reader = Reader(path)
    with reader.view() as view:
        ids = np.array([at for at, _ in embedded], np.int64)
        expected = encoder.encode_passages([text for _, text in embedded], cut=True)
        assert np.abs(view._snapshot.vectors(ids) - expected).max(initial=0) < 1e-3
        for at, text in embedded[:: max(1, len(embedded) // 50)]:
            assert view.lexical_scores(text, np.array([at]))[0] > 0, f"the words of {text!r} are not found"
        everything = view.dense(encoder.encode_question("x"), len(ids) + 10).ids
        assert sorted(everything.tolist()) == ids.tolist()
    reader.close()

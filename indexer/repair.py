"""Mending a damaged index from what is sound in it: words and vectors from the texts."""

from dataclasses import dataclass
from pathlib import Path

from indexer.encoder import Encoder
from indexer.progress import Progress, Watcher
from indexer.source import EncoderSource
from indexer.store.check import Problem, check
from indexer.store.mend import mend, texts_of

__all__ = ["Repair", "repair"]


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair did.

    found    what was wrong
    left     what still is: it can't be mended, and says what to do
    aside    (folder, path) of documents whose text was lost; `bertrieve index FOLDER` reads the file again,
             those of the folder "" are to be added again
    encoded  passages that were embedded again
    """

    found: tuple[Problem, ...]
    left: tuple[Problem, ...] = ()
    aside: tuple[tuple[str, str], ...] = ()
    encoded: int = 0


def repair(index: str | Path, *, encoder: Encoder | None = None, watch: Watcher | None = None) -> Repair:
    """Mend what can be mended; a sound index is not touched.

    encoder  a loaded one; the index's own is loaded, if anything must be embedded or certified, when not
             given
    watch    is told how far the embedding is

    Raises NotAnIndexError, FormatVersionError, IndexLockedError, EncoderMismatchError, and DamagedIndexError
    where SQLite can't read its file any more.
    """
    path = Path(index)
    found = check(path)
    if not found:
        return Repair(())
    mended = mend(path)
    source = EncoderSource(path, None, encoder)
    progress = Progress()

    def count(passages: int, tokens: int) -> None:
        progress.passages += passages
        progress.tokens += tokens
        if watch:
            watch(progress)

    with source.writer() as writer:
        for ids, texts in texts_of(path, mended.lacking):
            # Documents that were indexed whole are cut as they were; no other is too long.
            writer.add_vectors(ids, source.get().encode_passages(texts, cut=True, progress=count))
        writer.certify(source.ask_about)
    return Repair(tuple(found), tuple(check(path)), mended.aside, len(mended.lacking))

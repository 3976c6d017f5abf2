"""Words in tantivy: BM25 over passages, keyed by passage id.

The index is derived from the passages and holds at least all that SQLite names: words are committed
before the rows, and removed after them. So a reader takes what it finds and asks SQLite which of it lives.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

from indexer.store.analysis import (
    EXACT,
    WORDS,
    added,
    by_characters,
    by_words,
    phrase_of,
    signed,
    telling_words,
    words_of,
)
from indexer.store.vectors import Ranked
from indexer.store.words import told, verify, writable

__all__ = ["LexicalReader", "LexicalWriter", "Wording", "remove_lexical"]

WRITER_MEMORY = 64_000_000  # bytes; tantivy's least is 15 MB a thread


@dataclass(frozen=True, slots=True)
class Wording:
    """What passages must hold, or must not.

    text      a word or several, which stand side by side
    verbatim  in just these forms; else one word is meant in all of its forms
    """

    text: str
    verbatim: bool = True


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", stored=False, indexed=True, fast=True)
    # Ranked by stems, whose places nobody asks for; phrases are looked up as they were written. 100,000
    # passages of 100 words take 11 MB without phrases, 36 MB with.
    builder.add_text_field("text", stored=False, tokenizer_name="words", index_option="freq")
    builder.add_text_field("exact", stored=False, tokenizer_name="exact", index_option="position")
    return builder.build()


def _open(folder: Path) -> tantivy.Index:
    index = tantivy.Index(_schema(), path=str(folder))
    index.register_tokenizer("words", WORDS)
    index.register_tokenizer("exact", EXACT)
    return index


class LexicalWriter:
    """The one writer of a lexical index; nothing it adds or removes is seen before `commit`.

    Raises ValueError or OSError where the folder holds something that tantivy can't open.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._index = _open(folder)
        # One thread: several would write as many small segments at every commit.
        self._writer = self._index.writer(heap_size=WRITER_MEMORY, num_threads=1)

    def add(self, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Add (passage id, texts to find it by) pairs; no phrase goes from one text on to the next."""
        for passage_id, texts in rows:
            document = tantivy.Document()
            document.add_integer("id", passage_id)
            for text in texts:
                document.add_text("text", by_words(text))
                document.add_text("text", added(text))
                document.add_text("exact", by_characters(text))
            with told(self._folder, writing=True):
                self._writer.add_document(document)

    def remove(self, ids: Iterable[int]) -> None:
        """Remove passages; ids that aren't there are no error."""
        for passage_id in ids:
            self._writer.delete_documents_by_term("id", passage_id)

    def remove_above(self, last: int) -> None:
        """Remove every passage with an id above `last`: words whose rows were never committed."""
        query = tantivy.Query.range_query(
            self._index.schema, "id", tantivy.FieldType.Integer, lower_bound=last + 1
        )
        self._writer.delete_documents_by_query(query)

    def commit(self) -> None:
        """Make everything since the last commit durable and visible."""
        with told(self._folder, writing=True):
            self._writer.commit()

    def count(self) -> int:
        """How many passages the committed index holds."""
        self._index.reload()
        return int(self._index.searcher().num_docs)

    def close(self) -> None:
        """Wait for merges and let go of the folder."""
        self._writer.wait_merging_threads()


class LexicalReader:
    """A fixed state of a lexical index. Safe to use from several threads.

    checksum  of its meta.json, if one is known; `known` are files that were found whole before
    files     all of its files, found whole

    Raises DamagedIndexError where the folder holds none, or one with a damaged file.
    """

    def __init__(self, folder: Path, checksum: str = "", known: frozenset[str] = frozenset()) -> None:
        self._folder = folder
        self.files = verify(folder, checksum, known)
        with told(folder), writable(folder) as place:
            self._index = _open(place)
            self._index.config_reader("manual")
            self._index.reload()
            self._searcher = self._index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(self, question: str, k: int) -> Ranked:
        """The best `k` passages by BM25 (k1 = 1.2, b = 0.75); fewer where fewer hold a word of it."""
        words = words_of(question)
        return self._ranked(self._any_of(words), k) if words else Ranked.none()

    def holding(self, wording: Wording) -> NDArray[np.int64] | None:
        """`(n,)` int64, ascending: the passages that hold a wording; None where it has no words to look
        for."""
        queries = self._wording(wording)
        if not queries:
            return None
        every = tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])
        return np.sort(self._ranked(_unscored(every), len(self)).ids)

    def _wording(self, wording: Wording) -> list[tantivy.Query]:
        schema, words = self._index.schema, phrase_of(wording.text)
        # What holds a "c" need not hold C++.
        names = WORDS.analyze(" ".join(signed(wording.text)))
        whole = [tantivy.Query.term_query(schema, "text", name, "freq") for name in names]
        if len(words) > 1:
            return [tantivy.Query.phrase_query(schema, "exact", [*words]), *whole]
        field, forms = (
            ("exact", words) if wording.verbatim else ("text", WORDS.analyze(by_words(wording.text)))
        )
        return [tantivy.Query.term_query(schema, field, form, "freq") for form in forms] + whole

    def scores(self, question: str, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """BM25 of the passages `ids`, `(n,)` float32 in their order; 0 where no word matches."""
        return self._scores(words_of(question), ids, self._any_of_ids(ids))

    def scores_by_word(self, question: str, ids: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        """What each of the question's words gives to `scores`, which is their sum."""
        wanted = self._any_of_ids(ids)
        return {word: self._scores([word], ids, wanted) for word in words_of(question)}

    def _any_of_ids(self, ids: NDArray[np.int64]) -> tantivy.Query:
        # An "or" of ids, not a term set: the same scores, three times as fast on 200,000 passages.
        schema, either = self._index.schema, tantivy.Occur.Should
        wanted = [(either, tantivy.Query.term_query(schema, "id", at)) for at in ids.tolist()]
        return _unscored(tantivy.Query.boolean_query(wanted))

    def _scores(self, words: list[str], ids: NDArray[np.int64], wanted: tantivy.Query) -> NDArray[np.float32]:
        if not words or not len(ids):
            return np.zeros(len(ids), np.float32)
        among = [(tantivy.Occur.Must, wanted), (tantivy.Occur.Must, self._any_of(words))]
        found = self._ranked(tantivy.Query.boolean_query(among), len(ids))
        by_id = dict(zip(found.ids.tolist(), found.scores.tolist(), strict=True))
        return np.array([by_id.get(at, 0.0) for at in ids.tolist()], np.float32)

    def frequencies(self, question: str) -> NDArray[np.int64]:
        """`(words,)` int64: how many passages hold each of the question's words."""
        return np.array([self._searcher.doc_freq("text", word) for word in words_of(question)], np.int64)

    def rarest(self, texts: Iterable[str]) -> NDArray[np.int64]:
        """`(n,)` int64: how many passages hold the rarest word of each text; -1 where it has only stop words
        or none."""
        words = (telling_words(text) for text in texts)
        found = ([self._searcher.doc_freq("text", word) for word in own] for own in words)
        return np.array([min(counts, default=-1) for counts in found], np.int64)

    def words_from(self, beginning: str) -> dict[str, int]:
        """Every word that begins so, as it is written but for case and accents, and how many passages hold
        it; passages that are gone may count."""
        return dict(self._searcher.terms_with_prefix("exact", beginning))

    def ids(self) -> NDArray[np.int64]:
        """The ids of all passages, ascending; one that is in it twice is there twice."""
        found = self._ranked(tantivy.Query.all_query(), len(self))
        return np.sort(found.ids)

    def _any_of(self, words: list[str]) -> tantivy.Query:
        schema = self._index.schema
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "text", word, "freq")) for word in words]
        )

    def _ranked(self, query: tantivy.Query, k: int) -> Ranked:
        with told(self._folder):
            # tantivy can't be asked for the best 0.
            hits = self._searcher.search(query, min(k, len(self)) or 1, count=False).hits
            ids = self._searcher.fast_field_values("id", [address for _, address in hits])
        scores = np.array([score for score, _ in hits], np.float32)
        return Ranked.of(np.array(ids, np.int64), scores, k)


def _unscored(query: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, 0.0)


def remove_lexical(folder: Path) -> None:
    """Remove a lexical index, so that the next writer rebuilds it."""
    shutil.rmtree(folder, ignore_errors=True)

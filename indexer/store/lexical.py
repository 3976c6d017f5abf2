"""Words in tantivy: BM25 over passages, keyed by passage id.

The index is derived from the passages and holds at least all that SQLite names: words are committed
before the rows, and removed after them. So a reader takes what it finds and asks SQLite which of it lives.
"""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

from indexer.store.vectors import Ranked
from indexer.store.words import told, verify, writable

__all__ = ["ANALYSER", "LexicalReader", "LexicalWriter", "words_of"]

# Raised when the same text gives other words, so that an older lexical index is rebuilt.
ANALYSER = 1

# Han, kana, hangul and their extensions: written without spaces, so matched by pairs of characters.
CJK = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
CJK_RUN = re.compile(f"[{CJK}]+")

# Question words that carry no topic; dropped from a question unless it has nothing else. Lucene's list
# plus the question words and auxiliaries people type.
STOP_WORDS = frozenset(
    """a about an and are as at be been but by can could did do does for from had has have how i if in into is
    it its me my no not of on or should so such than that the their then there these they this to was we were
    what when where which who whom whose why will with would you your""".split()
)

WRITER_MEMORY = 64_000_000  # bytes; tantivy's least is 15 MB a thread


def spaced(text: str, *, singles: bool = True) -> str:
    """The text with every CJK run replaced by its overlapping character pairs, and its single characters.

    Both beside each other: on cmrc2018-trial nDCG@10 .987, pairs alone .985, single characters alone .974;
    and a question of one character finds something. Without `singles`, only a run of one has any.

    >>> spaced("用BERT检索文", singles=False)
    ' 用 BERT 检索 索文 '
    >>> spaced("检索")
    ' 检索 检 索 '
    """
    return CJK_RUN.sub(lambda run: f" {' '.join(_parts(run.group(), singles))} ", text)


def _parts(run: str, singles: bool) -> list[str]:
    if len(run) == 1:
        return [run]
    return [run[at : at + 2] for at in range(len(run) - 1)] + (list(run) if singles else [])


def _analyser(*, stop_words: Iterable[str] = ()) -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(80))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.custom_stopword(list(stop_words)))
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


_WORDS, _TELLING_WORDS = _analyser(), _analyser(stop_words=STOP_WORDS)


def words_of(question: str, *, singles: bool = True) -> list[str]:
    """The index words of a question, each once, in order, without stop words unless it has no others.

    Without `singles`, the words that tell: no single characters of a CJK run.
    """
    text = spaced(question, singles=singles)
    return list(dict.fromkeys(_TELLING_WORDS.analyze(text) or _WORDS.analyze(text)))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", stored=False, indexed=True, fast=True)
    # No positions: half the size, and nothing asks for phrases yet.
    builder.add_text_field("text", stored=False, tokenizer_name="words", index_option="freq")
    return builder.build()


def _open(folder: Path) -> tantivy.Index:
    index = tantivy.Index(_schema(), path=str(folder))
    index.register_tokenizer("words", _WORDS)
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

    def add(self, rows: Iterable[tuple[int, str]]) -> None:
        """Add (passage id, text to find it by) pairs."""
        for passage_id, text in rows:
            document = tantivy.Document()
            document.add_integer("id", passage_id)
            document.add_text("text", spaced(text))
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

    def scores(self, question: str, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """BM25 of the passages `ids`, `(n,)` float32 in their order; 0 where no word matches."""
        return self._scores(words_of(question), ids)

    def scores_by_word(self, question: str, ids: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        """What each of the question's words gives to `scores`, which is their sum."""
        return {word: self._scores([word], ids) for word in words_of(question)}

    def _scores(self, words: list[str], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        if not words or not len(ids):
            return np.zeros(len(ids), np.float32)
        # An "or" of ids, not a term set: the same scores, three times as fast on 200,000 passages.
        schema, either = self._index.schema, tantivy.Occur.Should
        wanted = [(either, tantivy.Query.term_query(schema, "id", int(at))) for at in ids]
        among = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, _unscored(tantivy.Query.boolean_query(wanted))),
                (either, self._any_of(words)),
            ]
        )
        found = self._ranked(among, len(ids))
        by_id = dict(zip(found.ids.tolist(), found.scores.tolist(), strict=True))
        return np.array([by_id.get(int(at), 0.0) for at in ids], np.float32)

    def frequencies(self, question: str) -> NDArray[np.int64]:
        """`(words,)` int64: how many passages hold each of the question's words."""
        return np.array([self._searcher.doc_freq("text", word) for word in words_of(question)], np.int64)

    def rarest(self, texts: Iterable[str]) -> NDArray[np.int64]:
        """`(n,)` int64: how many passages hold the rarest word of each text; -1 where it has only stop words
        or none."""
        words = (_TELLING_WORDS.analyze(spaced(text, singles=False)) for text in texts)
        found = ([self._searcher.doc_freq("text", word) for word in own] for own in words)
        return np.array([min(counts, default=-1) for counts in found], np.int64)

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

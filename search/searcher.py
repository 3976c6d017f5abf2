"""The one place where question, vectors, words and rows meet."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from numbers import Integral
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import EncoderIdentity, QuestionEncoding, TokenVectors
from indexer.errors import EncoderError, UnknownIdError, UsageError
from indexer.store import (
    DocumentRow,
    Facets,
    Filter,
    IndexInfo,
    PassageRow,
    Reader,
    View,
    default_index,
)
from search.answers import PASSAGES, Sentence, part, scores, sentences, stretch
from search.asked import Asked, read
from search.candidates import Candidates
from search.confidence import RUNNER_UP, SENTENCE, with_probabilities
from search.coverage import coverage, word_weights
from search.encoding import Embedded, Encoded, InputType, OwnEncoder, encodable
from search.explain import Difference, Explanation, difference, explain
from search.filters import parsed
from search.hits import Answer, Hits, Mode
from search.ledger import Ledger
from search.likeness import direction, words_left
from search.ranking import rank
from search.reranker import FIRST, Reranker, reordered
from search.results import Group, gather
from search.spans import SpanReader
from search.spelling import respelt

__all__ = ["MAX_K", "Embedded", "Searcher"]

MAX_K = 1_000


class Searcher:
    """Questions to one index. Safe to use from several threads; follows the index as it changes.

    index    the index folder; BERTRIEVE_INDEX, then ./.bertrieve, when not given
    encoder  a loaded one; when not given, the index's own is loaded at the first question that needs it

    Raises NotAnIndexError, FormatVersionError or DamagedIndexError where the index can't be opened, and
    EncoderMismatchError when the encoder isn't the one that made it.
    """

    def __init__(self, index: str | Path | None = None, *, encoder: QuestionEncoding | None = None) -> None:
        self._reader = Reader(Path(index) if index is not None else default_index())
        self._encoder = OwnEncoder(self._reader, encoder)

    def query(
        self,
        question: str | Asked,
        k: int = 10,
        *,
        mode: Mode = "hybrid",
        collapse: bool = True,
        group: Group | None = None,
        filter: str | Filter | None = None,
        reranker: Reranker | None = None,
    ) -> Hits:
        """The passages nearest to a question, best first; fewer than `k` where the index has fewer, or where
        the nearest 500 say no more than that.

        question  any text; what goes beyond the encoder's limit only counts for the words. ``"quoted words"``
                  must stand in a hit, what follows a minus (``-draft``) must not: see docs/filters.md. A word
                  that nothing holds is taken for the nearest that something does: see `Hits.corrected`
        k         1 to 1,000
        mode      "dense": cosine of the vectors. "lexical": BM25 of the words. "hybrid": both, fused.
        collapse  show what says the same as a better hit under that one (`Hit.alike`), not by itself
        group     "document": `k` documents, each by its best passage, with its next best ones in `Hit.others`
        filter    which passages to search, as text (``type:pdf modified>=2025``) or as a tree of
                  `search.filters`; the best `k` of all that it lets through are found
        reranker  reads the first 30 hits, or `k`, and puts them in its own order; `Hit.score` is then its own

        Raises UsageError for an empty question, a `k`, `mode` or `group` out of range, a filter that can't be
        read or compares a field that no document has.
        """
        asked = _checked(question, k, mode)
        _check_group(group)
        tree = parsed(filter)
        encoded = None if mode == "lexical" else self._encoder.question(asked.words)
        with self._reader.view() as view:
            allowed = view.allowed(tree, asked.required, asked.excluded)
            words, corrected = (
                (asked.words, ()) if mode == "dense" else respelt(view, asked, self._encoder.reads_whole)
            )
            candidates = Candidates(
                view,
                lambda depth: rank(view, words, encoded, mode, max(depth, RUNNER_UP), allowed),
                lambda passage_id: self.explain(asked, passage_id),
            )
            shown = gather(candidates.best, k if reranker is None else max(k, FIRST), collapse, group)
            hits = candidates.hits(shown)
            if encoded is not None and mode == "hybrid":
                hits = with_probabilities(view, words, encoded, hits, candidates.scores)
            within = None if tree is None else view.within(tree)
        if reranker is not None:
            hits = reordered(reranker, words, hits)[:k]
        return Hits(
            asked.question,
            mode,
            tuple(hits),
            filter="" if tree is None else str(tree),
            within=within,
            words=words,
            required=tuple(at.text for at in asked.required),
            excluded=tuple(at.text for at in asked.excluded),
            corrected=corrected,
        )

    def facets(self, filter: str | Filter | None = None, *, hits: Hits | None = None) -> Facets:
        """How many documents have each value of a field: ``{"type": {"pdf": 12, "md": 3}, …}``.

        The fields are type, folder, language, modified (by year) and the documents' own with few values, the
        most frequent value first, 50 at most. A count is how many documents ``field:value`` lets through.

        filter  counts only documents that it lets through
        hits    counts only documents that these are of, as the index is now

        Raises UsageError as `query` does.
        """
        ids = None if hits is None else np.array([hit.passage_id for hit in hits], np.int64)
        with self._reader.view() as view:
            return view.facets(parsed(filter), ids)

    def more_like(
        self,
        likes: Sequence[int | str],
        unlike: Sequence[int | str] = (),
        k: int = 10,
        *,
        mode: Mode = "hybrid",
        group: Group | None = None,
        filter: str | Filter | None = None,
    ) -> Hits:
        """The passages most like some and least like others, best first; these and their copies left out.

        likes, unlike  passage ids, or words; `Hits.query` is the words that were searched for
        group, filter  as in `query`

        Raises UsageError where nothing is liked, for words that are empty, and as `query` does, and
        UnknownIdError for an id that the index doesn't have.
        """
        if not likes:
            raise UsageError("nothing is liked; give at least one passage id or some words")
        for each in (*likes, *unlike):
            if isinstance(each, str):
                _checked(Asked.plain(each), k, mode)
        _check_group(group)
        tree = parsed(filter)
        with self._reader.view() as view:
            allowed = view.allowed(tree)
            (liked, towards), (unliked, away) = (self._samples(view, each) for each in (likes, unlike))
            words = words_left(" ".join(liked), " ".join(unliked))
            asked = _checked(Asked.plain(encodable(words or " ".join(liked))), k, mode)
            encoded = (
                None
                if mode == "lexical"
                else Encoded(asked.words, direction(towards, away), 1.0, None, self._encoder.reads)
            )

            candidates = Candidates(
                view,
                lambda depth: rank(view, asked.words, encoded, mode, depth, allowed),
                lambda passage_id: self.explain(asked, passage_id),
            )
            ids = {each for each in (*likes, *unlike) if not isinstance(each, str)}
            seen = [view.passage(each).text for each in sorted(ids)]
            hits = tuple(candidates.hits(gather(candidates.best, k, True, group, seen)))
            within = None if tree is None else view.within(tree)
        return Hits(asked.question, mode, hits, filter="" if tree is None else str(tree), within=within)

    def _samples(self, view: View, wanted: Sequence[int | str]) -> tuple[list[str], NDArray[np.float32]]:
        """The texts of passages or words, and their `(n, dim)` vectors."""
        texts, vectors = [], np.zeros((len(wanted), self.encoder.dimension), np.float32)
        for at, each in enumerate(wanted):
            if isinstance(each, str):
                texts.append(encodable(each))
                vectors[at] = self._encoder.question(encodable(each)).vector
            else:
                texts.append(view.passage(each).text)
                vectors[at] = view.vectors(np.array([each], np.int64))[0]
        return texts, vectors

    def explain(self, question: str | Asked, passage_id: int) -> Explanation:
        """Why a passage was found, or wasn't: the cosine as an exact sum over words and sentences.

        passage_id  of a hit

        Raises UsageError for an empty question, UnknownIdError, and EncoderError where the model makes more
        of a text than the mean of its token vectors.
        """
        words = _checked(question, 1, "dense").words
        with self._reader.view() as view:
            row, at = view.passage(passage_id), np.array([passage_id], np.int64)
            stored = float(view.cosines(self._encoder.question(words).vector, at)[0])
        tokens, (own,) = self._encoder.tokens(words, [row.prefix + row.text])
        return explain(words, (row.id, row.prefix, row.text), tokens, own, stored)

    def answer(
        self,
        question: str,
        k: int = 10,
        *,
        filter: str | Filter | None = None,
        reader: SpanReader | None = None,
    ) -> Answer:
        """The sentence of the nearest passages that answers a question best, or two, with those passages.

        k       how many passages come along, 1 to 1,000
        filter  which passages to search, as in `query`
        reader  sharpens the sentence to a span of it

        There is no answer where the best passage is unlikely to be relevant, or the first passages hold no
        sentence with a word of the question, and the encoder can't read it. Raises as `query` does.
        """
        hits = self.query(question, k, filter=filter)
        if hits and hits[0].likelihood == "unlikely":
            return Answer(hits.query, None, None, None, 0, 0, hits)
        with self._reader.view() as view:
            weights = word_weights(view, hits.words)
            ids = np.array([hit.passage_id for hit in hits[:PASSAGES]], np.int64)
            ids = ids[np.isin(ids, view.ids(None))]  # a commit since may have removed some
            rows = view.passages(ids)
        found = sentences([hit for hit in hits[:PASSAGES] if hit.passage_id in ids])
        trust = self._encoder.question(hits.words).trust
        if not found or not (trust or any(coverage(at.text, weights) for at in found)):
            return Answer(hits.query, None, None, None, 0, 0, hits)
        tokens = self._in_context(hits.words, found, rows) if trust else (None, [])
        hit, start, end = stretch(found, scores(found, weights, *tokens, trust))
        text = hit.text[start - hit.start : end - hit.start]
        begin, stop = (0, len(text)) if reader is None else reader.span(hits.words, text)
        right = None if hit.probability is None else SENTENCE * hit.probability
        return Answer(hits.query, text[begin:stop], right, hit, start + begin, start + stop, hits)

    def _in_context(
        self, question: str, found: Sequence[Sentence], rows: Sequence[PassageRow]
    ) -> tuple[TokenVectors | None, list[TokenVectors]]:
        """The tokens of the question, and of each sentence in its passage; none where the model has none."""
        try:
            asked, every = self._encoder.tokens(question, [row.prefix + row.text for row in rows])
        except EncoderError:
            return None, []
        known = {
            row.id: (tokens, len(row.prefix) - row.start) for row, tokens in zip(rows, every, strict=True)
        }

        def of(at: Sentence) -> TokenVectors:
            tokens, shift = known[at.hit.passage_id]
            return part(tokens, at.start + shift, at.end + shift)

        return asked, [of(at) for at in found]

    def difference(self, question: str, above: int, below: int) -> Difference:
        """Why the passage `above` stands above `below`: what each word of the question gives to one more
        than to the other. Raises as `explain` does."""
        first, second = self.explain(question, above), self.explain(question, below)
        with self._reader.view() as view:
            by_word = view.lexical_by_word(first.question, np.array([above, below], np.int64))
        return difference(first, second, {word: float(at[0]) - float(at[1]) for word, at in by_word.items()})

    def view(self) -> AbstractContextManager[View]:
        """One state of the index, for what looks further than one question."""
        return self._reader.view()

    def info(self) -> IndexInfo:
        """Counts, sizes and the encoder of the index."""
        return self._reader.info()

    def ledger(self) -> Ledger:
        """What became of every file that was found."""
        return Ledger(tuple(self._reader.ledger()))

    @property
    def folder(self) -> Path:
        """The index folder."""
        return self._reader.folder.root

    def folders(self) -> list[str]:
        """The absolute paths of the folders that were indexed."""
        return [folder for folder in self._reader.folders() if folder]

    def passage(self, passage_id: int) -> PassageRow:
        """One passage with its place. Raises UnknownIdError."""
        with self._reader.view() as view:
            return view.passage(passage_id)

    def document(self, document_id: int) -> DocumentRow:
        """What is known of one document; its text is in `passages_of`. Raises UnknownIdError."""
        with self._reader.view() as view:
            return view.document(document_id)

    def documents(self, *, after: int = 0, limit: int | None = None) -> list[DocumentRow]:
        """The documents in order of id, from the first id above `after`; all the rest without a `limit`."""
        with self._reader.view() as view:
            return view.documents(after, -1 if limit is None else limit)

    def passages_of(self, document_id: int, *, begin: int = 0, limit: int | None = None) -> list[PassageRow]:
        """A document's passages in order of place, from position `begin` (0 is the first) on.

        Raises UnknownIdError.
        """
        with self._reader.view() as view:
            ids = view.passages_of(document_id)[begin:]
            return view.passages(ids if limit is None else ids[:limit])

    def around(self, passage_id: int, reach: int = 1) -> list[PassageRow]:
        """A passage with up to `reach` of its document's before it and as many after it, in order of place.

        Raises UnknownIdError.
        """
        with self._reader.view() as view:
            ids = view.passages_of(view.passage(passage_id).document_id)
            at = int(np.flatnonzero(ids == passage_id)[0])
            return view.passages(ids[max(0, at - reach) : at + reach + 1])

    def passage_ids(self, filter: str | Filter | None = None) -> NDArray[np.int64]:
        """`(n,)` int64, ascending: all passages of the index, or those that a filter lets through.

        Raises UsageError as `query` does.
        """
        with self._reader.view() as view:
            return view.ids(parsed(filter)).copy()  # the view remembers its own

    def vectors(self, passage_ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """`(n, dim)` float32: the vectors of passages as the index has them, in the order of their ids.

        They are of unit length as far as float16 can tell. Raises UnknownIdError.
        """
        ids = np.asarray(passage_ids, np.int64)
        with self._reader.view() as view:
            unknown = ids[~np.isin(ids, view.ids(None))]
            if unknown.size:
                raise UnknownIdError(f"there is no passage {unknown[0]}; take ids from hits or `passage_ids`")
            return view.vectors(ids)

    def embed(self, texts: Sequence[str], input_type: InputType = "query") -> Embedded:
        """The vectors of texts by the index's own encoder.

        input_type  "query": as questions. "passage": as what questions find. Only models with prompts, as e5
                    has, make a difference of it.

        Raises UsageError for a text that is empty or longer than the encoder's limit: its end would be
        left out of the vector.
        """
        return self._encoder.embed(texts, input_type)

    @property
    def encoder(self) -> EncoderIdentity:
        """Which encoder made the index."""
        return self._encoder.identity

    def close(self) -> None:
        """Let go of the index's files."""
        self._reader.close()


def _checked(question: str | Asked, k: int, mode: str) -> Asked:
    if not isinstance(question, str | Asked):
        raise UsageError(f"the question is a {type(question).__name__}; give a text")
    if not (question if isinstance(question, str) else question.question).strip():
        raise UsageError("the question is empty; ask something")
    if not (isinstance(k, Integral) and 1 <= k <= MAX_K):
        raise UsageError(f"k is {k!r}; it must be 1 to {MAX_K:,}")
    if mode not in get_args(Mode):
        raise UsageError(f"there is no mode {mode!r}; it is one of {', '.join(get_args(Mode))}")
    return read(encodable(question).strip()) if isinstance(question, str) else question


def _check_group(group: str | None) -> None:
    if group not in (None, *get_args(Group)):
        raise UsageError(f"there is no group {group!r}; it is {', '.join(get_args(Group))} or None")

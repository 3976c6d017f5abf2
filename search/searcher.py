"""The one place where question, vectors, words and rows meet."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import (
    EncoderIdentity,
    QuestionEncoding,
    TokenVectors,
    load_encoder,
    load_question_encoder,
    require_same,
)
from indexer.errors import EncoderError, UsageError
from indexer.store import (
    DocumentRow,
    Facets,
    Filter,
    IndexInfo,
    LedgerRow,
    PassageRow,
    Ranked,
    Reader,
    View,
    default_index,
)
from indexer.store.lexical import words_of
from search.answers import PASSAGES, Sentence, coverage, scores, sentences, shortlist
from search.emphasis import by_idf, words_at
from search.explain import Difference, Explanation, difference, explain
from search.feedback import FIRST, towards
from search.filters import parsed
from search.fusion import fuse, lexical_deviation
from search.hits import Answer, Hit, Hits, Mode
from search.likeness import direction, words_left
from search.reading import known_share
from search.results import Group, arrange
from search.spans import SpanReader

__all__ = ["MAX_K", "Embedded", "Searcher"]

logger = logging.getLogger(__name__)

MAX_K = 1_000

# Candidates that each arm brings to a hybrid question. Measured: nDCG@10 is the same from 50 on.
DEPTH = 100

# Hits looked at for each that is shown, so that copies are seen before they are asked for; and the most.
SPARE = 3
DEEPEST = 10_000

CACHED_QUESTIONS = 1_024


class Searcher:
    """Questions to one index. Safe to use from several threads; follows the index as it changes.

    index    the index folder; BERTRIEVE_INDEX, then ./.bertrieve, when not given
    encoder  a loaded one; when not given, the index's own is loaded at the first question that needs it

    Raises NotAnIndexError, FormatVersionError or DamagedIndexError where the index can't be opened, and
    EncoderMismatchError when the encoder isn't the one that made it.
    """

    def __init__(self, index: str | Path | None = None, *, encoder: QuestionEncoding | None = None) -> None:
        self._reader = Reader(Path(index) if index is not None else default_index())
        self._encoder: QuestionEncoding | None = encoder
        self._encoding = threading.Lock()
        self._encoded = lru_cache(CACHED_QUESTIONS)(self._encode)
        if encoder is not None:
            self._require_own(encoder)

    def query(
        self,
        question: str,
        k: int = 10,
        *,
        mode: Mode = "hybrid",
        collapse: bool = True,
        group: Group | None = None,
        filter: str | Filter | None = None,
    ) -> Hits:
        """The passages nearest to a question, best first; fewer than `k` where the index has fewer.

        question  any text; what goes beyond the encoder's limit only counts for the words
        k         1 to 1,000
        mode      "dense": cosine of the vectors. "lexical": BM25 of the words. "hybrid": both, fused.
        collapse  show what says the same as a better hit under that one (`Hit.alike`), not by itself
        group     "document": `k` documents, each by its best passage, with its next best ones in `Hit.others`
        filter    which passages to search, as text (``type:pdf modified>=2025``) or as a tree of
                  `search.filters`; the best `k` of all that it lets through are found

        Raises UsageError for an empty question, a `k`, `mode` or `group` out of range, a filter that can't be
        read or compares a field that no document has.
        """
        question = _checked(question, k, mode)
        if group not in (None, *get_args(Group)):
            raise UsageError(f"there is no group {group!r}; it is {', '.join(get_args(Group))} or None")
        tree = parsed(filter)
        encoded = None if mode == "lexical" else self._encoded(question)
        with self._reader.view() as view:
            allowed = view.allowed(tree)

            def explainer(passage_id: int) -> Explanation:
                return self.explain(question, passage_id)

            def find(depth: int) -> list[Hit]:
                found, dense, lexical = _ranked(view, question, encoded, mode, depth, allowed)
                return _hits(view.passages(found.ids), found, dense, lexical, explainer)

            hits = _arranged(find, k, collapse, group)
            within = None if tree is None else view.within(tree)
        return Hits(question, mode, hits, filter="" if tree is None else str(tree), within=within)

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
    ) -> Hits:
        """The passages most like some and least like others, best first; these and their copies left out.

        likes, unlike  passage ids, or words; `Hits.query` is the words that were searched for

        Raises UsageError where nothing is liked, for words that are empty, a `k` or `mode` out of range, and
        UnknownIdError for an id that the index doesn't have.
        """
        if not likes:
            raise UsageError("nothing is liked; give at least one passage id or some words")
        for each in (*likes, *unlike):
            if isinstance(each, str):
                _checked(each, k, mode)
        with self._reader.view() as view:
            (liked, towards), (unliked, away) = (self._samples(view, each) for each in (likes, unlike))
            words = words_left(" ".join(liked), " ".join(unliked))
            question = _checked(words or " ".join(liked), k, mode)
            encoded = None if mode == "lexical" else _Encoded(direction(towards, away), 1.0)

            def find(depth: int) -> list[Hit]:
                found, dense, lexical = _ranked(view, question, encoded, mode, depth)
                return _hits(
                    view.passages(found.ids), found, dense, lexical, lambda at: self.explain(question, at)
                )

            ids = {each for each in (*likes, *unlike) if not isinstance(each, str)}
            seen = [view.passage(each).text for each in sorted(ids)]
            return Hits(question, mode, _arranged(find, k, True, None, seen))

    def _samples(self, view: View, wanted: Sequence[int | str]) -> tuple[list[str], NDArray[np.float32]]:
        """The texts of passages or words, and their `(n, dim)` vectors."""
        texts, vectors = [], np.zeros((len(wanted), self.encoder.dimension), np.float32)
        for at, each in enumerate(wanted):
            if isinstance(each, str):
                texts.append(_encodable(each))
                vectors[at] = self._encoded(_encodable(each)).vector
            else:
                texts.append(view.passage(each).text)
                vectors[at] = view.vectors(np.array([each], np.int64))[0]
        return texts, vectors

    def explain(self, question: str, passage_id: int) -> Explanation:
        """Why a passage was found, or wasn't: the cosine as an exact sum over words and sentences.

        passage_id  of a hit

        Raises UsageError for an empty question, UnknownIdError, and EncoderError where the model makes more
        of a text than the mean of its token vectors.
        """
        question = _checked(question, 1, "dense")
        with self._reader.view() as view:
            row, at = view.passage(passage_id), np.array([passage_id], np.int64)
            stored = float(view.cosines(self._encoded(question).vector, at)[0])
        with self._encoding:
            encoder = self._require_encoder()
            tokens = encoder.question_tokens(question), encoder.passage_tokens([row.prefix + row.text])[0]
        return explain(question, (row.id, row.prefix, row.text), *tokens, stored)

    def answer(
        self,
        question: str,
        k: int = 10,
        *,
        filter: str | Filter | None = None,
        reader: SpanReader | None = None,
    ) -> Answer:
        """The sentence of the nearest passages that answers a question best, with the passages themselves.

        k       how many passages come along, 1 to 1,000
        filter  which passages to search, as in `query`
        reader  sharpens the sentence to a span of it

        There is no answer where the first passages hold no sentence with a word of the question, and the
        encoder can't read it. Raises as `query` does.
        """
        hits = self.query(question, k, filter=filter)
        found = sentences(hits[:PASSAGES])
        with self._reader.view() as view:
            counts, passages = view.frequencies(hits.query)
        weights = np.log1p((passages - counts + 0.5) / (counts + 0.5))
        idf = dict(zip(words_of(hits.query), weights.tolist(), strict=True))
        found, trust = shortlist(found, idf), self._encoded(hits.query).trust
        if not found or not (trust or any(coverage(at.text, idf) for at in found)):
            return Answer(hits.query, None, None, None, 0, 0, hits)
        best = found[int(np.argmax(scores(found, idf, *self._in_context(hits.query, found, trust), trust)))]
        start, end = (0, len(best.text)) if reader is None else reader.span(hits.query, best.text)
        at = best.start
        return Answer(hits.query, best.text[start:end], None, best.hit, at + start, at + end, hits)

    def _in_context(
        self, question: str, found: Sequence[Sentence], trust: float
    ) -> tuple[TokenVectors | None, list[TokenVectors]]:
        """The tokens of question and sentences; none where they would tell nothing, or the model has none."""
        if not trust:
            return None, []
        with self._encoding:
            encoder = self._require_encoder()
            try:
                return encoder.question_tokens(question), encoder.passage_tokens([at.text for at in found])
            except EncoderError:
                return None, []

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

    def ledger(self) -> list[LedgerRow]:
        """What became of every file that was found."""
        return self._reader.ledger()

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

    def embed(self, texts: Sequence[str]) -> "Embedded":
        """The vectors that the texts have as questions, by the index's own encoder.

        Raises UsageError for a text that is empty or longer than the encoder's limit: its end would be
        left out of the vector.
        """
        with self._encoding:
            encoder = self._require_encoder()
            limit, tokens = encoder.identity.max_tokens, []
            for at, text in enumerate(texts):
                if not text.strip():
                    raise UsageError(f"text {at} is empty")
                text = _encodable(encoder.identity.query_prompt + text)
                tokens.append(len(encoder.tokens.content_ids(text)) + encoder.tokens.special)
                if tokens[-1] > limit:
                    raise UsageError(f"text {at} has {tokens[-1]:,} tokens, the encoder takes {limit:,}")
            # The lock is let go of between texts: a question need not wait for all of them.
        vectors = np.zeros((len(texts), encoder.identity.dimension), np.float32)
        for at, text in enumerate(texts):
            with self._encoding:
                vectors[at] = encoder.encode_question(_encodable(text))
        return Embedded(vectors, tuple(tokens))

    @property
    def encoder(self) -> EncoderIdentity:
        """Which encoder made the index."""
        return EncoderIdentity(**self._reader.encoder)

    def close(self) -> None:
        """Let go of the index's files."""
        self._reader.close()

    def _encode(self, question: str) -> "_Encoded":
        # One at a time: torch already uses every core for one question.
        with self._encoding:
            encoder = self._require_encoder()
            tokens = encoder.tokens
            spans, ids = tokens.offsets([question])[0], tokens.content_ids(question)
            trust = known_share(question, spans, ids, tokens.unknown)
            try:
                found = encoder.question_tokens(question)
            except EncoderError:  # a model whose vectors have no parts
                return _Encoded(encoder.encode_question(question), trust, None)
            return _Encoded(found.text_vector, trust, found)

    def _require_encoder(self) -> QuestionEncoding:
        if self._encoder is None:
            self._encoder = self._loaded()
        return self._encoder

    def _loaded(self) -> QuestionEncoding:
        """The index's own encoder: its files for questions, or else the whole model."""
        files = self._reader.questions()
        if isinstance(files, Path):
            return load_question_encoder(files, EncoderIdentity(**self._reader.encoder))
        stored = self._reader.encoder
        encoder = load_encoder(stored["model"], dimensions=stored["dimension"])
        self._require_own(encoder)
        logger.warning("questions are encoded with torch, which takes seconds to load: %s", files)
        return encoder

    def _require_own(self, encoder: QuestionEncoding) -> None:
        stored = EncoderIdentity(**self._reader.encoder)
        remedy = (
            "search with the index's own encoder, or index again: "
            f"bertrieve index FOLDER --index NEW --model {encoder.identity.model}"
        )
        require_same(stored, encoder.identity, remedy)


@dataclass(frozen=True, slots=True)
class Embedded:
    """`vectors`: `(n, dim)` float32, unit rows. `tokens`: how many each text has, special ones included."""

    vectors: NDArray[np.float32]
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A question's `(dim,)` float32 unit vector, how far the encoder could read it, 0..1, and its tokens."""

    vector: NDArray[np.float32]
    trust: float
    tokens: TokenVectors | None


def _checked(question: str, k: int, mode: str) -> str:
    if not question.strip():
        raise UsageError("the question is empty; ask something")
    if not 1 <= k <= MAX_K:
        raise UsageError(f"k is {k}; it must be 1 to {MAX_K:,}")
    if mode not in get_args(Mode):
        raise UsageError(f"there is no mode {mode!r}; it is one of {', '.join(get_args(Mode))}")
    return _encodable(question).strip()


def _encodable(text: str) -> str:
    """Without lone surrogates (from undecodable arguments): neither tokens nor JSON can hold them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _arranged(
    find: Callable[[int], list[Hit]], k: int, collapse: bool, group: Group | None, seen: Sequence[str] = ()
) -> tuple[Hit, ...]:
    """`k` hits for a person; `find` gives as many of the best as it is asked for, more until `k` are left."""
    depth = k if not collapse and group is None else SPARE * k
    while True:
        hits = find(depth)
        shown = arrange(hits, k, collapsing=collapse, group=group, seen=seen)
        if len(shown) == k or len(hits) < depth or depth == DEEPEST:
            return shown
        depth = min(4 * depth, DEEPEST)


def _ranked(
    view: View,
    question: str,
    encoded: "_Encoded | None",
    mode: Mode,
    k: int,
    allowed: NDArray[np.int64] | None = None,
) -> tuple[Ranked, NDArray[np.float32], NDArray[np.float32]]:
    """The best `k`, and their scores by the vectors and by the words; NaN where an arm was not asked."""
    if encoded is None:
        found = view.lexical(question, k, allowed)
        return found, _unknown(found), found.scores
    if mode == "dense":
        found = view.dense(encoded.vector, k, allowed)
        return found, found.scores, _unknown(found)
    return _fused(view, question, encoded, k, allowed)


def _unknown(found: Ranked) -> NDArray[np.float32]:
    return np.full(len(found.ids), np.nan, np.float32)


def _fused(
    view: View, question: str, encoded: _Encoded, k: int, allowed: NDArray[np.int64] | None = None
) -> tuple[Ranked, NDArray[np.float32], NDArray[np.float32]]:
    """The best `k` of both arms' candidates, each scored by both: the question's tokens by their idf, then
    moved towards the first hits."""
    depth = max(DEPTH, k)
    dense, lexical = view.dense(encoded.vector, depth, allowed), view.lexical(question, depth, allowed)
    ids = np.union1d(dense.ids, lexical.ids)
    vectors, words = view.vectors(ids), view.lexical_scores(question, ids)
    deviation = lexical_deviation(*view.frequencies(question))

    def fused(vector: NDArray[np.float32]) -> NDArray[np.float64]:
        mean, dense_deviation = view.moments.of_scores(vector)
        return fuse(
            vectors @ vector,
            words,
            dense_mean=mean,
            dense_deviation=dense_deviation,
            lexical_deviation=deviation,
            trust=encoded.trust,
        )

    vector = encoded.vector
    if encoded.tokens is not None:
        vector = by_idf(encoded.tokens, *view.rarest(words_at(encoded.tokens, question)))
    scores = fused(vector)
    first = np.argsort(-scores, kind="stable")[:FIRST]
    scores = fused(towards(vector, vectors[first], scores[first]))
    best = Ranked.of(ids, scores.astype(np.float32), k)
    at = np.searchsorted(ids, best.ids)
    return best, np.clip(vectors[at] @ encoded.vector, -1.0, 1.0), words[at]


def _hits(
    rows: list[PassageRow],
    found: Ranked,
    dense: NDArray[np.float32],
    lexical: NDArray[np.float32],
    explainer: Callable[[int], Explanation],
) -> list[Hit]:
    by_id = {row.id: row for row in rows}
    hits = []
    for at, passage_id in enumerate(found.ids.tolist()):
        row = by_id[passage_id]
        hits.append(
            Hit(
                rank=at + 1,
                score=float(found.scores[at]),
                path=row.path,
                page=row.page,
                heading=row.heading,
                line=row.line,
                last_line=row.last_line,
                start=row.start,
                end=row.end,
                text=row.text,
                title=row.title,
                document_id=row.document_id,
                passage_id=row.id,
                dense=_known(dense[at]),
                lexical=_known(lexical[at]),
                explainer=explainer,
                kind=row.kind,
                modified=_local_time(row.modified_ns),
                language=row.language,
            )
        )
    return hits


def _local_time(nanoseconds: int) -> str:
    """ISO 8601 with this machine's offset; "" for a time of 0 or less, which no file has."""
    if nanoseconds <= 0:
        return ""
    return datetime.fromtimestamp(nanoseconds // 10**9).astimezone().isoformat()


def _known(score: np.float32) -> float | None:
    return None if np.isnan(score) else float(score)

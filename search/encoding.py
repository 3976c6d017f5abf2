"""The index's own encoder, for questions: loaded when first needed, one text at a time."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

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
from indexer.store import Reader
from search.reading import known_share

__all__ = ["Embedded", "Encoded", "InputType", "OwnEncoder", "encodable"]

InputType = Literal["query", "passage"]

logger = logging.getLogger(__name__)

# Each keeps a vector for each of its tokens, 1.5 kB with the default model: 6 MB where questions have eight
# words, 100 MB where all are as long as the model takes. It was 1,024, so four times as much.
CACHED_QUESTIONS = 256


@dataclass(frozen=True, slots=True)
class Embedded:
    """`vectors`: `(n, dim)` float32, unit rows. `tokens`: how many each text has, special ones included."""

    vectors: NDArray[np.float32]
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A question as the encoder read it.

    question  its text
    vector    `(dim,)` float32, unit length
    trust     how far the encoder could read it, 0..1
    tokens    its tokens; None where the vector is no mean of tokens
    reads     how far the encoder reads another text, 0..1
    """

    question: str
    vector: NDArray[np.float32]
    trust: float
    tokens: TokenVectors | None
    reads: Callable[[str], float]


class OwnEncoder:
    """The encoder that made an index. Safe to use from several threads.

    encoder  a loaded one; when not given, the index's own is loaded at the first text

    Raises EncoderMismatchError when the encoder isn't the one that made the index.
    """

    def __init__(self, reader: Reader, encoder: QuestionEncoding | None) -> None:
        self._reader = reader
        self._encoder = encoder
        # One text at a time: it already uses every core.
        self._encoding = threading.RLock()
        self.question = lru_cache(CACHED_QUESTIONS)(self._question)
        self.reads = lru_cache(CACHED_QUESTIONS)(self._reads)
        if encoder is not None:
            self._require_own(encoder)

    @property
    def identity(self) -> EncoderIdentity:
        """Which encoder made the index."""
        return EncoderIdentity(**self._reader.encoder)

    def tokens(self, question: str, passages: Sequence[str]) -> tuple[TokenVectors, list[TokenVectors]]:
        """The tokens of a question and of passages in context.

        Raises EncoderError where the model makes more of a text than the mean of its token vectors.
        """
        with self._encoding:
            encoder = self._require_encoder()
            return encoder.question_tokens(question), encoder.passage_tokens(passages)

    def reads_whole(self, word: str) -> bool:
        """Whether a word is a single token; no where torch had to be loaded to tell."""
        with self._encoding:
            if self._encoder is None and not isinstance(self._reader.questions(), Path):
                return False
            return len(self._require_encoder().tokens.content_ids(word)) == 1

    def embed(self, texts: Sequence[str], input_type: InputType = "query") -> Embedded:
        """See `Searcher.embed`."""
        with self._encoding:
            encoder = self._require_encoder()
            own, question = encoder.identity, input_type == "query"
            prompt = own.query_prompt if question else own.passage_prompt
            limit, tokens = own.max_tokens, []
            for at, text in enumerate(texts):
                if not text.strip():
                    raise UsageError(f"text {at} is empty")
                text = encodable(prompt + text)
                tokens.append(len(encoder.tokens.content_ids(text)) + encoder.tokens.special)
                if tokens[-1] > limit:
                    raise UsageError(f"text {at} has {tokens[-1]:,} tokens, the encoder takes {limit:,}")
            # The lock is let go of between texts: a question need not wait for all of them.
        encode = encoder.encode_question if question else encoder.encode_passage
        vectors = np.zeros((len(texts), own.dimension), np.float32)
        for at, text in enumerate(texts):
            with self._encoding:
                vectors[at] = encode(encodable(text))
        return Embedded(vectors, tuple(tokens))

    def _question(self, question: str) -> Encoded:
        with self._encoding:
            encoder = self._require_encoder()
            trust = self.reads(question)
            try:
                found = encoder.question_tokens(question)
            except EncoderError:  # a model whose vectors have no parts
                return Encoded(question, encoder.encode_question(question), trust, None, self.reads)
            return Encoded(question, found.text_vector, trust, found, self.reads)

    def _reads(self, text: str) -> float:
        with self._encoding:
            tokens = self._require_encoder().tokens
        return known_share(text, tokens.offsets([text])[0], tokens.content_ids(text), tokens.unknown)

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


def encodable(text: str) -> str:
    """Without lone surrogates (from undecodable arguments): neither tokens nor JSON can hold them."""
    return text.encode("utf-8", "replace").decode("utf-8")

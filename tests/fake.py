"""An encoder for tests: no model, no torch, microseconds a text, and the same vectors everywhere."""

import hashlib
import re
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import EncoderIdentity, TokenVectors
from indexer.errors import EncoderError

__all__ = ["FakeEncoder", "FakeTokens"]

# A word, or one character of a script that is written without spaces, or a mark.
TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\w\s]"
)


class FakeTokens:
    """Every word, every CJK character and every mark is a token.

    >>> FakeTokens().offsets(["用 BERT."])[0].tolist()
    [[0, 1], [2, 6], [6, 7]]
    """

    special = 2
    unknown = None

    def offsets(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """For each text the `(n, 2)` int32 code-point offsets of its tokens."""
        found = ([match.span() for match in TOKEN.finditer(text)] for text in texts)
        return [np.array(spans, np.int32).reshape(-1, 2) for spans in found]

    def content_ids(self, text: str) -> list[int]:
        """A number for each token."""
        return [zlib.crc32(match.group().encode()) for match in TOKEN.finditer(text)]


class FakeEncoder:
    """A text's vector is the sum of its words' vectors, each drawn from the word's hash, at unit length:
    the more words two texts share, the higher their cosine.

    dimension   length of a vector
    max_tokens  most tokens of one text, two special ones included
    embedded    every passage that was encoded, in order: what a test counts
    """

    def __init__(self, dimension: int = 32, max_tokens: int = 128, name: str = "fake") -> None:
        self.identity = EncoderIdentity(
            model=name,
            weights=hashlib.sha256(name.encode()).hexdigest(),
            tokenizer=hashlib.sha256(b"words").hexdigest(),
            pooling="mean",
            query_prompt="",
            passage_prompt="",
            max_tokens=max_tokens,
            dimension=dimension,
        )
        self.tokens = FakeTokens()
        self.embedded: list[str] = []
        self._name = name

    def encode_passages(
        self,
        texts: Sequence[str],
        *,
        cut: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> NDArray[np.float32]:
        """`(n, dim)` float32, unit rows, in the order of `texts`. Raises EncoderError for one too long."""
        counts = [len(spans) + self.tokens.special for spans in self.tokens.offsets(texts)]
        longest = max(counts, default=0)
        if longest > self.identity.max_tokens and not cut:
            raise EncoderError(
                f"a passage has {longest} tokens and the fake takes {self.identity.max_tokens}"
            )
        self.embedded += texts
        if progress:
            progress(len(texts), sum(min(count, self.identity.max_tokens) for count in counts))
        rows = [self._vector(text) for text in texts]
        return np.array(rows, np.float32).reshape(len(rows), self.identity.dimension)

    def encode_question(self, question: str) -> NDArray[np.float32]:
        """`(dim,)` float32, unit length: what the same text has as a passage."""
        return self._vector(question)

    def encode_passage(self, passage: str) -> NDArray[np.float32]:
        """`(dim,)` float32, unit length: what the same text has as a question."""
        return self._vector(passage)

    def question_tokens(self, question: str) -> TokenVectors:
        """What the same text has as a passage."""
        return self.passage_tokens([question])[0]

    def passage_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The vector of each word, the same in every context, and of nothing: [CLS] and [SEP] are zeros."""
        return [self._in_context(text) for text in texts]

    def _in_context(self, text: str) -> TokenVectors:
        found = list(TOKEN.finditer(text))[: self.identity.max_tokens - self.tokens.special]
        words = [match.group() for match in found]
        size = self.identity.dimension
        rows = [_word_vector(self._name, word.lower(), size) for word in words]
        spans = [match.span() for match in found]
        return TokenVectors(
            ids=np.array([0, *(zlib.crc32(word.encode()) for word in words), 0], np.int64),
            pieces=("[CLS]", *words, "[SEP]"),
            offsets=np.array([(0, 0), *spans, (0, 0)], np.int32),
            special=np.array([True, *(False for _ in words), True]),
            vectors=np.array([np.zeros(size), *rows, np.zeros(size)], np.float32),
        )

    def export(self, folder: Path, samples: Sequence[str]) -> None:
        """Raises EncoderError: there is nothing to export."""
        raise EncoderError("the fake encoder is no model")

    def _vector(self, text: str) -> NDArray[np.float32]:
        words = [match.group().lower() for match in TOKEN.finditer(text)]
        words = words[: self.identity.max_tokens - self.tokens.special] or [""]
        total = np.sum([_word_vector(self._name, word, self.identity.dimension) for word in words], axis=0)
        return (total / np.linalg.norm(total)).astype(np.float32)


@lru_cache(100_000)
def _word_vector(name: str, word: str, dimension: int) -> NDArray[np.float64]:
    digest = hashlib.shake_128(f"{name} {word}".encode("utf-8", "surrogatepass")).digest(dimension)
    # Half a step aside, so that no vector is all zeros.
    return np.frombuffer(digest, np.int8) + 0.5

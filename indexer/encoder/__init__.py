"""Texts -> vectors: mean-pooled BERT. Importing this loads no torch; `load_encoder` does."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.encoder.identity import EncoderIdentity, require_same
from indexer.encoder.models import DEFAULT_MODEL
from indexer.encoder.token_vectors import TokenVectors
from indexer.encoder.tokens import Tokens

if TYPE_CHECKING:
    from indexer.encoder.bert import BertEncoder

__all__ = [
    "DEFAULT_MODEL",
    "Encoder",
    "EncoderIdentity",
    "QuestionEncoding",
    "TokenVectors",
    "load_encoder",
    "load_question_encoder",
    "require_same",
]


class QuestionEncoding(Protocol):
    """What the search layer asks of an encoder.

    Every vector is float32 and has unit length, so an inner product is a cosine.
    """

    @property
    def identity(self) -> EncoderIdentity: ...

    @property
    def tokens(self) -> Tokens: ...

    def encode_question(self, question: str) -> NDArray[np.float32]:
        """`(dim,)` float32, unit length."""
        ...

    def encode_passage(self, passage: str) -> NDArray[np.float32]:
        """`(dim,)` float32, unit length: a single text that others are to find."""
        ...

    def question_tokens(self, question: str) -> TokenVectors:
        """The tokens of a question in context. Raises EncoderError unless a text's vector is their mean."""
        ...

    def passage_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The tokens of each passage in context. Raises EncoderError as `question_tokens` does."""
        ...


class Encoder(QuestionEncoding, Protocol):
    """What the indexer asks of an encoder besides; tests bring a deterministic one."""

    def encode_passages(
        self,
        texts: Sequence[str],
        *,
        cut: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> NDArray[np.float32]:
        """`(n, dim)` float32, unit rows, in the order of `texts`."""
        ...

    def export(self, folder: Path, samples: Sequence[str]) -> None:
        """Write files that encode questions alike, over `samples`, into an empty folder.

        Raises EncoderError where that can't be done.
        """
        ...


def load_question_encoder(folder: Path, identity: EncoderIdentity) -> QuestionEncoding:
    """The encoder for questions that `Encoder.export` wrote into `folder`: no torch, ready in 0.2 s."""
    from indexer.encoder.question import QuestionEncoder

    return QuestionEncoder(folder, identity)


def load_encoder(
    model: str = DEFAULT_MODEL, *, devices: Sequence[str] = (), dimensions: int | None = None
) -> Encoder:
    """The encoder of a hub name or folder.

    devices     where passages are encoded: "cpu", "cuda", "cuda:1", "mps"; "auto" or none is the best one
                there is, several get a process each
    dimensions  to how many its vectors are cut, for a model trained for it; all when not given

    Raises EncoderError where it can't be loaded, UsageError for a device or dimension there isn't.
    """
    # Each length of text has kernels of its own, which the layers of a batch use in turn; torch and oneDNN
    # keep the last 1,024, half a megabyte each, though a length seldom comes again. oneDNN's last 128 take
    # 30 MB and 6% less time than 16; torch's, which hold the same, are no quicker. Both read this when torch
    # is loaded.
    for cache, kernels in (("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128"), ("LRU_CACHE_CAPACITY", "16")):
        os.environ.setdefault(cache, kernels)
    from indexer.encoder.bert import BertEncoder
    from indexer.encoder.devices import best_device, require_device
    from indexer.encoder.workers import Workers

    places = [
        best_device() if device == "auto" else require_device(device) for device in devices or ("auto",)
    ]
    if len(places) == 1:
        return BertEncoder(model, device=places[0], dimension=dimensions)
    workers = Workers(places, partial(_on_device, model, dimensions))
    return BertEncoder(model, device="cpu", dimension=dimensions, workers=workers)


def _on_device(model: str, dimensions: int | None, device: str) -> "BertEncoder":
    from indexer.encoder.bert import BertEncoder

    return BertEncoder(model, device=device, dimension=dimensions)

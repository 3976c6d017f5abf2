"""The encoder of a run: the index's own, the one asked for, or the default; loaded when first needed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.asking import ask_about
from indexer.encoder import DEFAULT_MODEL, Encoder, EncoderIdentity, load_encoder, require_same
from indexer.errors import NotAnIndexError
from indexer.store import Reader, Writer

__all__ = ["EncoderSource"]


class EncoderSource:
    """The encoder of a run, loaded only when there is something to embed."""

    def __init__(
        self,
        index: Path,
        model: str | None,
        encoder: Encoder | None,
        *,
        devices: Sequence[str] = (),
        dimensions: int | None = None,
    ) -> None:
        self.stored = _stored_identity(index)
        self._index, self._model, self._encoder = index, model, encoder
        self._devices, self._dimensions = devices, dimensions
        stored = self.stored
        if stored and (
            encoder is not None
            or model not in (None, stored.model)
            or dimensions not in (None, stored.dimension)
        ):
            self.get()

    def writer(self) -> Writer:
        """The index, open for writing; `get` holds the encoder against it from now on."""
        identity = self.stored or self.get().identity
        writer = Writer(self._index, identity.to_dict())
        self.stored = EncoderIdentity(**writer.encoder)
        return writer

    def get(self) -> Encoder:
        """The encoder, loaded at the first call. Raises EncoderError, UsageError, EncoderMismatchError."""
        if self._encoder is None:
            model, dimensions, stored = self._model or DEFAULT_MODEL, self._dimensions, self.stored
            if stored and self._model in (None, stored.model):
                model = stored.model
                dimensions = stored.dimension if dimensions is None else dimensions
            self._encoder = load_encoder(model, devices=self._devices, dimensions=dimensions)
        if self.stored:
            remedy = f"give another --index, or remove {self._index} and index again"
            require_same(self.stored, self._encoder.identity, remedy)
        return self._encoder

    def ask_about(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(n, dim)` float32: a question about each text."""
        return ask_about(self.get(), texts)


def _stored_identity(index: Path) -> EncoderIdentity | None:
    try:
        reader = Reader(index)
    except NotAnIndexError:
        return None
    reader.close()
    return EncoderIdentity(**reader.encoder)

"""The encoder of a run: the index's own, the one asked for, or the default; loaded when first needed."""

from pathlib import Path

from indexer.encoder import DEFAULT_MODEL, Encoder, EncoderIdentity, load_encoder, require_same
from indexer.errors import NotAnIndexError
from indexer.store import Reader, Writer

__all__ = ["EncoderSource"]


class EncoderSource:
    """The encoder of a run, loaded only when there is something to embed."""

    def __init__(self, index: Path, model: str | None, encoder: Encoder | None) -> None:
        self.stored = _stored_identity(index)
        self._index, self._model, self._encoder = index, model, encoder
        if self.stored and (encoder is not None or model not in (None, self.stored.model)):
            self.get()

    def writer(self) -> Writer:
        """The index, open for writing; `get` holds the encoder against it from now on."""
        identity = self.stored or self.get().identity
        writer = Writer(self._index, identity.to_dict())
        self.stored = EncoderIdentity(**writer.encoder)
        return writer

    def get(self) -> Encoder:
        if self._encoder is None:
            self._encoder = load_encoder(self._model or (self.stored.model if self.stored else DEFAULT_MODEL))
        if self.stored:
            remedy = f"give another --index, or remove {self._index} and index again"
            require_same(self.stored, self._encoder.identity, remedy)
        return self._encoder


def _stored_identity(index: Path) -> EncoderIdentity | None:
    try:
        reader = Reader(index)
    except NotAnIndexError:
        return None
    reader.close()
    return EncoderIdentity(**reader.encoder)

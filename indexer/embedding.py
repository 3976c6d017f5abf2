"""Documents that were read -> the same with their vectors, each distinct new passage embedded once."""

import time
from collections.abc import Callable, Sequence

from indexer.memory import give_back
from indexer.pending import Pending
from indexer.progress import Progress
from indexer.questions import SAMPLES
from indexer.source import EncoderSource
from indexer.store import NewDocument, Writer

__all__ = ["Embedding"]

# Tokens after which free memory is given back: in four batches it grows by some 100 MB, in a commit's by 250.
OFTEN = 16_384


class Embedding:
    """The embedding of one run; the encoder is loaded when the first passage needs it.

    cut      whether a passage over the model's limit is cut to it
    tell     is called after each batch, whose counts are in `progress` by then
    samples  a few of the texts that were embedded
    """

    def __init__(
        self,
        writer: Writer,
        source: EncoderSource,
        progress: Progress,
        tell: Callable[[], None],
        *,
        cut: bool,
    ) -> None:
        self._writer, self._source, self._progress, self._tell = writer, source, progress, tell
        self._cut = cut
        self.samples: list[str] = []

    def documents(self, pending: Sequence[Pending]) -> tuple[NewDocument, ...]:
        """The pending documents with their vectors; those that the index has are taken from it."""
        texts = {key: text for document in pending for key, text in document.texts().items()}
        vectors = self._writer.known_vectors(texts)
        new = [key for key in texts if key not in vectors]
        if new:
            began = time.monotonic() - self._progress.encoding_seconds
            encoder = self._source.get()

            def count(passages: int, tokens: int) -> None:
                due = self._progress.tokens % OFTEN + tokens >= OFTEN
                self._progress.passages += passages
                self._progress.tokens += tokens
                self._progress.encoding_seconds = time.monotonic() - began
                self._tell()
                if due:
                    give_back()

            encoded = encoder.encode_passages([texts[key] for key in new], cut=self._cut, progress=count)
            self.samples = self.samples or [texts[key] for key in new[:SAMPLES]]
            vectors |= dict(zip(new, encoded, strict=True))
        return tuple(document.with_vectors(vectors) for document in pending)

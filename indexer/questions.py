"""The index's own encoder for questions, made once: what lets a question be answered without torch."""

from collections.abc import Sequence

from indexer.encoder import Encoder
from indexer.errors import EncoderError
from indexer.store import Writer

__all__ = ["SAMPLES", "prepare_questions"]

# Passages over which the exported encoder is compared with the one that made the index.
SAMPLES = 32


def prepare_questions(writer: Writer, encoder: Encoder, samples: Sequence[str]) -> None:
    """Export the encoder into the index, unless that was done or found impossible before.

    samples  texts of the index. A model that can't be exported is no error: the reason is kept, and questions
             are encoded as passages are.
    """
    made = writer.folder_for_questions()
    if made is None:
        return
    try:
        encoder.export(made, samples)
    except EncoderError as error:
        writer.keep_questions(None, str(error))
    else:
        writer.keep_questions(made)

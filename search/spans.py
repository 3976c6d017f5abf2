"""An extractive reader: a question and a sentence -> the span of it that answers.

Any model that transformers loads for question answering, which is a classifier of each token as first or last
of the answer (Devlin et al. 2019). Loaded when first asked, with torch; the embedding model goes without.
"""

from pathlib import Path
from typing import Any

from indexer.errors import EncoderError

__all__ = ["SpanReader"]

LONGEST = 30  # tokens of a span; longer ones are sentences, which there are already
TOKENS = 512


class SpanReader:
    """The reader `model`: a hub name or folder. Raises EncoderError where it can't be loaded."""

    def __init__(self, model: str) -> None:
        try:
            from transformers import AutoModelForQuestionAnswering, AutoTokenizer

            folder = Path(model).expanduser()
            name = str(folder) if folder.is_dir() else model
            self._tokenizer: Any = AutoTokenizer.from_pretrained(name)
            self._model: Any = AutoModelForQuestionAnswering.from_pretrained(
                name, use_safetensors=True
            ).eval()
        except Exception as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise EncoderError(
                f"{model} can't be loaded as a reader ({reason}); give a question-answering model"
            ) from error

    def span(self, question: str, text: str) -> tuple[int, int]:
        """The `(start, end)` code points of `text` that most likely answer; all of it where none fits."""
        import torch

        encoded = self._tokenizer(
            question,
            text,
            truncation="only_second",
            max_length=TOKENS,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        offsets = encoded.pop("offset_mapping")[0].tolist()
        own = torch.tensor([at == 1 for at in encoded.sequence_ids(0)])
        with torch.inference_mode():
            found = self._model(**encoded)
        first = found.start_logits[0].masked_fill(~own, float("-inf"))
        last = found.end_logits[0].masked_fill(~own, float("-inf"))
        pairs = first[:, None] + last[None, :]
        allowed = torch.ones_like(pairs, dtype=torch.bool).triu().tril(LONGEST - 1)
        best = int(pairs.masked_fill(~allowed, float("-inf")).argmax())
        start, end = offsets[best // len(offsets)][0], offsets[best % len(offsets)][1]
        return (start, end) if text[start:end].strip() else (0, len(text))

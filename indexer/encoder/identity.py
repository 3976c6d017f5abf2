"""Which encoder made an index: enough to find it again, and to refuse any other."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexer.errors import EncoderMismatchError

__all__ = ["EncoderIdentity", "require_same", "sha256_of"]


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What decides an encoder's vectors.

    model            hub name or folder it was loaded from; where to look, not part of the comparison.
    weights          SHA-256 (hex) over the safetensors files.
    tokenizer        SHA-256 (hex) of its tokenizer.json, or vocab.txt.
    pooling          "mean", or the model's own other choice.
    query_prompt     text put before a question.
    passage_prompt   text put before a passage.
    max_tokens       most tokens of one text, prompt and special tokens included.
    dimension        length of a vector. Vectors are always L2-normalised.
    """

    model: str
    weights: str
    tokenizer: str
    pooling: str
    query_prompt: str
    passage_prompt: str
    max_tokens: int
    dimension: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-able values; `EncoderIdentity(**values)` is the way back."""
        return asdict(self)


def require_same(index: EncoderIdentity, given: EncoderIdentity, remedy: str) -> None:
    """Raise `EncoderMismatchError` unless both make the same vectors.

    The model's name is not compared: a moved folder with the same weights is the same encoder.
    `remedy` completes the sentence "…; ": what the person can do about it.
    """
    ours, theirs = index.to_dict(), given.to_dict()
    different = [key for key in ours if key != "model" and ours[key] != theirs[key]]
    if different:
        raise EncoderMismatchError(
            f"the index was made by {_described(index, different)}, this encoder is "
            f"{_described(given, different)}; {remedy}"
        )


def _described(identity: EncoderIdentity, keys: list[str]) -> str:
    values = identity.to_dict()
    details = ", ".join(f"{key} {_short(values[key])}" for key in keys)
    return f"{identity.model} ({details})"


def _short(value: object) -> str:
    return f"{value[:12]}…" if isinstance(value, str) and len(value) == 64 else repr(value)


def sha256_of(files: Sequence[Path]) -> str:
    """SHA-256 (hex) of the files' bytes, one after the other."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()

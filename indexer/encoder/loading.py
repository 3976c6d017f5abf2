"""A model's folder -> its modules, and what an index remembers of it."""

from pathlib import Path

from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from indexer.encoder.identity import EncoderIdentity
from indexer.encoder.models import DEFAULT_ALIASES
from indexer.errors import EncoderError, UsageError

__all__ = ["identity_of", "load_model"]


def load_model(folder: Path, device: str) -> SentenceTransformer:
    """The model of a folder. Raises EncoderError where it can't be loaded or has no fast tokenizer."""
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(
            str(folder),
            device=device,
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True, "attn_implementation": "sdpa"},
        )
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(f"{folder} can't be loaded as an encoder: {reason}") from error
    if not hasattr(model.tokenizer, "backend_tokenizer"):
        raise EncoderError(f"{folder} has no fast tokenizer (tokenizer.json), which exact offsets need")
    return model.eval()


def identity_of(
    model: str,
    folder: Path,
    loaded: SentenceTransformer,
    weights: str,
    tokenizer: str,
    dimension: int | None,
) -> EncoderIdentity:
    """What an index remembers of a loaded model.

    model               as it was asked for: a hub name or folder
    weights, tokenizer  SHA-256 of their files, hex
    dimension           to how many the vectors are cut; None for all

    Raises UsageError for a dimension that the model can't be cut to, EncoderError where it says too little.
    """
    prompts = loaded.prompts or {}
    whole, limit = loaded.get_embedding_dimension(), loaded.max_seq_length
    if not whole or not limit:
        raise EncoderError(f"{folder} does not say its vectors' dimension and its longest text")
    if dimension is not None and not 1 <= dimension <= whole:
        raise UsageError(f"{model} makes vectors of {whole} dimensions, not {dimension}; give 1 to {whole}")
    if dimension not in (None, whole) and model in DEFAULT_ALIASES:
        raise UsageError(
            f"{model} was not trained to have its {whole} dimensions cut to {dimension}; "
            "give a model that was (Matryoshka), or leave --dimensions out"
        )
    pooling = getattr(loaded[1], "pooling_mode", "model's own") if len(loaded) > 1 else "model's own"
    return EncoderIdentity(
        model=str(folder) if Path(model).expanduser().is_dir() else model,
        weights=weights,
        tokenizer=tokenizer,
        pooling=str(pooling),
        query_prompt=prompts.get("query") or "",
        passage_prompt=prompts.get("document") or prompts.get("passage") or "",
        max_tokens=int(limit),
        dimension=int(dimension or whole),
    )

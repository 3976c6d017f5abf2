"""Mean-pooled BERT on torch: the forward pass, its batches, its device and its precision."""

import copy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
from torch.nn.utils.rnn import pad_sequence
from transformers.utils import logging as transformers_logging

from indexer.encoder.identity import EncoderIdentity
from indexer.encoder.models import model_folder, tokenizer_of, weights_of
from indexer.encoder.packed import PackedBert, packable
from indexer.encoder.token_vectors import TokenVectors
from indexer.encoder.tokens import Tokens
from indexer.errors import EncoderError

__all__ = ["BertEncoder"]

# Tokens in one batch, padding included. Measured on 2 cores: 2,048 to 8,192 differ by 3%; more costs
# memory (attention grows with the square of the length) and makes Ctrl-C wait longer.
BATCH_TOKENS = 4096


class BertEncoder:
    """Texts -> unit vectors, by the model that sentence-transformers loads from `model`.

    identity  what an index remembers of it.
    tokens    its tokenizer, for packing passages.
    device    where it runs: "cuda", "mps" or "cpu".
    precision of the transformer's own arithmetic: "bfloat16", "float16" or "float32". Pooling and
              normalisation are always float32: summed in bfloat16 they alone cost 0.002 of cosine.

    Raises EncoderError where the model can't be loaded.
    """

    def __init__(self, model: str, *, device: str | None = None, precision: str | None = None) -> None:
        folder = model_folder(model)
        weights, tokenizer = weights_of(folder), tokenizer_of(folder)
        self.device = device or best_device()
        self.precision = precision or best_precision(self.device)
        self._model = _load(folder, self.device)
        self._transformer, *self._head = self._model
        self._transformer.to(getattr(torch, self.precision))
        self._packed = _packed(self._transformer, self.device)
        self.serialised_tokenizer: str = self._model.tokenizer.backend_tokenizer.to_str()
        self.identity = _identity(model, folder, self._model, weights, tokenizer)
        self.tokens = Tokens(self.serialised_tokenizer, self.identity.max_tokens)

    def encode_passages(
        self,
        texts: Sequence[str],
        *,
        cut: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> NDArray[np.float32]:
        """`(n, dim)` float32, unit rows, in the order of `texts`.

        cut       whether a text over the model's limit is cut to it; if not, it raises EncoderError.
        progress  called after each batch with how many (texts, tokens) it held.
        """
        return self._encode(texts, self.identity.passage_prompt, cut, progress)

    def encode_question(self, question: str) -> NDArray[np.float32]:
        """`(dim,)` float32, unit length; a question over the model's limit is cut to it."""
        vector: NDArray[np.float32] = self._encode([question], self.identity.query_prompt, True, None)[0]
        return vector

    def question_tokens(self, question: str) -> TokenVectors:
        """The tokens of a question in context. Raises EncoderError unless a text's vector is their mean."""
        return self._in_context([question], self.identity.query_prompt)[0]

    def passage_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The tokens of each passage in context; one over the model's limit is cut to it.

        Raises EncoderError unless a text's vector is their mean.
        """
        return self._in_context(texts, self.identity.passage_prompt)

    @property
    def averages(self) -> bool:
        """Whether a text's vector is the mean of its token vectors at unit length, and nothing more."""
        if not self._head or not isinstance(pooling := self._head[0], Pooling):
            return False
        prompted = bool(self.identity.query_prompt or self.identity.passage_prompt)
        mean = pooling.pooling_mode == "mean" and (pooling.include_prompt or not prompted)
        return mean and all(isinstance(module, Normalize) for module in self._head[1:])

    def export(self, folder: Path, samples: Sequence[str]) -> None:
        """Write the files of a `QuestionEncoder` into an empty folder, compared with this one on `samples`.

        Raises EncoderError where the model can't be exported, or would answer otherwise.
        """
        from indexer.encoder.export import export  # ONNX's tools take a second to import

        export(self, folder, samples)

    def float_copy(self) -> torch.nn.Sequential:
        """The model's modules in float32 on the processor, for export; this encoder stays as it is."""
        return copy.deepcopy(torch.nn.Sequential(*self._model)).float().to("cpu")

    def _encode(
        self, texts: Sequence[str], prompt: str, cut: bool, progress: Callable[[int, int], None] | None
    ) -> NDArray[np.float32]:
        ids = self._token_ids([prompt + text for text in texts], cut)
        vectors = np.empty((len(ids), self.identity.dimension), dtype=np.float32)
        for batch in batches([len(row) for row in ids], BATCH_TOKENS):
            vectors[batch] = self._forward([ids[at] for at in batch], prompt)
            if progress:
                progress(len(batch), sum(len(ids[at]) for at in batch))
        return vectors

    def _token_ids(self, texts: list[str], cut: bool) -> list[list[int]]:
        ids, limit = self.tokens.ids(texts), self.identity.max_tokens
        for at, row in enumerate(ids):
            if len(row) > limit:
                if not cut:
                    raise EncoderError(
                        f"a passage has {len(row)} tokens and {self.identity.model} takes {limit}; "
                        "split it with indexer.passages, or ask for it to be cut"
                    )
                ids[at] = self.tokens.cut_ids(texts[at])
        return ids

    def _forward(self, ids: list[list[int]], prompt: str) -> NDArray[np.float32]:
        with torch.inference_mode():
            features = self._transformed(ids, prompt)
            for module in self._head:
                features = module(features)
            vectors = torch.nn.functional.normalize(features["sentence_embedding"].float(), dim=-1)
        array: NDArray[np.float32] = vectors.cpu().numpy()
        return array

    def _in_context(self, texts: Sequence[str], prompt: str) -> list[TokenVectors]:
        if not self.averages:
            raise EncoderError(
                f"{self.identity.model} makes more of a text than the mean of its token vectors "
                f"(pooling: {self.identity.pooling}), so a score has no parts; use a mean-pooled model"
            )
        ids = self._token_ids([prompt + text for text in texts], cut=True)
        found: dict[int, TokenVectors] = {}
        for batch in batches([len(row) for row in ids], BATCH_TOKENS):
            with torch.inference_mode():
                vectors = self._transformed([ids[at] for at in batch], prompt)["token_embeddings"]
            array: NDArray[np.float32] = vectors.cpu().numpy()
            for at, rows in zip(batch.tolist(), array, strict=True):
                found[at] = self.tokens.in_context(prompt, texts[at], rows[: len(ids[at])].copy())
        return [found[at] for at in range(len(texts))]

    def _transformed(self, ids: list[list[int]], prompt: str) -> dict[str, Any]:
        """What the transformer makes of a batch, its token vectors `(texts, tokens, dim)` in float32."""
        features: dict[str, Any] = {
            "attention_mask": _mask([len(row) for row in ids]).to(self.device),
            "prompt_length": len(self.tokens.ids([prompt])[0]) - 1 if prompt else 0,
        }
        if self._packed:
            states = self._packed(ids).float()
            texts = list(torch.split(states, [len(row) for row in ids]))
            return {**features, "token_embeddings": pad_sequence(texts, batch_first=True)}
        rows = [torch.tensor(row) for row in ids]
        padding = self._model.tokenizer.pad_token_id or 0
        features["input_ids"] = pad_sequence(rows, batch_first=True, padding_value=padding).to(self.device)
        features = self._transformer(features)
        features["token_embeddings"] = features["token_embeddings"].float()
        return features


def batches(lengths: Sequence[int], budget: int) -> Iterator[NDArray[np.intp]]:
    """Positions of `lengths`, longest first, in batches of at most `budget` tokens with their padding.

    Longest first, so that a batch too large for the device's memory fails at once, not after an
    hour. A single text over the budget is a batch of its own.
    """
    order = np.argsort(np.asarray(lengths), kind="stable")[::-1]
    begin = 0
    while begin < len(order):
        size = max(1, budget // max(1, lengths[order[begin]]))
        yield order[begin : begin + size]
        begin += size


def best_device() -> str:
    """ "cuda" or "mps" where torch sees one, else "cpu"."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def best_precision(device: str) -> str:
    """bfloat16 where the device computes it natively; float16 on other GPUs; else float32.

    A processor without AVX512-BF16 or AMX emulates bfloat16, several times slower than float32.
    """
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    if device == "mps":
        return "float16"
    return "bfloat16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "float32"


def _load(folder: Path, device: str) -> SentenceTransformer:
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


def _packed(transformer: Any, device: str) -> PackedBert | None:
    """The forward pass without padding, on a processor; a GPU is faster with one large product a batch."""
    model = getattr(transformer, "auto_model", None)
    return PackedBert(model) if device == "cpu" and packable(model) else None


def _mask(lengths: list[int]) -> torch.Tensor:
    """`(texts, tokens)` int64: 1 where a text has a token."""
    return (torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]).long()


def _identity(
    model: str, folder: Path, loaded: SentenceTransformer, weights: str, tokenizer: str
) -> EncoderIdentity:
    prompts = loaded.prompts or {}
    dimension, limit = loaded.get_embedding_dimension(), loaded.max_seq_length
    if not dimension or not limit:
        raise EncoderError(f"{folder} does not say its vectors' dimension and its longest text")
    pooling = getattr(loaded[1], "pooling_mode", "model's own") if len(loaded) > 1 else "model's own"
    return EncoderIdentity(
        model=str(folder) if Path(model).expanduser().is_dir() else model,
        weights=weights,
        tokenizer=tokenizer,
        pooling=str(pooling),
        query_prompt=prompts.get("query") or "",
        passage_prompt=prompts.get("document") or prompts.get("passage") or "",
        max_tokens=int(limit),
        dimension=int(dimension),
    )

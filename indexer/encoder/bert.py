"""Mean-pooled BERT on torch: the forward pass, its batches, its device and its precision."""

import copy
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
from torch.nn.utils.rnn import pad_sequence

from indexer.encoder import eight_bits, sample
from indexer.encoder.devices import best_device, best_precision, out_of_memory, require_device
from indexer.encoder.loading import identity_of, load_model
from indexer.encoder.models import model_folder, tokenizer_of, weights_of
from indexer.encoder.packed import SHORT, PackedBert, packable
from indexer.encoder.token_vectors import TokenVectors
from indexer.encoder.tokens import Tokens
from indexer.encoder.trial import in_eight_bits
from indexer.encoder.workers import Workers
from indexer.errors import EncoderError

__all__ = ["BertEncoder"]

# Tokens in one batch, padding included. Measured on 2 cores: 2,048 to 8,192 differ by 3%; more costs
# memory (attention grows with the square of the length) and makes Ctrl-C wait longer.
BATCH_TOKENS = 4096
# A GPU wants more at once. Not measured; a batch that its memory doesn't hold is halved.
GPU_BATCH_TOKENS = 32_768


class BertEncoder:
    """Texts -> unit vectors, by the model that sentence-transformers loads from `model`.

    identity  what an index remembers of it.
    tokens    its tokenizer, for packing passages.
    device    where it runs: "cuda", "cuda:1", "mps" or "cpu".
    precision of the transformer's own arithmetic: "bfloat16", "float16" or "float32". Pooling and
              normalisation are always float32: summed in bfloat16 they alone cost 0.002 of cosine.
              Where none is asked for, a processor that can makes the products of texts of 32 tokens and more
              in 8 bits, in as many layers as the model bears (`trial.py`): tried at the first such text, so
              that whoever only asks short questions doesn't wait for it.
    dimension length of a vector; a smaller one than the model's cuts its vectors, which only a model trained
              for it (Matryoshka, arXiv 2205.13147) bears.
    workers   processes that encode passages instead of this one.

    Raises EncoderError where the model can't be loaded, UsageError for a device or dimension there isn't.
    """

    def __init__(
        self,
        model: str,
        *,
        device: str | None = None,
        precision: str | None = None,
        dimension: int | None = None,
        workers: Workers | None = None,
    ) -> None:
        folder = model_folder(model)
        weights, tokenizer = weights_of(folder), tokenizer_of(folder)
        self.device = require_device(device) if device else best_device()
        self.precision = precision or best_precision(self.device)
        self._model = load_model(folder, self.device)
        self._transformer, *self._head = self._model
        self._transformer.to(getattr(torch, self.precision))
        self._packed = _packed(self._transformer, self.device)
        self._budget = BATCH_TOKENS if self.device == "cpu" else GPU_BATCH_TOKENS
        self._workers = workers
        self.serialised_tokenizer: str = self._model.tokenizer.backend_tokenizer.to_str()
        self.identity = identity_of(model, folder, self._model, weights, tokenizer, dimension)
        self.tokens = Tokens(self.serialised_tokenizer, self.identity.max_tokens)
        self._untried = precision is None and eight_bits.available()

    @property
    def eight_bit_layers(self) -> int:
        """How many layers have products of 8-bit integers."""
        self._settle()
        return self._packed.eight_bit_layers if self._packed else 0

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

    def encode_passage(self, passage: str) -> NDArray[np.float32]:
        """`(dim,)` float32, unit length; a passage over the model's limit is cut to it."""
        vector: NDArray[np.float32] = self._encode([passage], self.identity.passage_prompt, True, None)[0]
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

    def close(self) -> None:
        """End the processes of several devices; they start again with the next passages."""
        if self._workers:
            self._workers.close()

    def float_copy(self) -> torch.nn.Sequential:
        """The model's modules in float32 on the processor, for export; this encoder stays as it is."""
        return copy.deepcopy(torch.nn.Sequential(*self._model)).float().to("cpu")

    def _encode(
        self, texts: Sequence[str], prompt: str, cut: bool, progress: Callable[[int, int], None] | None
    ) -> NDArray[np.float32]:
        ids = self._token_ids([prompt + text for text in texts], cut)
        vectors = np.empty((len(ids), self.identity.dimension), dtype=np.float32)
        # Closed at once when Ctrl-C comes between two batches, so that no process goes on.
        with closing(self._computed(ids, prompt)) as computed:
            for batch, found in computed:
                vectors[batch] = found
                if progress:
                    progress(len(batch), sum(len(ids[at]) for at in batch))
        return vectors

    def _computed(
        self, ids: list[list[int]], prompt: str
    ) -> Generator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
        """Batches of places in `ids`, each with its vectors, in any order."""
        todo = list(batches([len(row) for row in ids], self._budget))
        if self._workers and len(todo) > 1:
            asked = [[ids[at] for at in batch] for batch in todo]
            for number, found in self._workers.vectors(asked, prompt):
                yield todo[number], found
            return
        # A GPU computes while the next batch is made ready: each is fetched once the one after it is begun.
        begun: deque[tuple[NDArray[np.intp], torch.Tensor]] = deque()
        for batch in todo:
            begun.append((batch, self._begun([ids[at] for at in batch], prompt)))
            if len(begun) > 1:
                yield _fetched(*begun.popleft())
        for waiting in begun:
            yield _fetched(*waiting)

    def batch_vectors(self, ids: list[list[int]], prompt: str) -> NDArray[np.float32]:
        """`(texts, dim)` float32, unit rows. What the device's memory doesn't hold at once is halved, and
        later batches keep to what it held. Raises EncoderError where it doesn't hold one text.
        """
        vectors: NDArray[np.float32] = self._begun(ids, prompt).cpu().numpy()
        return vectors

    def _begun(self, ids: list[list[int]], prompt: str) -> torch.Tensor:
        """`batch_vectors`, on the device, which may still be at it."""
        size = len(ids) * max(map(len, ids))
        if size <= self._budget or len(ids) == 1:
            try:
                return self._forward(ids, prompt)
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                if len(ids) == 1:
                    raise EncoderError(
                        f"{self.device} has no memory for a text of {len(ids[0])} tokens; "
                        "give another --device, or a smaller model"
                    ) from error
            # Out of the handler, which keeps the failed pass's tensors alive.
            self._budget = max(1, size // 2)
            if self.device.startswith("cuda"):
                torch.cuda.empty_cache()
        middle = (len(ids) + 1) // 2
        return torch.cat([self._begun(part, prompt) for part in (ids[:middle], ids[middle:])])

    def _settle(self) -> None:
        if self._packed and self._untried:
            self._untried = False
            self._packed = self._tried(self._packed)

    def _tried(self, packed: PackedBert) -> PackedBert:
        """The forward pass with 8-bit products, where the vectors of other texts stay the same."""
        prompt = self.identity.passage_prompt
        seen, others = (
            self._token_ids([prompt + text for text in texts], cut=True)
            for texts in (sample.SEEN, sample.OTHERS)
        )

        def vectors(tried: PackedBert) -> torch.Tensor:
            self._packed = tried
            return self._forward(others, prompt)

        # torch doesn't document the operators, so whatever they can't do is done without them.
        with torch.inference_mode(), suppress(RuntimeError, TypeError):
            return in_eight_bits(packed, seen, vectors)
        return packed

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

    def _forward(self, ids: list[list[int]], prompt: str) -> torch.Tensor:
        with torch.inference_mode():
            features = self._transformed(ids, prompt)
            for module in self._head:
                features = module(features)
            cut = features["sentence_embedding"][:, : self.identity.dimension]
            return torch.nn.functional.normalize(cut.float(), dim=-1)

    def _in_context(self, texts: Sequence[str], prompt: str) -> list[TokenVectors]:
        if not self.averages:
            raise EncoderError(
                f"{self.identity.model} makes more of a text than the mean of its token vectors "
                f"(pooling: {self.identity.pooling}), so a score has no parts; use a mean-pooled model"
            )
        ids = self._token_ids([prompt + text for text in texts], cut=True)
        found: dict[int, TokenVectors] = {}
        for batch in batches([len(row) for row in ids], self._budget):
            with torch.inference_mode():
                vectors = self._transformed([ids[at] for at in batch], prompt)["token_embeddings"]
                vectors = vectors[..., : self.identity.dimension]
            array: NDArray[np.float32] = vectors.cpu().numpy()
            for at, rows in zip(batch.tolist(), array, strict=True):
                found[at] = self.tokens.in_context(prompt, texts[at], rows[: len(ids[at])].copy())
        return [found[at] for at in range(len(texts))]

    def _transformed(self, ids: list[list[int]], prompt: str) -> dict[str, Any]:
        """What the transformer makes of a batch, its token vectors `(texts, tokens, dim)` in float32."""
        features: dict[str, Any] = {
            "attention_mask": _sent(_mask([len(row) for row in ids]), self.device),
            "prompt_length": len(self.tokens.ids([prompt])[0]) - 1 if prompt else 0,
        }
        if self._packed:
            if max(map(len, ids)) >= SHORT:
                self._settle()
            states = self._packed(ids).float()
            texts = list(torch.split(states, [len(row) for row in ids]))
            return {**features, "token_embeddings": pad_sequence(texts, batch_first=True)}
        rows = [torch.tensor(row) for row in ids]
        padding = self._model.tokenizer.pad_token_id or 0
        padded = pad_sequence(rows, batch_first=True, padding_value=padding)
        features["input_ids"] = _sent(padded, self.device)
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


def _packed(transformer: Any, device: str) -> PackedBert | None:
    """The forward pass without padding, on a processor; a GPU is faster with one large product a batch."""
    model = getattr(transformer, "auto_model", None)
    return PackedBert(model) if device == "cpu" and packable(model) else None


def _fetched(batch: NDArray[np.intp], vectors: torch.Tensor) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    return batch, vectors.cpu().numpy()


def _sent(tensor: torch.Tensor, device: str) -> torch.Tensor:
    """The tensor on the device; a GPU of CUDA copies it out of pinned memory while it computes."""
    if device.startswith("cuda"):
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def _mask(lengths: list[int]) -> torch.Tensor:
    """`(texts, tokens)` int64: 1 where a text has a token."""
    return (torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]).long()

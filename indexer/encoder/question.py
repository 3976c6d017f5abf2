"""One question -> its vector, on ONNX Runtime: no torch, so a cold process answers in under a second."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from indexer.encoder.identity import EncoderIdentity
from indexer.encoder.token_vectors import TokenVectors
from indexer.encoder.tokens import Tokens
from indexer.errors import EncoderError

__all__ = ["INPUT", "MODEL_FILE", "TOKENIZER_FILE", "TOKEN_VECTORS", "VECTOR", "QuestionEncoder"]

MODEL_FILE, TOKENIZER_FILE = "model.onnx", "tokenizer.json"
INPUT, VECTOR, TOKEN_VECTORS = "input_ids", "vector", "token_vectors"


class QuestionEncoder:
    """An encoder for one short text at a time, from the files that `indexer.encoder.export` wrote.

    identity  of the encoder it was exported from
    """

    def __init__(self, folder: Path, identity: EncoderIdentity) -> None:
        self.identity = identity
        self.tokens = Tokens((folder / TOKENIZER_FILE).read_text(encoding="utf-8"), identity.max_tokens)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = min(4, os.cpu_count() or 1)
        # Spinning threads would take the processor from other sessions of a server between questions.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
        )

    def encode_question(self, question: str) -> NDArray[np.float32]:
        """`(dim,)` float32, unit length; a question over the model's limit is cut to it."""
        return self._run(VECTOR, self.tokens.cut_ids(self.identity.query_prompt + question))

    def encode_passage(self, passage: str) -> NDArray[np.float32]:
        """`(dim,)` float32, unit length; a passage over the model's limit is cut to it."""
        return self._run(VECTOR, self.tokens.cut_ids(self.identity.passage_prompt + passage))

    def question_tokens(self, question: str) -> TokenVectors:
        """The tokens of a question in context. Raises EncoderError unless a text's vector is their mean."""
        return self._in_context(self.identity.query_prompt, question)

    def passage_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The tokens of each passage in context. Raises EncoderError as `question_tokens` does."""
        return [self._in_context(self.identity.passage_prompt, text) for text in texts]

    def _in_context(self, prompt: str, text: str) -> TokenVectors:
        if TOKEN_VECTORS not in {output.name for output in self._session.get_outputs()}:
            raise EncoderError(
                f"{self.identity.model} makes more of a text than the mean of its token vectors, so a score "
                "has no parts; index with a mean-pooled model"
            )
        return self.tokens.in_context(
            prompt, text, self._run(TOKEN_VECTORS, self.tokens.cut_ids(prompt + text))
        )

    def _run(self, output: str, ids: list[int]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self._session.run([output], {INPUT: np.array([ids], np.int64)})[0][0]
        return found

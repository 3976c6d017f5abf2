"""One question -> its vector, on ONNX Runtime: no torch, so a cold process answers in under a second."""

import os
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from indexer.encoder.identity import EncoderIdentity
from indexer.encoder.tokens import Tokens

__all__ = ["MODEL_FILE", "TOKENIZER_FILE", "QuestionEncoder"]

MODEL_FILE, TOKENIZER_FILE = "model.onnx", "tokenizer.json"


class QuestionEncoder:
    """An encoder for questions only, from the files that `indexer.encoder.export` wrote.

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
        ids = self.tokens.cut_ids(self.identity.query_prompt + question)
        vector: NDArray[np.float32] = self._session.run(None, {"input_ids": np.array([ids], np.int64)})[0][0]
        return vector

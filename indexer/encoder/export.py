"""The encoder as one small file for questions: exported from torch, quantised, and compared with torch.

A question is one short text, so its time goes into reading the weights. 8-bit weights (blocks of 32, one
scale each) halve it and keep the cosine to float32 above 0.999; 8-bit activations as well (ONNX Runtime's
dynamic quantisation) would be faster still, but lose to 0.95.
"""

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from indexer.encoder.bert import BertEncoder
from indexer.encoder.question import (
    INPUT,
    MODEL_FILE,
    TOKEN_VECTORS,
    TOKENIZER_FILE,
    VECTOR,
    QuestionEncoder,
)
from indexer.errors import EncoderError

__all__ = ["LEAST_COSINE", "export"]

# Below this the file would answer other questions than torch does, and isn't used.
LEAST_COSINE = 0.99


def export(encoder: BertEncoder, folder: Path, samples: Sequence[str]) -> float:
    """Write the files of a `QuestionEncoder` into an existing, empty folder.

    samples  real texts, over which the file is compared with torch
    Returns the smallest cosine between the two. Raises EncoderError, in one sentence, where the model
    can't be exported or the cosine is below `LEAST_COSINE`.
    """
    try:
        with _quiet():
            model = _halved(_quantised(_exported(encoder)))
            onnx.save(model, folder / MODEL_FILE)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(f"{encoder.identity.model} can't be exported: {reason}") from error
    (folder / TOKENIZER_FILE).write_text(encoder.serialised_tokenizer, encoding="utf-8")
    exported = QuestionEncoder(folder, encoder.identity)
    pairs = [(encoder.encode_question(text), exported.encode_question(text)) for text in samples]
    cosine = min(float(ours @ theirs) for ours, theirs in pairs)
    if not cosine >= LEAST_COSINE:
        raise EncoderError(
            f"{encoder.identity.model} was exported with a smallest cosine of {cosine:.4f} to torch, "
            f"{LEAST_COSINE} is asked"
        )
    return cosine


class _Question(torch.nn.Module):
    """One text's token ids, `(1, n)` int64 -> its unit vector, `(1, dim)` float32; and, where that is their
    mean, its token vectors, `(1, n, dim)` float32, which are on the way to it and cost nothing."""

    def __init__(self, encoder: BertEncoder) -> None:
        super().__init__()
        self.encoder = encoder.float_copy()
        self.averages, self.dimension = encoder.averages, encoder.identity.dimension

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, ...]:
        features: dict[str, Any] = {"input_ids": input_ids, "attention_mask": torch.ones_like(input_ids)}
        for module in self.encoder:
            features = module(features)
        vector = torch.nn.functional.normalize(features["sentence_embedding"][:, : self.dimension], dim=-1)
        return (vector, features["token_embeddings"][..., : self.dimension]) if self.averages else (vector,)


def _exported(encoder: BertEncoder) -> onnx.ModelProto:
    example = torch.tensor([encoder.tokens.ids(["what is mean pooling?"])[0]])
    program = torch.onnx.export(
        _Question(encoder).eval(),
        (example,),
        input_names=[INPUT],
        output_names=[VECTOR, TOKEN_VECTORS] if encoder.averages else [VECTOR],
        dynamic_shapes={INPUT: {1: torch.export.Dim("tokens", min=1, max=encoder.identity.max_tokens)}},
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise EncoderError("torch returned no program")
    return program.model_proto


def _quantised(model: onnx.ModelProto) -> onnx.ModelProto:
    # Imported here, inside `_quiet`: it configures the root logger for the whole process.
    from onnxruntime.quantization import matmul_nbits_quantizer as nbits

    weights = nbits.DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True, accuracy_level=4, bits=8)
    quantiser = nbits.MatMulNBitsQuantizer(model, algo_config=weights)
    quantiser.process()
    result: onnx.ModelProto = quantiser.model.model
    return result


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Embedding tables in float16, widened after the look-up: half the file, cosine unchanged to 1e-6."""
    graph = model.graph
    tables = {tensor.name: tensor for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        nodes.append(node)
        table = tables.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or table.data_type != TensorProto.FLOAT or len(table.dims) != 2:
            continue
        table.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(table).astype(np.float16), table.name))
        wide, narrow = node.output[0], f"{node.output[0]}_half"
        node.output[0] = narrow
        nodes.append(helper.make_node("Cast", [narrow], [wide], to=TensorProto.FLOAT))
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.value_info[:]
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter prints its steps and warns of what no encoder needs; logging is left as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logging.disable(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)
            root.handlers[:] = handlers
            root.setLevel(level)

"""Where the encoder's time goes: CPU time of each kind of work, of text -> vectors, on the processor.

    OMP_NUM_THREADS=1 python benchmarks/encode_profile.py ../shared/collections/scifact --passages 500

The passages are those of benchmarks/encode.py. Tokenising is timed by itself; the rest is what torch's
profiler counts to an operation alone, without what it calls.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import encode
from torch.profiler import ProfilerActivity, profile

# A kind of work and the operations that are it; what no kind names is "the rest".
# In bfloat16 and 8 bits the bias, GELU and the residual sums are part of the products.
KINDS = {
    "matrix products": ("aten::addmm", "aten::mm", "aten::linear", "aten::mkldnn", "mkldnn::", "onednn::"),
    "numbers to bytes": (
        "aten::addcmul",
        "aten::round",
        "aten::clamp",
        "aten::bitwise_xor",
        "aten::amax",
        "aten::amin",
    ),
    "attention": ("aten::bmm", "aten::exp2", "aten::div", "aten::aminmax", "aten::_scaled_dot_product"),
    "GELU": ("aten::gelu",),
    "layer norm": ("aten::native_layer_norm", "aten::layer_norm"),
    "residual sums": ("aten::add",),
    "copies": ("aten::cat", "aten::copy_", "aten::fill_", "aten::pad_sequence", "aten::zero_"),
    "embedding tables": ("aten::embedding", "aten::index_select"),
    "pooling and unit length": ("aten::sum", "aten::mul", "aten::linalg_vector_norm"),
}


def main() -> None:
    """Profile one run over the passages, and print the shares."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("collection", type=Path)
    words.add_argument("--passages", type=int, default=500)
    asked = words.parse_args()
    texts = list(islice(encode.split_passages(asked.collection), asked.passages))
    from indexer.encoder.bert import BertEncoder

    encoder = BertEncoder("all-MiniLM-L6-v2", device="cpu")
    encoder.encode_passages(texts[:64], cut=True)
    spent = Counter(tokenising=processor_seconds(lambda: encoder.tokens.ids(texts)))
    whole = processor_seconds(lambda: encoder.encode_passages(texts, cut=True))
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        encoder.encode_passages(texts, cut=True)
    for event in profiled.key_averages():
        spent[kind_of(event.key)] += event.self_cpu_time_total / 1e6
    total = sum(spent.values())
    print(f"{len(texts):,} passages, {encode.about(encoder)}: {whole:.1f} CPU s\n")
    for kind, seconds in spent.most_common():
        print(f"{kind:24} {seconds / total:6.1%}")


def kind_of(operation: str) -> str:
    return next((kind for kind, names in KINDS.items() if operation.startswith(names)), "the rest")


def processor_seconds(job: Callable[[], object]) -> float:
    began = time.process_time()
    job()
    return time.process_time() - began


if __name__ == "__main__":
    main()

"""What products of 8-bit integers cost in accuracy and save in time: vectors of real passages, three ways.

    OMP_NUM_THREADS=1 python benchmarks/eight_bits.py ../shared/collections/scifact --passages 1000

The passages are those of benchmarks/encode.py, evenly chosen, and as many beginnings of them of one to eight
words, which have less to average. Prints the cosines to float32 and CPU seconds, of bfloat16 and of 8 bits.
"""

import argparse
import time
from pathlib import Path

import encode
import numpy as np
from numpy.typing import NDArray

from indexer.encoder.bert import BertEncoder


def main() -> None:
    """Encode the passages and their beginnings each way, and compare."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("collection", type=Path)
    words.add_argument("--passages", type=int, default=1000)
    words.add_argument("--model", default="all-MiniLM-L6-v2", help="a hub name or folder")
    asked = words.parse_args()
    passages = list(encode.split_passages(asked.collection))
    passages = passages[:: max(1, len(passages) // asked.passages)][: asked.passages]
    beginnings = [" ".join(text.split()[: 1 + at % 8]) for at, text in enumerate(passages)]
    encoders = {
        "float32": BertEncoder(asked.model, device="cpu", precision="float32"),
        "bfloat16": BertEncoder(asked.model, device="cpu", precision="bfloat16"),
        "8 bits": BertEncoder(asked.model, device="cpu"),
    }
    print(f"{len(passages):,} passages; 8 bits in {encoders['8 bits'].eight_bit_layers} layers")
    for kind, texts in (("passages", passages), ("beginnings", beginnings)):
        exact: NDArray[np.float32] | None = None
        for name, encoder in encoders.items():
            began = time.process_time()
            vectors = encoder.encode_passages(texts, cut=True)
            seconds = time.process_time() - began
            exact = vectors if exact is None else exact
            cosines = (vectors * exact).sum(axis=1)
            print(
                f"{kind:10} {name:8} {seconds:7.1f} CPU s, cosine: smallest {cosines.min():.5f},",
                f"of a hundredth below {np.quantile(cosines, 0.01):.5f}, mean {cosines.mean():.5f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""Which copies collapse under a hit, and why the vectors are not asked: cosines and shared word triples of
edited passages. `python benchmarks/alike.py COLLECTION` (a folder in BEIR layout)."""

import random
import re
import sys
from collections.abc import Callable

import numpy as np

from indexer.encoder import load_encoder
from search.evaluation import load_collection
from search.results import collapse

WORDS, SAMPLE = 75, 150
rng = random.Random(0)


def main() -> None:
    """One line for each kind of edit, and how many passages of the collection collapse by themselves."""
    entries = load_collection(sys.argv[1]).entries
    passages = [" ".join(entry.text.split()[:WORDS]) for entry in entries if entry.text.strip()]
    sample = rng.sample(passages, SAMPLE)
    edits: dict[str, Callable[[str], str]] = {
        "other case and line ends": lambda text: text.replace(" ", "\n", 5).upper()
    }
    edits |= {
        f"{n} words of {WORDS} changed": lambda text, n=n: reworded(text, n, sample) for n in (1, 2, 4, 6)
    }
    edits["one digit changed"] = lambda text: re.sub(
        r"\d", lambda at: str((int(at[0]) + 3) % 10), text, count=1
    )
    encoder = load_encoder()
    for name, edit in edits.items():
        pairs = [(text, edit(text)) for text in sample if edit(text) != text]
        before, after = (encoder.encode_passages(side, cut=True) for side in zip(*pairs, strict=True))
        cosine = float(np.median((before * after).sum(axis=1)))
        share = np.mean([len(collapse(pair)) == 1 for pair in pairs])
        print(f"{name:28} median cosine {cosine:.3f}, collapsed {share:.2f}")
    print(f"{len(passages) - len(collapse(passages))} of {len(passages)} distinct passages collapse")


def reworded(text: str, n: int, sample: list[str]) -> str:
    """`n` words changed for ones of other passages."""
    words = text.split()
    places = [at for at, word in enumerate(words) if word.isalpha()]
    for at in rng.sample(places, min(n, len(places))):
        words[at] = rng.choice(rng.choice(sample).split())
    return " ".join(words)


if __name__ == "__main__":
    main()

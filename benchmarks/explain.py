"""How exact explanations are: |sum of shares − cosine| over random pairs of a collection's texts.

    python benchmarks/explain.py ../shared/collections/scifact --pairs 10000

Prints the largest difference, for texts cut at 300 characters, as the default model encodes them.
"""

import argparse
import random

import numpy as np

from indexer.encoder import load_encoder
from search.evaluation import load_collection
from search.explain import cosine_shares

TEXTS, LENGTH = 200, 300


def main() -> None:
    """Parse the arguments, compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collection")
    parser.add_argument("--pairs", type=int, default=10_000)
    given = parser.parse_args()
    pick, collection, encoder = random.Random(0), load_collection(given.collection), load_encoder()
    asked = pick.sample(sorted(collection.queries.values()), min(TEXTS, len(collection.queries)))
    entries = pick.sample(collection.entries, min(TEXTS, len(collection.entries)))
    questions = [encoder.question_tokens(text) for text in asked]
    passages = encoder.passage_tokens([entry.text[:LENGTH] for entry in entries])
    differences = []
    for _ in range(given.pairs):
        question, passage = pick.choice(questions), pick.choice(passages)
        cosine = float(question.text_vector @ passage.text_vector)
        differences.append(abs(cosine_shares(question, passage).sum() - cosine))
    print(
        f"{given.pairs:,} pairs: largest difference {max(differences):.1e}, mean {np.mean(differences):.1e}"
    )


if __name__ == "__main__":
    main()

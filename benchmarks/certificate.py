"""Whether the certificate of compressed vectors is honest: many seeded builds, and fresh questions to each.

    python benchmarks/certificate.py INDEX [--builds 20] [--passages 50000] [--questions 2000] [--fresh 2000]

INDEX is any index of more passages than that. Of each build the passages are drawn anew, compressed, and
certified with questions of their own, as `Writer.certify` does. Then others are asked, which this certificate
has not seen, by the effort that was taken. It is honest if they meet the target in 95% of the builds. A
question is a sentence of a passage, encoded by the index's own encoder.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.asking import ask_about
from indexer.encoder import EncoderIdentity, load_question_encoder
from indexer.store import Ranked, Reader
from indexer.store.certifying import CANDIDATES, TARGET, certify, exact_scores, lower_bound, overlaps
from indexer.store.codes import TRAINING, Codes, Effort, Reach, build_codes, lists_for
from indexer.store.vectors import BLOCK, cosines

Floats = NDArray[np.float32]


def main() -> None:
    """All builds, a line each, and how many of them keep their word."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("index", type=Path)
    words.add_argument("--builds", type=int, default=20)
    words.add_argument("--passages", type=int, default=50_000)
    words.add_argument("--questions", type=int, default=2_000)
    words.add_argument("--fresh", type=int, default=2_000)
    given = words.parse_args()
    vectors, asked = read(given.index, given.questions + given.fresh)
    kept = dict.fromkeys(CANDIDATES, 0)
    certified = dict.fromkeys(CANDIDATES, 0)
    print("build  depth  width  certified at least  certified mean  fresh mean")
    for seed in range(given.builds):
        chosen = np.random.default_rng(seed)
        ids = np.sort(chosen.choice(len(vectors), given.passages, replace=False))
        order = chosen.permutation(len(asked))
        measured, fresh = np.split(asked[order], [given.questions])
        for depth, width, low, mean, found in build(vectors[ids], measured, fresh, chosen):
            print(f"{seed:5}  {depth:5}  {width:5.3f}  {low:18.4f}  {mean:14.4f}  {found:10.4f}", flush=True)
            certified[depth] += 1
            kept[depth] += found >= TARGET
    for depth in CANDIDATES:
        print(f"overlap@{depth}: {certified[depth]} of {given.builds} certified, {kept[depth]} kept")


def read(index: Path, questions: int) -> tuple[Floats, Floats]:
    """All vectors of an index, and the vectors of so many questions about its passages."""
    reader = Reader(index)
    encoder = load_question_encoder(Path(reader.questions()), EncoderIdentity(**reader.encoder))
    with reader.view() as view:
        ids = view.ids(None)
        vectors = np.concatenate([view.vectors(ids[at : at + BLOCK]) for at in range(0, len(ids), BLOCK)])
        chosen = np.random.default_rng(0).choice(ids, questions, replace=False)
        asked = ask_about(encoder, [row.text for row in view.passages(chosen)])
    reader.close()
    return vectors, asked


def build(
    vectors: Floats, measured: Floats, fresh: Floats, chosen: np.random.Generator
) -> list[tuple[int, float, float, float, float]]:
    """(depth, width, lower bound, mean, mean of the fresh) of each depth that is certified."""
    ids = np.arange(len(vectors))
    blocks = [(ids[at : at + BLOCK], vectors[at : at + BLOCK]) for at in range(0, len(ids), BLOCK)]
    lists = lists_for(len(ids))
    sample = chosen.choice(ids, min(len(ids), lists * TRAINING), replace=False)
    codes = build_codes(vectors[sample], blocks, lists)
    found = []
    search = partial(scores, codes, codes.reach(ids), vectors)
    for depth, (effort, shares) in certify(partial(search, measured), exact_scores(blocks, measured)).items():
        best = exact_scores(blocks, fresh)
        own = [search(fresh, at, depth, effort)[0] for at in range(len(fresh))]
        mean = float(overlaps(own, best, depth).mean())
        found.append((depth, effort.width, lower_bound(shares), float(shares.mean()), mean))
    return found


def scores(
    codes: Codes, reach: Reach, vectors: Floats, asked: Floats, at: int, depth: int, effort: Effort
) -> tuple[Floats, Floats]:
    """What a search finds for a question, as `Snapshot.approximate` does, and the width that each needs."""
    ids = codes.candidates(asked[at], effort, reach)
    found = Ranked.of(ids, cosines(vectors[ids], asked[at]), depth)
    return found.scores, codes.widths(asked[at], found.ids)


if __name__ == "__main__":
    main()

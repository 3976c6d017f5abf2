"""A txtai index of texts whose vectors are known: `benchmarks/load.py` runs this by the peer's Python.

python load_txtai.py FOLDER MODEL      # FOLDER has texts.json and vectors.npy, and gets index/ and config.yml
"""

import json
import sys
from pathlib import Path

import numpy as np
from txtai import Embeddings


def main(folder: Path, model: str) -> None:
    """Make the index, and what txtai's API needs to serve it."""
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    vectors = dict(zip(texts, np.load(folder / "vectors.npy"), strict=True))

    def known(wanted: list[str]) -> np.ndarray:
        return np.stack([vectors[text] for text in wanted]).astype(np.float32)

    # Words and vectors, the texts kept: what our own index does. The rest is txtai's default, which finds
    # neighbours by approximation where there are as many as these.
    index = Embeddings(method="external", transform=known, hybrid=True, content=True)
    index.index((at, text, None) for at, text in enumerate(texts))
    # Questions are encoded by the model itself.
    del index.config["transform"], index.config["method"]
    index.config["path"] = model
    index.save(str(folder / "index"))
    (folder / "config.yml").write_text(
        f"path: {folder / 'index'}\nwritable: false\nembeddings: {{}}\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

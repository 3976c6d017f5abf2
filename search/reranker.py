"""A cross-encoder reads question and passage together and puts the first hits in another order.

Any model that sentence-transformers loads as a CrossEncoder (Nogueira and Cho 2019). Off unless it is named,
for it reads every pair anew: 30 passages cost about what indexing them does. Loaded with torch when made.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.errors import EncoderError
from search.hits import Hit

__all__ = ["FIRST", "Reranker", "reordered"]

FIRST = 30  # hits that are read, or as many as were asked for


class Reranker:
    """The cross-encoder `model`: a hub name or folder. Raises EncoderError where it can't be loaded, or gives
    more than one score for a pair."""

    def __init__(self, model: str) -> None:
        try:
            from sentence_transformers import CrossEncoder

            folder = Path(model).expanduser()
            self._model: Any = CrossEncoder(str(folder) if folder.is_dir() else model)
        except Exception as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise EncoderError(
                f"{model} can't be loaded as a reranker ({reason}); give a cross-encoder"
            ) from error
        if self._model.num_labels != 1:
            raise EncoderError(
                f"{model} gives {self._model.num_labels} scores for a pair, a reranker gives one; "
                "give a cross-encoder for ranking"
            )

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(n,)` float32, how well each text answers; higher is better, in the model's own unit."""
        if not texts:
            return np.zeros(0, np.float32)
        found = self._model.predict([(question, text) for text in texts], show_progress_bar=False)
        return np.asarray(found, np.float32)


def reordered(reranker: Reranker, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits by the reranker's scores, which become theirs; each is read behind its title and headings."""
    texts = ["\n".join(filter(None, (hit.title, *hit.heading, hit.text))) for hit in hits]
    scores = reranker.scores(question, texts)
    order = np.argsort(-scores, kind="stable").tolist()
    return [replace(hits[at], rank=rank, score=float(scores[at])) for rank, at in enumerate(order, 1)]

"""Questions that an index can be measured with, where nobody has asked any yet."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import QuestionEncoding
from indexer.sentences import sentence_ends

__all__ = ["ask_about"]

SHORTEST = 10  # characters: what is shorter is a number or a mark, and the whole text is taken


def ask_about(encoder: QuestionEncoding, texts: Sequence[str]) -> NDArray[np.float32]:
    """`(n, dim)` float32: a sentence of each text, encoded as a question; the same one each time.

    No question that people ask is kept anywhere, so these stand in for them.
    """
    chosen = np.random.default_rng(len(texts))
    questions = []
    for text, ends in zip(texts, sentence_ends(texts), strict=True):
        at = int(chosen.integers(max(1, len(ends))))
        sentence = text[ends[at - 1] if at else 0 : ends[at] if ends else 0]
        questions.append(sentence if len(sentence.strip()) >= SHORTEST else text)
    return np.array([encoder.encode_question(question) for question in questions], np.float32)

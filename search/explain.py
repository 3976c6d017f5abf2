"""Why a passage was found: its cosine as an exact sum over tokens, and what sets one hit above another.

A text's vector is the mean of its token vectors at unit length, so with n question tokens q and m passage
tokens p

    cosine = Σᵢ Σⱼ  qᵢ · pⱼ / (n m |mean q| |mean p|)

and every pair of tokens has its share. Special tokens have theirs too: leaving them out would make the sum
another number. Shares explain the score; they don't find the answer (the sentence with the largest share
holds it for half of the questions, see `search.answers`).
"""

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.encoder import TokenVectors
from indexer.sentences import sentence_ends
from indexer.store.analysis import CJK_RUN, words_of

__all__ = [
    "Difference",
    "Explanation",
    "Share",
    "Token",
    "WordDifference",
    "cosine_shares",
    "difference",
    "explain",
]


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `start`, `end`: code points of the text it was made from; 0, 0 for a special one."""

    piece: str
    start: int
    end: int
    special: bool


@dataclass(frozen=True, slots=True)
class Share:
    """What a stretch of text gives to the cosine; all shares of one side together are the cosine.

    start, end  code points; 0, 0 for the special tokens together, whose `text` names them.
    """

    text: str
    start: int
    end: int
    share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The cosine of a question and a passage, taken apart.

    prefix            title and headings, which are embedded in front of the passage's text.
    text              the passage.
    cosine            of question and passage, both encoded by the searcher's encoder, -1..1.
    stored            the cosine that the index has: its vectors are float16, made in large batches, perhaps
                      with 8-bit products, so it differs from `cosine` by some thousandths.
    question_tokens   n tokens of the question.
    passage_tokens    m tokens of prefix and text; offsets in `prefix + text`.
    shares            n rows of m shares; they sum to `cosine`.
    """

    question: str
    passage_id: int
    prefix: str
    text: str
    cosine: float
    stored: float
    question_tokens: tuple[Token, ...]
    passage_tokens: tuple[Token, ...]
    shares: tuple[tuple[float, ...], ...]

    @property
    def question_words(self) -> tuple[Share, ...]:
        """The question's words, in order, then its special tokens."""
        return tuple(_words(self.question, self.question_tokens, np.sum(self._matrix, axis=1)))

    @property
    def passage_words(self) -> tuple[Share, ...]:
        """The words of `prefix + text`, in order, then the special tokens."""
        return tuple(_words(self.prefix + self.text, self.passage_tokens, np.sum(self._matrix, axis=0)))

    @property
    def sentences(self) -> tuple[Share, ...]:
        """The passage's sentences, offsets in `text`; with them, as all sums to the cosine, the prefix and
        the special tokens, at 0, 0."""
        return tuple(_sentences(self))

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-able values, with `question_words`, `passage_words` and `sentences`."""
        rolled = {
            name: [asdict(share) for share in getattr(self, name)]
            for name in ("question_words", "passage_words", "sentences")
        }
        tokens = {
            name: [asdict(token) for token in getattr(self, name)]
            for name in ("question_tokens", "passage_tokens")
        }
        plain = {name: getattr(self, name) for name in ("question", "passage_id", "prefix", "text")}
        scores = {"cosine": self.cosine, "stored": self.stored}
        return {**plain, **scores, **rolled, **tokens, "shares": [list(row) for row in self.shares]}

    def __str__(self) -> str:
        lines = [f"cosine {self.cosine:.4f} (the index has {self.stored:.4f}), the sum of"]
        for title, shares in (("question", self.question_words), ("passage", self.sentences)):
            lines.append(f"  {title}:")
            lines += [f"    {at.share:+.4f}  {' '.join(at.text.split())}" for at in shares]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """For notebooks: question and passage, each word the darker the more it gives. Text is escaped."""
        question = _marked(self.question, self.question_words)
        passage = _marked(self.prefix + self.text, self.passage_words)
        return (
            f"<p>cosine {self.cosine:.4f} <small>(the index has {self.stored:.4f})</small></p>"
            f"<p><b>{question}</b></p><div style='white-space: pre-wrap'>{passage}</div>"
        )

    @property
    def _matrix(self) -> NDArray[np.float64]:
        return np.array(self.shares, np.float64)


@dataclass(frozen=True, slots=True)
class WordDifference:
    """What a word of the question gives to one hit more than to the other, as cosine and as BM25."""

    word: str
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Why one passage stands above another.

    above, below  passage ids.
    dense         how much more cosine `above` has: the sum of the words' `dense`.
    lexical       how much more BM25 it has: the sum of the words' `lexical`.
    words         of the question, in order, then its special tokens.
    """

    question: str
    above: int
    below: int
    dense: float
    lexical: float
    words: tuple[WordDifference, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON-able values."""
        return {**asdict(self), "words": [asdict(word) for word in self.words]}

    def __str__(self) -> str:
        lines = [f"cosine {self.dense:+.4f}, BM25 {self.lexical:+.2f}"]
        lines += [f"  {at.dense:+.4f}  {at.lexical:+.2f}  {at.word}" for at in self.words]
        return "\n".join(lines)


def cosine_shares(question: TokenVectors, passage: TokenVectors) -> NDArray[np.float64]:
    """`(n, m)` float64: what each pair of tokens gives to the cosine of two texts; all of it sums to it.

    >>> ids, at = np.zeros(2, np.int64), np.zeros((2, 2), np.int32)
    >>> def tokens(*rows): return TokenVectors(ids, ("a", "b"), at, ids > 0, np.float32(rows))
    >>> cosine_shares(tokens([1, 0], [0, 1]), tokens([2, 0], [0, 0])).round(3).tolist()  # cosine √½
    [[0.707, 0.0], [0.0, 0.0]]
    """
    q, p = question.vectors.astype(np.float64), passage.vectors.astype(np.float64)
    lengths = np.linalg.norm(q.sum(axis=0)) * np.linalg.norm(p.sum(axis=0))
    shares: NDArray[np.float64] = q @ p.T / lengths
    return shares


def explain(
    question: str,
    passage: tuple[int, str, str],
    question_tokens: TokenVectors,
    passage_tokens: TokenVectors,
    stored: float,
) -> Explanation:
    """The explanation of one passage, given as (id, prefix, text)."""
    passage_id, prefix, text = passage
    shares = cosine_shares(question_tokens, passage_tokens)
    return Explanation(
        question=question,
        passage_id=passage_id,
        prefix=prefix,
        text=text,
        cosine=float(question_tokens.text_vector @ passage_tokens.text_vector),
        stored=stored,
        question_tokens=_tokens(question_tokens),
        passage_tokens=_tokens(passage_tokens),
        shares=tuple(tuple(row) for row in shares.tolist()),
    )


def difference(above: Explanation, below: Explanation, lexical: Mapping[str, float]) -> Difference:
    """Why one passage stands above another, for the same question.

    lexical  word of the lexical index -> how much more BM25 it gives to `above`
    """
    left, rows = dict(lexical), []
    for ours, theirs in zip(above.question_words, below.question_words, strict=True):
        words = words_of(ours.text) if ours.end else []
        rows.append(
            WordDifference(ours.text, ours.share - theirs.share, sum(left.pop(word, 0.0) for word in words))
        )
    # Pairs of characters are no words of an encoder, and a question over its limit has words beyond it.
    rows += [WordDifference(word, 0.0, value) for word, value in left.items()]
    return Difference(
        question=above.question,
        above=above.passage_id,
        below=below.passage_id,
        dense=above.cosine - below.cosine,
        lexical=sum(lexical.values()),
        words=tuple(rows),
    )


def _tokens(found: TokenVectors) -> tuple[Token, ...]:
    rows = zip(found.pieces, found.offsets.tolist(), found.special.tolist(), strict=True)
    return tuple(Token(piece, start, end, special) for piece, (start, end), special in rows)


def _words(text: str, tokens: Sequence[Token], shares: NDArray[np.float64]) -> Iterator[Share]:
    """Shares of words: tokens that touch, unless a mark or a CJK character stands between."""
    start, end, total = 0, 0, 0.0
    for token, share in zip(tokens, shares.tolist(), strict=True):
        if token.special:
            continue
        if end and token.start == end and _joins(text, end):
            end, total = token.end, total + share
            continue
        if end:
            yield Share(text[start:end], start, end, total)
        start, end, total = token.start, token.end, share
    if end:
        yield Share(text[start:end], start, end, total)
    yield from _special(tokens, shares)


def _joins(text: str, at: int) -> bool:
    """Whether the characters before and after a place belong to one word."""
    before, after = text[at - 1], text[at]
    return before.isalnum() and after.isalnum() and not CJK_RUN.match(before) and not CJK_RUN.match(after)


def _sentences(of: Explanation) -> Iterator[Share]:
    shares, begin, shift = np.sum(of._matrix, axis=0), 0, len(of.prefix)
    held = [
        (token.start - shift, share)
        for token, share in zip(of.passage_tokens, shares.tolist(), strict=True)
        if not token.special
    ]
    if of.prefix:
        yield Share(of.prefix, 0, 0, sum(share for start, share in held if start < 0))
    for end in sentence_ends([of.text])[0]:
        total = sum(share for start, share in held if begin <= start < end)
        yield Share(of.text[begin:end], begin, end, total)
        begin = end
    yield from _special(of.passage_tokens, shares)


def _special(tokens: Sequence[Token], shares: NDArray[np.float64]) -> Iterator[Share]:
    found = [
        (token.piece, share) for token, share in zip(tokens, shares.tolist(), strict=True) if token.special
    ]
    if found:
        yield Share(" ".join(piece for piece, _ in found), 0, 0, sum(share for _, share in found))


def _marked(text: str, shares: Iterable[Share]) -> str:
    placed = [share for share in shares if share.end]
    largest = max((abs(share.share) for share in placed), default=0.0) or 1.0
    parts, at = [], 0
    for share in placed:
        strength = abs(share.share) / largest
        colour = "255, 170, 0" if share.share > 0 else "80, 120, 255"
        parts.append(html.escape(text[at : share.start]))
        parts.append(
            f'<span style="background: rgba({colour}, {strength:.2f})" title="{share.share:+.4f}">'
            f"{html.escape(share.text)}</span>"
        )
        at = share.end
    return "".join((*parts, html.escape(text[at:])))

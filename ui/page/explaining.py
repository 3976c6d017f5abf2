"""Why a hit was found, as a picture: the words and sentences of its cosine, and what the next hit lacks."""

from collections.abc import Sequence

from search.explain import Difference, Explanation, Share
from ui.page.labels import Labels
from ui.page.text import escaped, reflowed

__all__ = ["difference_picture", "explanation_picture"]

LONGEST = 160  # characters of a sentence that are shown beside its bar


def explanation_picture(found: Explanation, labels: Labels) -> str:
    """Question and passage with each word as dark as its share, and a bar for each sentence."""
    words = [share for share in found.question_words if share.end]
    sentences = [share for share in found.sentences if share.end]
    rest = found.cosine - sum(share.share for share in sentences)
    total = labels.why_sum.format(f"{found.cosine:.2f}")
    return (
        f'<section class="bv-why"><p class="bv-hint">{escaped(total)}</p>'
        f"<h3>{escaped(labels.why_question)}</h3>{_shaded(found.question, words)}"
        f"<h3>{escaped(labels.why_passage)}</h3>{_shaded(reflowed(found.text), _within(found))}"
        f"<h3>{escaped(labels.why_sentences)}</h3>{_bars(sentences, rest, labels)}</section>"
    )


def difference_picture(found: Difference, labels: Labels) -> str:
    """What each word of the question gives to this hit more, or less, than to the next one."""
    words = [word for word in found.words if word.word.strip()]
    if not words:
        return ""
    most = max(abs(word.dense) for word in words) or 1.0
    rows = "".join(
        f"<tr><th scope='row'><bdi>{escaped(word.word)}</bdi></th><td>{_two_sided(word.dense / most)}</td>"
        f"<td>{word.dense:+.3f}</td><td>{word.lexical:+.1f}</td></tr>"
        for word in words
    )
    columns = (labels.word, "", "cosine", "BM25")
    head = "".join(f"<th scope='col'>{escaped(name)}</th>" if name else "<td></td>" for name in columns)
    total = labels.why_total.format(f"{found.dense:+.3f}", f"{found.lexical:+.1f}")
    return (
        f'<section class="bv-why"><h3>{escaped(labels.why_above)}</h3><p class="bv-hint">{escaped(total)}</p>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _within(found: Explanation) -> list[Share]:
    """The words of the passage itself, without those of its title and headings, as offsets in its text."""
    before = len(found.prefix)
    return [
        Share(share.text, share.start - before, share.end - before, share.share)
        for share in found.passage_words
        if share.start >= before and share.end
    ]


def _shaded(text: str, words: Sequence[Share]) -> str:
    """The text, each word on a ground as dark as its share of the largest; its share as a tooltip."""
    most = max((share.share for share in words), default=0.0)
    parts, at = [], 0
    for share in words:
        depth = round(100 * max(0.0, share.share / most)) if most > 0 else 0
        parts += [
            escaped(text[at : share.start]),
            f'<span class="bv-share" style="--bv-depth: {depth}%" title="{share.share:+.3f}">',
            f"{escaped(text[share.start : share.end])}</span>",
        ]
        at = share.end
    return f'<p class="bv-shaded" dir="auto">{"".join(parts)}{escaped(text[at:])}</p>'


def _bars(sentences: Sequence[Share], rest: float, labels: Labels) -> str:
    rows = [(" ".join(share.text.split()), share.share) for share in sentences]
    rows.append((labels.why_rest, rest))
    most = max((abs(share) for _, share in rows), default=0.0) or 1.0
    lines = "".join(
        f'<li><span class="bv-bar" aria-hidden="true">'
        f'<span style="width:{_width(share / most)}%"></span></span>'
        f"<b>{share:+.2f}</b> <bdi>{escaped(text[:LONGEST])}{'…' if len(text) > LONGEST else ''}</bdi></li>"
        for text, share in rows
    )
    return f'<ul class="bv-bars">{lines}</ul>'


def _width(share: float) -> int:
    return round(100 * min(1.0, max(0.0, share)))


def _two_sided(share: float) -> str:
    """A bar to the right for more, to the left for less."""
    width = round(50 * min(1.0, abs(share)))
    side, name = ("left", "bv-more") if share >= 0 else ("right", "bv-less")
    bar = f'<span class="{name}" style="{side}:50%;width:{width}%"></span>'
    return f'<span class="bv-sides" aria-hidden="true">{bar}</span>'

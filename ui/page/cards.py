"""Hits as HTML: one card each, everything that comes from a document escaped."""

from collections.abc import Sequence
from typing import get_args

from indexer.store import PassageRow
from search import Hit, Hits
from search.highlight import matches
from search.hits import Likelihood
from ui.page.labels import Labels, counted
from ui.page.text import escaped, marked, paragraphs, without_emphasis, without_heading

__all__ = ["NEAR", "card", "likely", "match", "notice", "place", "places", "summary"]

# With the default encoder, of the passages that answer an English question of data/questions.jsonl 86% lie
# above this cosine, and of all others 6%. It tells Chinese passages apart less well: 97% and 36%.
NEAR = 0.3

JOINT = '<span class="bv-joint">›</span>'


def summary(hits: Hits, seconds: float, labels: Labels, *, cut: bool) -> str:
    """How much was found, how fast, and for which words in place of typing errors.

    cut  whether there is more, that was not asked for
    """
    documents = counted(len({hit.document_id for hit in hits}), labels.documents)
    found = (labels.best_of if cut else labels.found).format(counted(len(hits), labels.passages), documents)
    errors = (f"<br>{escaped(labels.corrected.format(used, asked))}" for asked, used in hits.corrected)
    line = f"{escaped(found)} · {escaped(_time(seconds, labels))}{''.join(errors)}"
    return f'<p class="bv-summary" role="status">{line}</p>'


def card(question: str, hit: Hit, labels: Labels) -> str:
    """A hit: where it stands, and its text with the question's words marked."""
    title = hit.heading[-1] if hit.heading else hit.title
    heading = f'<h2 class="bv-title" dir="auto">{marked(question, title)}</h2>' if title else ""
    text = paragraphs(question, without_emphasis(without_heading(hit.text, hit.heading), hit.kind))
    at = place(question, hit, hit.heading[:-1], labels)  # the innermost is the title
    return (
        f'<article class="bv-hit"><p class="bv-place">{_kind(hit.kind)}{at}{_date(hit.modified)}</p>'
        f'{heading}<div class="bv-text" dir="auto">{text}</div></article>'
    )


def _kind(kind: str) -> str:
    return f'<span class="bv-kind">{escaped(kind.upper())}</span>' if 0 < len(kind) <= 6 else ""


def _date(modified: str) -> str:
    day = escaped(modified[:10])
    return f'<time class="bv-date" datetime="{escaped(modified)}">{day}</time>' if day else ""


def place(question: str, hit: Hit | PassageRow, heading: Sequence[str], labels: Labels) -> str:
    """Path, page and headings."""
    folder, _, name = hit.path.rpartition("/")
    path = f"{escaped(folder + '/') if folder else ''}<b>{escaped(name)}</b>"
    page = [escaped(labels.page.format(hit.page))] if hit.page is not None else []
    parts = [path, *page, *(marked(question, each) for each in heading)]
    # Each part by itself: a name with right-to-left characters must not reorder its neighbours.
    return JOINT.join(f"<bdi>{part}</bdi>" for part in parts)


def places(passages: Sequence[PassageRow], labels: Labels) -> str:
    """Where passages stand, one a line."""
    lines = "".join(f"<li>{place('', each, each.heading, labels)}</li>" for each in passages)
    return f'<ul class="bv-place bv-places">{lines}</ul>'


def match(question: str, hit: Hit, best: float, labels: Labels) -> str:
    """Why it was found: a bar and words for everyone, the numbers for those who open it.

    best  the score of the first hit, which the bar is a share of
    """
    share = _percent(hit.score, best)
    sure = f"<b>{escaped(likely(hit.likelihood, labels))}</b> · " if hit.likelihood else ""
    numbers = [
        *([f"cosine {hit.dense:.2f}"] if hit.dense is not None else []),
        *([f"BM25 {hit.lexical:.1f}"] if hit.lexical is not None else []),
        labels.share.format(share),
    ]
    # The best of hits that are all unlikely has the longest bar: at least not the colour of a find.
    doubtful = " bv-doubtful" if hit.likelihood == "unlikely" else ""
    detail = escaped(" · ".join(numbers))
    return (
        f'<details class="bv-match{doubtful}"><summary title="{detail}">'
        f'<span class="bv-bar" aria-hidden="true"><span style="width:{share}%"></span></span>'
        f"<span>{sure}{escaped(_words(question, hit, labels))}</span></summary>"
        f"<span>{detail}</span></details>"
    )


def likely(likelihood: Likelihood, labels: Labels) -> str:
    """How likely a hit is relevant, in words."""
    return labels.likely[get_args(Likelihood).index(likelihood)]


def _time(seconds: float, labels: Labels) -> str:
    if seconds >= 1:
        return labels.seconds.format(f"{seconds:.1f}")
    return labels.milliseconds.format(max(1, round(seconds * 1000)))


def _percent(score: float, best: float) -> int:
    return round(100 * min(1.0, max(0.0, score / best))) if best > 0 else 0


def _words(question: str, hit: Hit, labels: Labels) -> str:
    near = hit.dense is not None and hit.dense >= NEAR
    # BM25 alone is no sign of a matching word: single Chinese characters score a little nearly everywhere.
    if hit.lexical and any(matches(question, part) for part in (hit.text, hit.title, hit.path, *hit.heading)):
        return labels.both_match if near else labels.words_match
    return labels.meaning_matches if near else labels.loosely


def notice(title: str, body: Sequence[str], role: str = "status") -> str:
    """A plain message in place of hits."""
    paragraphs = "".join(f"<p>{escaped(line)}</p>" for line in body)
    return f'<section class="bv-notice" role="{role}"><h2>{escaped(title)}</h2>{paragraphs}</section>'

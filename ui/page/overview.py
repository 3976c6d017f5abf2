"""The state of the index as HTML: how much, which encoder, when, and what could not be indexed."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from indexer.store import Certificate, IndexInfo, LedgerRow
from ui.page.labels import Labels, counted
from ui.page.text import escaped

__all__ = ["footnote", "local_time", "overview"]

SHOWN = 8


def local_time(nanoseconds: int, timezone: str | None) -> str:
    """A time in the browser's time zone: ``"2026-03-01 14:05"``."""
    return f"{datetime.fromtimestamp(nanoseconds / 1e9, _zone(timezone)):%Y-%m-%d %H:%M}"


def _zone(name: str | None) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def overview(info: IndexInfo, problems: Sequence[LedgerRow], changed: str, labels: Labels) -> str:
    """What there is to search, for a page that shows no hits."""
    tiles = "".join(
        f"<li>{escaped(counted(number, forms)).replace(figure := f'{number:,}', f'<b>{figure}</b>', 1)}</li>"
        for number, forms in ((info.documents, labels.documents), (info.passages, labels.passages))
    )
    return (
        f'<section class="bv-about" aria-label="{escaped(labels.about)}"><ul class="bv-tiles">{tiles}</ul>'
        f"{_facts(info, changed, labels)}{_ledger(info, problems, labels)}</section>"
    )


def footnote(info: IndexInfo, problems: Sequence[LedgerRow], changed: str, labels: Labels) -> str:
    """The same below the hits: one line that opens."""
    line = [
        counted(info.documents, labels.documents),
        counted(info.passages, labels.passages),
        *([_problem_count(problems, labels)] if problems else []),
    ]
    return (
        f'<details class="bv-about"><summary>{escaped(" · ".join(line))}</summary>'
        f"{_facts(info, changed, labels)}{_ledger(info, problems, labels)}</details>"
    )


def _facts(info: IndexInfo, changed: str, labels: Labels) -> str:
    encoder = info.encoder
    facts = {
        labels.encoder: f"{encoder['model']} · {labels.dimensions.format(encoder['dimension'])}",
        labels.exactness: _exactness(info.certificate, labels),
        labels.updated: changed,
        labels.folder: f"{info.path} · {sum(info.bytes.values()) / 1e6:,.1f} MB",
    }
    rows = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in facts.items())
    return f"<dl>{rows}</dl>"


def _exactness(found: Certificate | None, labels: Labels) -> str:
    if found is None:
        return labels.exact
    return labels.approximate.format(
        kind=found.kind,
        overlap=f"{found.overlap:.2%}",
        low=f"{found.low:.2%}",
        target=f"{found.target:.2%}",
        questions=f"{found.sample:,}",
        day=found.made[:10],
    )


def _ledger(info: IndexInfo, problems: Sequence[LedgerRow], labels: Labels) -> str:
    heading = _problem_count(problems, labels) if problems else labels.all_indexed
    rows = "".join(_row(row, labels) for row in problems[:SHOWN])
    listed = f"<ul>{rows}</ul>" if rows else ""
    left = len(problems) - SHOWN
    more = f"<p>{escaped(labels.more.format(counted(left, labels.files)))}</p>" if left > 0 else ""
    counts = " · ".join(
        f"{labels.statuses.get(status, status)} {count:,}"
        for status, count in sorted(info.statuses.items(), key=lambda item: -item[1])
    )
    summary = f"<p>{escaped(counts)}</p>" if len(info.statuses) > 1 else ""
    return f'<section class="bv-ledger"><h2>{escaped(heading)}</h2>{summary}{listed}{more}</section>'


def _row(row: LedgerRow, labels: Labels) -> str:
    status = labels.partly if row.status == "indexed" else labels.statuses.get(row.status, row.status)
    return (
        f'<li><span class="bv-status">{escaped(status)}</span> <b><bdi>{escaped(row.path)}</bdi></b>'
        f"<br><bdi>{escaped(row.reason)}</bdi></li>"
    )


def _problem_count(problems: Sequence[LedgerRow], labels: Labels) -> str:
    return labels.problems.format(counted(len(problems), labels.files))

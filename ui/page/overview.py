"""The state of the index as HTML: how much, which encoder, when, and what could not be indexed."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from indexer.store import IndexInfo, LedgerRow
from ui.page.labels import Labels, counted
from ui.page.text import escaped

__all__ = ["changed_at", "overview"]

SHOWN = 8


def changed_at(index: Path, timezone: str | None) -> str:
    """When the index was last written, in the browser's time zone: ``"2026-03-01 14:05"``."""
    # The write-ahead log is touched by commits, the database itself only by checkpoints.
    times = [file.stat().st_mtime for file in index.glob("metadata.sqlite*") if file.suffix != ".sqlite-shm"]
    return f"{datetime.fromtimestamp(max(times), _zone(timezone)):%Y-%m-%d %H:%M}" if times else ""


def _zone(name: str | None) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def overview(
    info: IndexInfo, problems: Sequence[LedgerRow], changed: str, labels: Labels, *, is_open: bool
) -> str:
    """One line for the whole index, that opens into its details."""
    line = [
        counted(info.documents, labels.documents),
        counted(info.passages, labels.passages),
        f"{labels.updated} {changed}",
        *([_problem_count(problems, labels)] if problems else []),
    ]
    encoder = info.encoder
    details = {
        labels.encoder: f"{encoder['model']} · {labels.dimensions.format(encoder['dimension'])}",
        labels.folder: f"{info.path} · {_megabytes(sum(info.bytes.values()))} {labels.size}",
    }
    facts = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in details.items())
    return (
        f'<details class="bv-about"{" open" if is_open else ""}>'
        f'<summary aria-label="{escaped(labels.about)}">{escaped(" · ".join(line))}</summary>'
        f"<dl>{facts}</dl>{_ledger(info, problems, labels)}</details>"
    )


def _ledger(info: IndexInfo, problems: Sequence[LedgerRow], labels: Labels) -> str:
    if not problems:
        heading = labels.all_indexed
    else:
        heading = _problem_count(problems, labels)
    rows = "".join(_row(row, labels) for row in problems[:SHOWN])
    left = len(problems) - SHOWN
    more = f"<p>{escaped(labels.more.format(counted(left, labels.files)))}</p>" if left > 0 else ""
    counts = " · ".join(
        f"{labels.statuses.get(status, status)} {count:,}"
        for status, count in sorted(info.statuses.items(), key=lambda item: -item[1])
    )
    return (
        f'<section class="bv-ledger"><h3>{escaped(heading)}</h3>'
        f"<p>{escaped(counts)}</p><ul>{rows}</ul>{more}</section>"
    )


def _row(row: LedgerRow, labels: Labels) -> str:
    status = labels.partly if row.status == "indexed" else labels.statuses.get(row.status, row.status)
    return (
        f'<li><span class="bv-status">{escaped(status)}</span> <b><bdi>{escaped(row.path)}</bdi></b>'
        f"<br><bdi>{escaped(row.reason)}</bdi></li>"
    )


def _problem_count(problems: Sequence[LedgerRow], labels: Labels) -> str:
    return labels.problems.format(counted(len(problems), labels.files))


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"

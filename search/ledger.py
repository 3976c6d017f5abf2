"""What became of every file, for programs and notebooks."""

import html
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

from indexer.store import LedgerRow

__all__ = ["COLUMNS", "Ledger"]

COLUMNS = ("path", "status", "reason", "passages", "pages", "tokens")
SHOWN = 100  # rows in a notebook: a folder may have 50,000 files


@dataclass(frozen=True, slots=True)
class Ledger(Sequence[LedgerRow]):
    """A row for each file that was found, in order of path."""

    rows: tuple[LedgerRow, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Status -> how many files have it, the most frequent first."""
        return dict(Counter(row.status for row in self.rows).most_common())

    def to_dict(self) -> dict[str, Any]:
        """``{"files": [{"path", "status", "reason", "passages", "pages", "tokens"}, …]}``."""
        return {"files": [{name: getattr(row, name) for name in COLUMNS} for row in self.rows]}

    @overload
    def __getitem__(self, at: int) -> LedgerRow: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[LedgerRow, ...]: ...
    def __getitem__(self, at: int | slice) -> LedgerRow | tuple[LedgerRow, ...]:
        return self.rows[at]

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        return ", ".join(f"{count:,} {status}" for status, count in self.counts.items()) or "no files"

    def _repr_html_(self) -> str:
        """For notebooks: the counts, and the files, those that can't be searched first."""
        shown = sorted(self.rows, key=lambda row: row.passages > 0)[:SHOWN]
        left = len(self.rows) - len(shown)
        cells = (("" if getattr(row, at) is None else getattr(row, at) for at in COLUMNS) for row in shown)
        rows = ("".join(f"<td>{html.escape(str(value))}</td>" for value in row) for row in cells)
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        head = "".join(f"<th>{name}</th>" for name in COLUMNS)
        rest = f"<p>and {left:,} more</p>" if left else ""
        return f"<p>{html.escape(str(self))}</p><table><tr>{head}</tr>{body}</table>{rest}"

"""What a run did, for whoever asked for it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from indexer.store import LedgerRow

__all__ = ["Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did.

    index      path of the index folder
    files      found in the folder, whatever became of them; in a run over some changed paths, those of
               them and the files of the same content
    unchanged  files that are as they were
    removed    documents that are gone from the folder and now from the index
    passages, tokens  embedded in this run; what was known already is not embedded again
    seconds    it took
    ledger     what became of each of the files
    """

    index: str
    files: int
    unchanged: int
    removed: int
    passages: int
    tokens: int
    seconds: float
    ledger: tuple[LedgerRow, ...] = field(repr=False)

    @property
    def statuses(self) -> Mapping[str, int]:
        """How many files have which status."""
        return Counter(row.status for row in self.ledger)

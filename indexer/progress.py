"""How far a run is, for whoever shows it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Progress", "Watcher"]


@dataclass(slots=True)
class Progress:
    """Counts of one run so far.

    files, files_total    files dealt with, of those that are new or changed
    bytes, bytes_total    the same in bytes: what the time left is reckoned from
    passages, tokens      embedded in this run
    encoding_seconds      spent in the encoder
    """

    files: int = 0
    files_total: int = 0
    bytes: int = 0
    bytes_total: int = 0
    passages: int = 0
    tokens: int = 0
    encoding_seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self.started

    @property
    def tokens_per_second(self) -> float:
        """Of the encoder alone; 0 before it has done anything."""
        return self.tokens / self.encoding_seconds if self.encoding_seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """None until there is something to reckon from."""
        if not self.bytes:
            return None
        return self.seconds * (self.bytes_total - self.bytes) / self.bytes


# Called often; must be quick, and may raise to stop the run (nothing committed is lost).
Watcher = Callable[[Progress], None]

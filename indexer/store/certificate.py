"""How far a search of compressed vectors agrees with the exact one: measured, and kept with the index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Certificate", "Compression"]

RENEW = 5  # holds until a fifth has changed


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was measured when an index was last compressed, or when a fifth of it had changed since.

    kind        the compressed index, by FAISS's factory name
    parameters  the effort of each search of it: for the 10 best, the 100 and the 1,000
    overlap     mean knn overlap@10 with the exact search: the share of the ten nearest found, 0..1
    low         lower bound of its 95% interval
    sample      how many questions it was measured with: the half that is least like any passage
    target      what `low` had to reach, 0..1
    made        when, ISO 8601 in UTC
    passages    how many the index had then
    """

    kind: str
    parameters: Mapping[str, float]
    overlap: float
    low: float
    sample: int
    target: float
    made: str
    passages: int


@dataclass(frozen=True, slots=True)
class Compression:
    """The setting "certificate": the compressed vectors that count, and what may be claimed of them.

    number       of their folder; 0 where there are none
    checksum     XXH3-128 of their file, hex
    last         the last passage id that they may hold: later ones are searched exactly
    passages     how many the index had
    efforts      (depth, width, candidates), the shallow first: how to search for so many. What is deeper, or
                 all where there are none, is searched exactly: no effort met the target
    certificate  of the first; None where there is none
    """

    number: int = 0
    checksum: str = ""
    last: int = 0
    passages: int = 0
    efforts: Sequence[tuple[int, float, int]] = ()
    certificate: Certificate | None = None

    @classmethod
    def read(cls, setting: Mapping[str, Any] | None) -> "Compression":
        """From the setting as it is stored; None for an index in which nothing was ever compressed."""
        if setting is None:
            return cls()
        found = setting["certificate"]
        if found and "lists@10" in found["parameters"]:
            # It counts lists, as was done before: void, so that the next run measures anew.
            return cls(number=setting["number"], checksum=setting["checksum"])
        return cls(**{**setting, "certificate": Certificate(**found) if found else None})

    def changed(self, last: int, live: int) -> int:
        """How many passages were added or deleted since.

        last  the last id given out now
        live  how many passages there are now
        """
        added = last - self.last
        return added + (self.passages + added - live)

    def holds(self, last: int, live: int) -> bool:
        """Whether the certificate still says something of the index."""
        return self.certificate is not None and RENEW * self.changed(last, live) < self.passages

    def is_due(self, last: int, live: int, least: int) -> bool:
        """Whether to compress and measure again: a fifth has changed, or `least` passages."""
        return live >= least and self.changed(last, live) >= min(self.passages / RENEW, least)

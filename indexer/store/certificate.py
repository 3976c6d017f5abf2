"""How far a search of compressed vectors agrees with the exact one: measured, and kept with the index."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Certificate"]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was measured when an index was last compressed, or when a fifth of it had changed since.

    kind        the compressed index, by FAISS's factory name
    parameters  the effort of each search of it
    overlap     mean knn overlap@10 with the exact search: the share of the ten nearest found, 0..1
    low         lower bound of its 95% interval
    sample      how many questions it was measured with
    target      what `low` had to reach, 0..1
    made        when, ISO 8601 in UTC
    passages    how many the index had then
    """

    kind: str
    parameters: Mapping[str, int]
    overlap: float
    low: float
    sample: int
    target: float
    made: str
    passages: int

    @classmethod
    def read(cls, setting: Mapping[str, Any] | None) -> "Certificate | None":
        """From the setting "certificate": None where the index is searched exactly."""
        return None if setting is None else cls(**setting)

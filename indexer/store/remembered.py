"""What was reckoned for one generation, kept for the next question."""

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

__all__ = ["Remembered"]

# The allowed passages of a filter over a million take up to 8 MB.
ENTRIES = 16

Value = TypeVar("Value")


class Remembered:
    """The last few values, by key. Safe to use from several threads."""

    def __init__(self) -> None:
        self._values: dict[Hashable, Any] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key, made where it is not known."""
        with self._lock:
            if key in self._values:
                self._values[key] = self._values.pop(key)  # the last used stand last
                return cast(Value, self._values[key])
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > ENTRIES:
                del self._values[next(iter(self._values))]
        return value

"""Where the index is, when nobody says."""

import os
from pathlib import Path

__all__ = ["default_index"]


def default_index() -> Path:
    """The folder that BERTRIEVE_INDEX names, else `./.bertrieve`."""
    return Path(os.environ.get("BERTRIEVE_INDEX") or ".bertrieve")

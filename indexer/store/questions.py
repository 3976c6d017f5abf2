"""The encoder's own files for questions, in the index folder: derived from the model, checked before use."""

import shutil
from pathlib import Path
from typing import Any

import xxhash

from indexer.errors import DamagedIndexError
from indexer.store.folder import Folder, sync_file, sync_folder

__all__ = ["UNDECIDED", "checked", "discard", "empty_folder", "keep"]

# The setting "questions" of a new index: no files yet, and no reason why there are none.
UNDECIDED: dict[str, Any] = {"files": {}, "reason": ""}


def empty_folder(folder: Folder) -> Path:
    """Where the files can be made: a folder that no setting names, on the same disk."""
    discard(folder)
    folder.new_encoder.mkdir()
    return folder.new_encoder


def discard(folder: Folder) -> None:
    """Remove what was made and not kept."""
    shutil.rmtree(folder.new_encoder, ignore_errors=True)


def keep(folder: Folder, made: Path) -> dict[str, Any]:
    """Make the files durable under their final name; returns the setting that will name them."""
    for file in made.iterdir():
        sync_file(file)
    files = {file.name: _checksum(file) for file in made.iterdir()}
    sync_folder(made)
    shutil.rmtree(folder.encoder, ignore_errors=True)
    made.rename(folder.encoder)
    sync_folder(folder.root)
    return {"files": files, "reason": ""}


def checked(folder: Folder, setting: dict[str, Any]) -> Path:
    """The folder with the files. Raises DamagedIndexError unless each is as it was written."""
    for name, expected in setting["files"].items():
        try:
            found = _checksum(folder.encoder / name)
        except OSError as error:
            raise DamagedIndexError(
                f"{folder.encoder / name} can't be read ({error.strerror}); run bertrieve check --repair"
            ) from error
        if found != expected:
            raise DamagedIndexError(
                f"{folder.encoder / name} is damaged: its checksum is {found[:12]}…, it was written with "
                f"{expected[:12]}…; run bertrieve check --repair"
            )
    return folder.encoder


def _checksum(file: Path) -> str:
    return xxhash.xxh3_128_hexdigest(file.read_bytes())

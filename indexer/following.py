"""A folder that changes -> an index that stays current."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import watchfiles

from indexer.discovery import TOOL_FOLDERS
from indexer.encoder import Encoder
from indexer.language import load_languages
from indexer.progress import Watcher
from indexer.report import Report
from indexer.selection import IGNORE_FILE
from indexer.source import EncoderSource
from indexer.store import default_index
from indexer.sync import index_folder

__all__ = ["follow_folder"]

# Milliseconds: how long changes are gathered, how long none must come, how often to look up without any.
GATHER, QUIET, WAKE = 200, 50, 500


def follow_folder(
    folder: str | Path,
    *,
    index: str | Path | None = None,
    model: str | None = None,
    devices: Sequence[str] = (),
    dimensions: int | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    ocr: bool = False,
    encoder: Encoder | None = None,
    watch: Watcher | None = None,
) -> Iterator[Report]:
    """Index a folder, then again after each change, until the caller stops; a report for each run.

    Arguments and errors are those of `index_folder`. Models are loaded once, before the first run. That run
    compares all files, the others those that are said to have changed; `Report.files` counts them alone.
    """
    target = Path(index).expanduser() if index is not None else default_index()
    root = Path(folder).expanduser().resolve()
    encoder = EncoderSource(target, model, encoder, devices=devices, dimensions=dimensions).get()
    load_languages()
    changes = watchfiles.watch(
        root,
        watch_filter=lambda _, path: not _is_tools(Path(path), root, target.resolve()),
        debounce=GATHER,
        step=QUIET,
        rust_timeout=WAKE,
        yield_on_timeout=True,
        ignore_permission_denied=True,
    )
    # The first run begins when watching has, so that no change falls between.
    for first, changed in enumerate(changes):
        if changed or first == 0:
            paths = _below(root, {path for _, path in changed}) if first else None
            yield index_folder(
                root,
                index=target,
                include=include,
                exclude=exclude,
                ocr=ocr,
                changed=paths,
                encoder=encoder,
                watch=watch,
            )


def _is_tools(path: Path, root: Path, index: Path) -> bool:
    """Whether a path lies in the index or in a folder that a tool keeps for itself: both change a lot."""
    if path == index or index in path.parents:
        return True
    return path.is_relative_to(root) and not TOOL_FOLDERS.isdisjoint(path.relative_to(root).parts[:-1])


def _below(root: Path, changed: set[str]) -> set[str] | None:
    """The changed paths relative to the root; None where they can change what becomes of others."""
    found = set()
    for path in map(Path, changed):
        if path == root or path.name == IGNORE_FILE or not path.is_relative_to(root):
            return None
        found.add(path.relative_to(root).as_posix())
    return found

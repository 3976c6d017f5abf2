"""A folder that is gone, or not wanted any more -> an index without its documents."""

import os
from pathlib import Path

from indexer.encoder import Encoder
from indexer.errors import UsageError
from indexer.ledger import Ledger
from indexer.source import EncoderSource
from indexer.store import Reader, default_index

__all__ = ["forget_folder"]


def forget_folder(
    folder: str | Path, *, index: str | Path | None = None, encoder: Encoder | None = None
) -> int:
    """Take a folder's documents out of an index; how many they were. The folder itself is not touched.

    index    the index folder; BERTRIEVE_INDEX, then ./.bertrieve, when not given
    encoder  a loaded one; the index's own is loaded, if a large index must be certified, when not given

    A file of another folder that was a copy of one of them is found again once that folder is indexed again.

    Raises UsageError where the index has nothing of that folder, NotAnIndexError, and the errors of `Writer`.
    """
    target = Path(index).expanduser() if index is not None else default_index()
    named = Path(folder).expanduser()
    reader = Reader(target)
    folders = [each for each in reader.folders() if each]
    reader.close()
    # The name as it is given comes first: since it was indexed, it may have become a link to another place.
    root = next((each for each in (os.path.abspath(named), str(named.resolve())) if each in folders), None)  # noqa: PTH100
    if root is None:
        raise UsageError(
            f"{target} has nothing of {named.resolve()}; it has {', '.join(folders) or 'no folder'}"
        )
    source = EncoderSource(target, None, encoder)
    with source.writer() as writer:
        ledger = Ledger(root)
        ledger.admit(writer.known())
        ledger.forget_all_but(())
        writer.commit(ledger.changes(()))
        writer.certify(source.ask_about)
    return ledger.removed

"""The attachments of a mail, as files of their own."""

import re
from pathlib import Path

from indexer.documents import mail
from indexer.errors import DocumentError

__all__ = ["unpack"]

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,16}")


def unpack(path: Path, folder: Path) -> list[tuple[str, Path]]:
    """Writes the attachments of a mail into a new `folder`: the name each had, and its file.

    Of a name only the suffix is kept in the file's: the rest is what a stranger chose.
    Raises DocumentError when the mail can't be read.
    """
    attached: list[tuple[str, Path]] = []
    try:
        folder.mkdir(parents=True)
        for number, (name, content) in enumerate(mail.attachments(path), 1):
            suffix = Path(name.replace("\0", "")).suffix
            file = folder / f"{number}{suffix if _SUFFIX.fullmatch(suffix) else ''}"
            file.write_bytes(content)
            attached.append((name, file))
    except DocumentError:
        raise
    except Exception as error:
        raise DocumentError(f"its attachments can't be read: {type(error).__name__}: {error}") from error
    return attached

"""Every error bertrieve raises on purpose.

BertrieveError            one sentence: what is wrong, both sides of a mismatch, what to do
├── UsageError            the call is wrong (exit code 2): no such folder, k = 0, empty question
│   └── UnknownIdError        no passage or document has that id
├── DocumentError         a file can't be read into text; it goes to the ledger, the run goes on
├── EncoderError          a model can't be loaded or used
└── IndexFolderError      the index folder can't be used
    ├── NotAnIndexError       there is no index at that path
    ├── EncoderMismatchError  the index was made by another encoder
    ├── FormatVersionError    the index has a format this version doesn't read
    ├── DamagedIndexError     a checksum or a count does not hold
    └── IndexLockedError      another process is writing to it
"""

__all__ = [
    "BertrieveError",
    "DamagedIndexError",
    "DocumentError",
    "EncoderError",
    "EncoderMismatchError",
    "FormatVersionError",
    "IndexFolderError",
    "IndexLockedError",
    "NotAnIndexError",
    "UnknownIdError",
    "UsageError",
]


class BertrieveError(Exception):
    """Base of all errors raised on purpose; `str(error)` is one sentence for a person."""

    exit_code = 1


class UsageError(BertrieveError):
    """The call itself is wrong: the same call will fail again."""

    exit_code = 2


class UnknownIdError(UsageError):
    """No passage or document has that id, or none any more: ids are never given out twice."""


class DocumentError(BertrieveError):
    """A file can't be read into text.

    `status` is the ledger's word for it: "encrypted", "unsupported", "too large", "timed out" or "failed".
    """

    def __init__(self, reason: str, status: str = "failed") -> None:
        super().__init__(reason)
        self.status = status

    def __reduce__(self) -> tuple[type["DocumentError"], tuple[str, str]]:
        # Parsing happens in another process: the status must survive pickling.
        return type(self), (str(self), self.status)


class EncoderError(BertrieveError):
    """A model can't be loaded, or can't be used the way it was asked to."""


class IndexFolderError(BertrieveError):
    """The index folder can't be used."""


class NotAnIndexError(IndexFolderError):
    """There is no index at that path: wrong use rather than damage."""

    exit_code = 2


class EncoderMismatchError(IndexFolderError):
    """The index was made by another encoder than the one asked for or found."""


class FormatVersionError(IndexFolderError):
    """The index folder has a format that this version doesn't read."""


class DamagedIndexError(IndexFolderError):
    """A checksum or a count in the index folder does not hold."""


class IndexLockedError(IndexFolderError):
    """Another process is writing to the index."""

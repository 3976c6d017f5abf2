"""A Document being written: block by block, for formats whose text is extracted rather than kept."""

from collections.abc import Iterable, Mapping

from indexer.documents.document import Block, BlockKind, Document
from indexer.documents.encoding import clean
from indexer.documents.tables import Cell, header_of, rows
from indexer.errors import DocumentError

__all__ = ["MAX_CHARACTERS", "Draft", "check_length"]

MAX_CHARACTERS = 20_000_000

# What is longer than this is a paragraph that was formatted as a heading.
_MAX_HEADING = 300


def check_length(characters: int) -> None:
    """Raises DocumentError "too large" when a document's text is longer than `MAX_CHARACTERS`."""
    if characters > MAX_CHARACTERS:
        raise DocumentError(
            f"the text has more than {MAX_CHARACTERS:,} characters, the most a document may have; split it",
            "too large",
        )


class Draft:
    """Collects blocks in reading order and knows the heading path they stand under.

    >>> draft = Draft()
    >>> draft.heading("Pooling", level=1)
    >>> draft.prose("The mean of all token vectors.", page=2)
    >>> draft.document().text
    'Pooling\\n\\nThe mean of all token vectors.'
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._path: list[tuple[int, str]] = []

    @property
    def path(self) -> tuple[str, ...]:
        """The heading path that the next block will stand under."""
        return tuple(title for _, title in self._path)

    def heading(self, title: str, level: int, *, page: int | None = None, line: int | None = None) -> None:
        """A heading; `level` from 1, and it ends every heading of its own level or deeper."""
        title = " ".join(clean(title).split())
        if len(title) > _MAX_HEADING:
            self.prose(title, page=page, line=line)
        elif title:
            self.enter(title, level)
            self._add(title, "heading", page, line)

    def enter(self, title: str, level: int) -> None:
        """Sets the heading path without a block: the title stands nowhere in the text (a PDF's outline)."""
        self.leave(level)
        self._path.append((level, title))

    def leave(self, level: int) -> None:
        """Ends every heading of `level` or deeper."""
        while self._path and self._path[-1][0] >= level:
            self._path.pop()

    def prose(self, text: str, *, page: int | None = None, line: int | None = None) -> None:
        """Running text, whose line breaks are soft wraps; nothing is added where it is only white space."""
        self._add(text, "prose", page, line)

    def lines(self, text: str, *, page: int | None = None, line: int | None = None) -> None:
        """Text of which each line stands for itself: code, a table, a list."""
        self._add(text, "lines", page, line)

    def table(
        self, cells: Iterable[Iterable[Cell]], *, page: int | None = None, line: int | None = None
    ) -> bool:
        """A table, a row a line; whether there is text in it."""
        found = list(rows(cells))
        self._add("\n".join(found), "lines", page, line, header_of(found))
        return bool(found)

    def document(
        self,
        *,
        title: str = "",
        pages: int | None = None,
        metadata: Mapping[str, str] | None = None,
        gaps: Iterable[str] = (),
    ) -> Document:
        """The finished document; metadata without a value is left out."""
        values = {key: " ".join(clean(value).split()) for key, value in (metadata or {}).items()}
        return Document(
            text="".join(self._pieces),
            blocks=tuple(self._blocks),
            title=" ".join(clean(title).split()),
            pages=pages,
            metadata={key: value for key, value in values.items() if value},
            gaps=tuple(gaps),
        )

    def _add(self, text: str, kind: BlockKind, page: int | None, line: int | None, header: str = "") -> None:
        # Newlines only at the front: the indent of a first line of code belongs to it.
        text = clean(text).lstrip("\n").rstrip()
        if not text.strip():
            return
        if self._pieces:
            self._pieces.append("\n\n")
            self._length += 2
        check_length(self._length + len(text))
        end = self._length + len(text)
        self._blocks.append(Block(self._length, end, kind, page, self.path, line, clean(header)))
        self._pieces.append(text)
        self._length += len(text)

"""Mail: EML (MIME) and MSG (Outlook); what is attached is a document of its own."""

from pathlib import Path

from indexer.documents import html, mime, outlook, text
from indexer.documents.document import Document
from indexer.documents.draft import Draft
from indexer.documents.encoding import clean, undecoded
from indexer.documents.files import load
from indexer.documents.message import Body, Message

__all__ = ["attachments", "read"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(path: Path) -> Document:
    """A mail: who wrote to whom and when, the text, and the names of what is attached.

    The subject is title and heading. There are no pages and, as most mail is encoded, no lines. An
    attachment is named; its text is a document of its own, see `attachments`.
    """
    message = _message(path)
    draft = Draft()
    draft.heading(message.subject, 1)
    stated = {"From": message.sender, "To": message.to, "Cc": message.cc, "Date": message.date}
    draft.lines("\n".join(f"{name}: {value}" for name, value in stated.items() if value))
    for body in message.bodies:
        _write(body, draft)
    names = [name for name, _ in message.attachments]
    if names:
        draft.lines("\n".join(f"Attachment: {name}" for name in names))
    metadata = {"author": message.sender, "to": message.to, "cc": message.cc, "date": message.date}
    gaps = undecoded("".join(body.text for body in message.bodies))
    return draft.document(title=message.subject, metadata=metadata, gaps=gaps)


def attachments(path: Path) -> list[tuple[str, bytes]]:
    """The attachments of a mail, in order: `(name, content)`; a forwarded mail is one, named `….eml`.

    Raises DocumentError as `read` does.
    """
    return _message(path).attachments


def _message(path: Path) -> Message:
    data = load(path)
    return outlook.parse(data) if data.startswith(_OLE) else mime.parse(data)


def _write(body: Body, draft: Draft) -> None:
    if body.is_html:
        html.write(body.text, draft, 1)
        return
    plain = clean(body.text)
    for block in text.paragraphs(plain):
        write = draft.lines if block.kind == "lines" else draft.prose
        write(plain[block.start : block.end])

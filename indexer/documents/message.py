"""What mail has, in whatever format it came."""

from dataclasses import dataclass, field

__all__ = ["Body", "Message"]


@dataclass(frozen=True, slots=True)
class Body:
    """A part of what is shown when the mail is opened."""

    text: str
    is_html: bool = False


@dataclass(slots=True)
class Message:
    """A mail taken apart.

    sender, to, cc: names and addresses as a mail program shows them. date: ISO 8601, "" where none is stated.
    bodies: in the order they are shown. attachments: `(name, content)`.
    """

    subject: str = ""
    sender: str = ""
    to: str = ""
    cc: str = ""
    date: str = ""
    bodies: list[Body] = field(default_factory=list)
    attachments: list[tuple[str, bytes]] = field(default_factory=list)

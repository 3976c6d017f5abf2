from email.message import EmailMessage
from pathlib import Path

import pytest

from indexer.documents import Document, read_attachments
from indexer.errors import DocumentError

# Lexbor takes time that grows with the square of the depth: a minute or so.
SLOW = b"<div>" * 200_000


def mail(subject: str, *attached: tuple[str, bytes]) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"] = subject, "Ada <ada@x.org>"
    message.set_content(f"The text of {subject}.")
    for name, content in attached:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message


def saved(folder: Path, message: EmailMessage) -> Path:
    (folder / "a.eml").write_bytes(message.as_bytes())
    return folder / "a.eml"


def texts(path: Path) -> list[tuple[str, str]]:
    return [
        (name, outcome.text if isinstance(outcome, Document) else outcome.status)
        for name, outcome in read_attachments(path, cpu_seconds=2)
    ]


def test_each_attachment_is_a_document_or_says_why_not(tmp_path: Path) -> None:
    message = mail(
        "outer",
        ("notes.txt", b"First notes."),
        ("notes.txt", b"Second notes."),
        ("slow.html", SLOW),
        ("../../etc/名字.md", "# 标题".encode()),
        ("data.bin", bytes(range(256))),
        ("no suffix", b"Plain."),
    )
    assert texts(saved(tmp_path, message)) == [
        ("notes.txt", "First notes."),
        ("notes.txt", "Second notes."),
        ("slow.html", "timed out"),
        ("../../etc/名字.md", "# 标题"),
        ("data.bin", "unsupported"),
        ("no suffix", "Plain."),
    ]


def test_what_is_attached_to_a_forwarded_mail_follows_it(tmp_path: Path) -> None:
    inner = mail("inner", ("deep.txt", b"Deep down."))
    outer = mail("outer")
    outer.add_attachment(inner)
    outer.add_attachment(b"After it.", maintype="text", subtype="x", filename="after.txt")
    found = texts(saved(tmp_path, outer))
    assert [name for name, _ in found] == ["inner.eml", "inner.eml/deep.txt", "after.txt"]
    assert "The text of inner." in found[0][1]
    assert [text for _, text in found[1:]] == ["Deep down.", "After it."]


def test_mails_within_mails_end(tmp_path: Path) -> None:
    message = mail("0", ("x.txt", b"x"))
    for number in range(1, 9):
        outer = mail(str(number))
        outer.add_attachment(message)
        message = outer
    found = texts(saved(tmp_path, message))
    assert [name for name, _ in found] == [
        "7.eml",
        "7.eml/6.eml",
        "7.eml/6.eml/5.eml",
        "7.eml/6.eml/5.eml/4.eml",
        "7.eml/6.eml/5.eml/4.eml/3.eml",
    ]


def test_attachments_of_outlook(shared: Path) -> None:
    found = dict(texts(shared / "docling-tests/email/sources/msg_with_attachment.msg"))
    assert list(found) == ["test.txt", "report.pdf"]
    assert found["test.txt"] and found["report.pdf"] == "failed"


def test_a_mail_without_attachments_and_a_file_that_is_none(tmp_path: Path) -> None:
    assert texts(saved(tmp_path, mail("x"))) == []
    (tmp_path / "b.eml").write_text("just a text")
    with pytest.raises(DocumentError, match="none of the headers"):
        texts(tmp_path / "b.eml")

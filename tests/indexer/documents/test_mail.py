from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import docx
import pytest

from indexer.documents.mail import attachments, read
from indexer.documents.message import Body, Message
from indexer.documents.mime import compose, parse
from indexer.documents.outlook import decompress
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks, Lines


def mail(subject: str = "On pooling") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Ada <ada@x.org>", "李白 <li@x.org>"
    message["Date"] = "Sun, 25 May 2025 10:00:00 +0200"
    return message


def saved(folder: Path, message: EmailMessage) -> Path:
    (folder / "a.eml").write_bytes(message.as_bytes())
    return folder / "a.eml"


def test_a_mail(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    message = mail()
    message.set_content(
        "Dear all,\n\nthe mean of all token vectors is what most encoders\nof today return — 平均.\n"
    )
    message.add_alternative("<p>the same as HTML</p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="平均.pdf")
    forwarded = mail("Older")
    forwarded.set_content("what was said before")
    message.add_attachment(forwarded)
    path = saved(tmp_path, message)
    document = read(path)
    check_blocks(document)
    assert shown(document) == [
        "heading pNone lNone On pooling: On pooling",
        "lines pNone lNone On pooling: From: Ada <ada@x.org>\nTo: 李白 <li@x.org>\n"
        "Date: 2025-05-25T10:00:00+02:00",
        "prose pNone lNone On pooling: Dear all,",
        "prose pNone lNone On pooling: the mean of all token vectors is what most encoders\n"
        "of today return — 平均.",
        "lines pNone lNone On pooling: Attachment: 平均.pdf\nAttachment: Older.eml",
    ]
    assert (document.title, document.metadata["author"]) == ("On pooling", "Ada <ada@x.org>")
    assert document.gaps == ()
    (name, content), (other, inner) = attachments(path)
    assert (name, content, other) == ("平均.pdf", b"%PDF", "Older.eml")
    assert "what was said before" in parse(inner).bodies[0].text


def test_html_is_read_where_there_is_no_plain_text(tmp_path: Path, shown: Lines) -> None:
    message = mail()
    message.set_content("<h1>Hello</h1><p>Text</p><script>x</script>", subtype="html")
    assert shown(read(saved(tmp_path, message)))[2:] == [
        "heading pNone lNone On pooling/Hello: Hello",
        "prose pNone lNone On pooling/Hello: Text",
    ]


def test_texts_between_pictures_are_all_of_the_mail(tmp_path: Path) -> None:
    message = mail()
    message.set_content("before")
    message.add_attachment(b"x", maintype="image", subtype="png", filename="a.png", disposition="inline")
    message.add_attachment("after")
    del message.get_payload()[-1]["Content-Disposition"]  # type: ignore[union-attr, index]
    assert [body.text.strip() for body in parse(saved(tmp_path, message).read_bytes()).bodies] == [
        "before",
        "after",
    ]


@pytest.mark.parametrize(
    ("head", "body", "subject", "text"),
    [
        (b"Subject: =?gb2312?B?1tDOxA==?=", b"hi", "中文", "hi"),
        ("Subject: 中文搜索引擎的主题".encode("gb18030"), b"hi", "中文搜索引擎的主题", "hi"),
        (b"Subject: x\nContent-Type: text/plain; charset=gb2312", "平均池化".encode("gbk"), "x", "平均池化"),
        (b"Subject: x\nContent-Type: text/plain; charset=nonsense", "naïve".encode(), "x", "naïve"),
        (b"Subject: x\nContent-Transfer-Encoding: base64", b"!!!", "x", ""),
        (b'Subject: x\nTo: "a <b, <<<;;\nFrom: @@@', b"hi", "x", "hi"),
    ],
)
def test_mail_that_breaks_the_rules(head: bytes, body: bytes, subject: str, text: str) -> None:
    message = parse(head + b"\n\n" + body)
    assert message.subject == subject
    assert "".join(each.text for each in message.bodies).strip("! \n") == text


def test_an_encrypted_mail_and_a_file_that_is_no_mail_are_named() -> None:
    with pytest.raises(DocumentError, match="encrypted") as caught:
        parse(b"Subject: x\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMII")
    assert caught.value.status == "encrypted"
    with pytest.raises(DocumentError, match="none of the headers"):
        parse(b"just a text")


def test_parts_nested_without_end_are_an_error() -> None:
    data, kind = b"hi", b"text/plain"
    for number in range(60):
        border = b"b%d" % number
        data = b"--%s\nContent-Type: %s\n\n%s\n--%s--" % (border, kind, data, border)
        kind = b"multipart/mixed; boundary=" + border
    with pytest.raises(DocumentError, match="nested more than 50 deep"):
        parse(b"Subject: x\nContent-Type: " + kind + b"\n\n" + data)


def test_mails_of_outlook(shared: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    path = shared / "docling-tests/email/sources/msg_with_attachment.msg"
    document = read(path)
    check_blocks(document)
    assert shown(document) == [
        "heading pNone lNone Email with Attachment: Email with Attachment",
        "lines pNone lNone Email with Attachment: From: Alice Example <alice@example.com>\n"
        "To: Bob Example <bob@example.com>\nDate: 2026-05-20T10:30:00+00:00",
        "prose pNone lNone Email with Attachment: This email contains an attachment.",
        "lines pNone lNone Email with Attachment: Attachment: test.txt\nAttachment: report.pdf",
    ]
    assert [name for name, _ in attachments(path)] == ["test.txt", "report.pdf"]
    assert attachments(path)[1][1] == b"%PDF-1.4 fake report bytes"


def test_a_message_survives_being_composed() -> None:
    content = BytesIO()
    docx.Document().save(content)
    message = Message("主题", "李白 <li@x.org>", "Bob", "", "2025-05-25T10:00:00+02:00")
    message.bodies = [Body("one\n"), Body("<p>two</p>", is_html=True)]
    message.attachments = [("平均.docx", content.getvalue())]
    again = parse(compose(message))
    assert (again.subject, again.sender, again.attachments) == (
        message.subject,
        message.sender,
        message.attachments,
    )
    assert [(body.text.strip(), body.is_html) for body in again.bodies] == [
        ("one", False),
        ("<p>two</p>", True),
    ]


@pytest.mark.parametrize(
    ("compressed", "text"),
    [  # the two examples of [MS-OXRTFCP], the second with a reference into what it is itself writing
        (
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        ("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0", b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
    ],
)
def test_compressed_rtf(compressed: str, text: bytes) -> None:
    assert decompress(bytes.fromhex(compressed)) == text

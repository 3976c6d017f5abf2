"""EML: mail in MIME."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import Header
from email.message import Message as Part
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, parseaddr, parsedate_to_datetime

from indexer.documents.encoding import clean, decode
from indexer.documents.message import Body, Message
from indexer.documents.spacing import collapse
from indexer.errors import DocumentError

__all__ = ["compose", "declared", "parse"]

_MAX_DEPTH = 50
_SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
_ENCRYPTED = {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}


def parse(data: bytes) -> Message:
    """The mail in an EML file.

    Raises DocumentError when it is none (without a single header), damaged, or "encrypted".
    """
    try:
        root = message_from_bytes(data, policy=policy.default)
        if not root.keys():
            raise DocumentError("the file has none of the headers that a mail begins with")
        message = Message(
            subject=_header(root, "subject"),
            sender=_header(root, "from"),
            to=_header(root, "to"),
            cc=_header(root, "cc"),
            date=_date(_header(root, "date")),
        )
        for leaf in _leaves(root):
            _add(leaf, message)
    except (DocumentError, MemoryError):
        raise
    # The email package raises whatever it likes, RecursionError too, on mail that nobody foresaw.
    except Exception as error:
        raise DocumentError(f"the mail is damaged: {type(error).__name__}: {collapse(str(error))}") from None
    return message


def compose(message: Message) -> bytes:
    """An EML file of a message that came in another format."""
    mail = MIMEMultipart()
    # Of a name and an address, only the name may be encoded.
    name, address = parseaddr(message.sender)
    is_address = "@" in address and address.isascii()
    sender = formataddr((name, address)) if is_address else _encoded(message.sender)
    stated = {"Subject": message.subject, "To": message.to, "Cc": message.cc, "Date": message.date}
    for header, value in {"From": sender, **{key: _encoded(each) for key, each in stated.items()}}.items():
        if value:
            mail[header] = value
    for body in message.bodies:
        mail.attach(MIMEText(body.text, "html" if body.is_html else "plain", "utf-8"))
    for name, content in message.attachments:
        part = MIMEApplication(content)
        part.add_header("Content-Disposition", "attachment", filename=collapse(name))
        mail.attach(part)
    return mail.as_bytes()


def _encoded(value: str) -> str:
    value = collapse(value)
    return value if value.isascii() else Header(value, "utf-8").encode()


def declared(data: bytes, charset: str) -> str:
    """Text in the charset it is declared to have; in what it looks like where that fails."""
    codec = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "shift_jis": "cp932"}.get(
        charset, charset
    )
    try:
        return clean(data.decode(codec))
    except (LookupError, UnicodeDecodeError, ValueError):
        return decode(data)


def _leaves(part: Part, depth: int = 0) -> Iterator[Part]:
    """The parts that are shown or attached; of alternatives the best one, and what others have attached."""
    if depth > _MAX_DEPTH:
        raise DocumentError(f"the parts of the mail are nested more than {_MAX_DEPTH} deep")
    children = _children(part)
    if part.get_content_type() == "message/rfc822" or not children:
        yield part
    elif part.get_content_type() == "multipart/alternative":
        variants = [list(_leaves(child, depth + 1)) for child in children]
        best = min(variants, key=_badness, default=[])
        for variant in variants:
            yield from (leaf for leaf in variant if variant is best or not _is_shown(leaf))
    else:
        for child in children:
            yield from _leaves(child, depth + 1)


def _badness(variant: list[Part]) -> int:
    """Plain text is best, if there is any; senders write the same as HTML."""
    shown = {leaf.get_content_type() for leaf in variant if _is_shown(leaf) and _payload(leaf).strip()}
    return 0 if "text/plain" in shown else 1 if shown else 2


def _is_shown(part: Part) -> bool:
    is_text = part.get_content_type() in ("text/plain", "text/html")
    return is_text and part.get_content_disposition() != "attachment" and not part.get_filename()


def _add(part: Part, message: Message) -> None:
    kind = part.get_content_type()
    if kind in _ENCRYPTED and part.get_param("smime-type") != "signed-data":
        raise DocumentError("the mail is encrypted; save it decrypted", "encrypted")
    if kind in _SIGNATURES:
        return
    if _is_shown(part):
        text = declared(_payload(part), (part.get_content_charset() or "utf-8").lower())
        message.bodies.append(Body(text, is_html=kind == "text/html"))
    elif kind == "message/rfc822":
        message.attachments.extend(_forwarded(part))
    elif content := _payload(part):
        number = len(message.attachments) + 1
        message.attachments.append(
            (collapse(clean(part.get_filename() or "")) or f"attachment {number}", content)
        )


def _forwarded(part: Part) -> Iterator[tuple[str, bytes]]:
    for mail in _children(part):
        yield f"{_header(mail, 'subject') or 'forwarded mail'}.eml", mail.as_bytes(policy=policy.compat32)


def _children(part: Part) -> list[Part]:
    children = part.get_payload()
    return [child for child in children if isinstance(child, Part)] if isinstance(children, list) else []


def _payload(part: Part) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _header(part: Part, name: str) -> str:
    raw = next((str(value) for key, value in part.raw_items() if key.lower() == name), "")
    if any("\ud800" <= char <= "\udfff" for char in raw):  # bytes beyond ASCII, against the rules
        return collapse(decode(raw.encode("ascii", "surrogateescape")))
    try:
        return collapse(clean(str(part[name] or "")))
    except Exception:
        # The package parses addresses by a grammar, and raises what it likes where one does not fit.
        return collapse(clean(raw))


def _date(stated: str) -> str:
    try:
        return parsedate_to_datetime(stated).isoformat()
    except (ValueError, TypeError, IndexError):
        return stated

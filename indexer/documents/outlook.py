"""MSG: mail as Outlook saves it, an OLE file of properties."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TypeAlias

import olefile

from indexer.documents import mime, rtf
from indexer.documents.message import Body, Message
from indexer.documents.rtfwords import code_page
from indexer.documents.spacing import collapse
from indexer.errors import DocumentError

__all__ = ["decompress", "parse"]

_File: TypeAlias = "olefile.OleFileIO[str]"

_MAX_DEPTH = 20

# Numbers of properties, from [MS-OXPROPS].
_SUBJECT, _SENDER, _ADDRESS, _SMTP = 0x0037, 0x0C1A, 0x0C1F, 0x5D01
_TO, _CC, _SENT, _RECEIVED = 0x0E04, 0x0E03, 0x0039, 0x0E06
_PLAIN, _RTF, _HTML = 0x1000, 0x1009, 0x1013
_CONTENT, _LONG_NAME, _SHORT_NAME, _SHOWN_NAME = 0x3701, 0x3707, 0x3704, 0x3001
_TEXT_PAGE, _HTML_PAGE = 0x3FFD, 0x3FDE

# How many bytes stand before the list of properties: of the file, and of what is within it.
_HEADERS = {"file": 32, "mail": 24, "attachment": 8}

# What every compressed text may refer back to, from [MS-OXRTFCP].
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans"
    rb" SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def parse(data: bytes) -> Message:
    """The mail in an MSG file; raises DocumentError when it is damaged or another kind of OLE file."""
    try:
        with olefile.OleFileIO(BytesIO(data)) as file:
            if not file.exists("__properties_version1.0"):
                raise DocumentError("the file is not a mail of Outlook, although it is named so")
            return _message(file, (), 0)
    except (DocumentError, MemoryError):
        raise
    # olefile trusts tables in the file, and whatever goes wrong with them comes through.
    except Exception as error:
        raise DocumentError(f"the mail is damaged: {type(error).__name__}: {collapse(str(error))}") from None


def decompress(data: bytes) -> bytes:
    """The RTF in a compressed property: back references into a ring of 4,096 bytes."""
    kind = data[8:12]
    if kind == b"MELA":
        return data[16:]
    if kind != b"LZFu":
        raise DocumentError("the text of the mail is compressed in an unknown way")
    ring = bytearray(_DICTIONARY.ljust(4096, b"\0"))
    write, out = len(_DICTIONARY), bytearray()
    for is_reference, item in _items(data[16:]):
        start, length = (item >> 4, (item & 15) + 2) if is_reference else (0, 1)
        if is_reference and start == write:  # to what is not written yet: the end
            break
        # Byte by byte, for a reference may run into what it is itself writing.
        for offset in range(length):
            ring[write] = ring[(start + offset) % 4096] if is_reference else item
            out.append(ring[write])
            write = (write + 1) % 4096
    return bytes(out)


def _items(data: bytes) -> Iterator[tuple[bool, int]]:
    """Bytes (False) and references (True), of which a byte before every eight says which is which."""
    at = 0
    while at < len(data):
        flags, at = data[at], at + 1
        for bit in range(8):
            is_reference = bool(flags >> bit & 1)
            size = 2 if is_reference else 1
            if at + size > len(data):
                return
            yield is_reference, int.from_bytes(data[at : at + size], "big")
            at += size


def _message(file: _File, path: tuple[str, ...], depth: int) -> Message:
    if depth > _MAX_DEPTH:
        raise DocumentError(f"mails are attached to mails more than {_MAX_DEPTH} deep")
    store = _Store(file, path, "mail" if path else "file")
    message = Message(
        subject=collapse(store.text(_SUBJECT)),
        sender=_named(store.text(_SENDER), store.text(_SMTP) or store.text(_ADDRESS)),
        to=collapse(store.text(_TO)),
        cc=collapse(store.text(_CC)),
        date=store.moment(_SENT) or store.moment(_RECEIVED),
        bodies=list(_bodies(store)),
    )
    for entry in sorted(store.inside("__attach_version1.0_")):
        message.attachments.append(_attachment(file, (*path, entry), len(message.attachments) + 1, depth))
    return message


def _named(name: str, address: str) -> str:
    """A name with its address, which within a company is none of mail but a path in a directory."""
    return f"{name} <{address}>" if name and "@" in address and name != address else name or address


def _bodies(store: "_Store") -> Iterator[Body]:
    """The text of the mail, which Outlook saves in up to three formats."""
    if plain := store.text(_PLAIN).strip():
        yield Body(plain)
    elif page := store.binary(_HTML):
        yield Body(mime.declared(page, store.code_page(_HTML_PAGE)), is_html=True)
    elif page_text := store.text(_HTML):
        yield Body(page_text, is_html=True)
    elif compressed := store.binary(_RTF):
        yield Body(rtf.parse(decompress(compressed)).text)


def _attachment(file: _File, path: tuple[str, ...], number: int, depth: int) -> tuple[str, bytes]:
    store = _Store(file, path, "attachment")
    name = next(filter(None, map(store.text, (_LONG_NAME, _SHORT_NAME, _SHOWN_NAME))), f"attachment {number}")
    inner = (*path, f"__substg1.0_{_CONTENT:04X}000D")
    if file.exists("/".join((*inner, "__properties_version1.0"))):
        mail = _message(file, inner, depth + 1)
        return f"{mail.subject or collapse(name)}.eml", mime.compose(mail)
    return collapse(name), store.binary(_CONTENT)


class _Store:
    """The properties of a mail or an attachment: a stream each, the short ones in a list."""

    def __init__(self, file: _File, path: tuple[str, ...], kind: str) -> None:
        self._file = file
        self._path = path
        listed = self._stream("__properties_version1.0")[_HEADERS[kind] :]
        entries = (listed[at : at + 16] for at in range(0, len(listed) - 15, 16))
        self._short = {int.from_bytes(entry[2:4], "little"): entry[8:] for entry in entries}

    def text(self, number: int) -> str:
        """A property that is text, without what ends it; "" where there is none."""
        if wide := self._stream(f"__substg1.0_{number:04X}001F"):
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self._stream(f"__substg1.0_{number:04X}001E").rstrip(b"\0")
        return mime.declared(narrow, self.code_page(_TEXT_PAGE))

    def binary(self, number: int) -> bytes:
        """A property that is bytes; empty where there is none."""
        return self._stream(f"__substg1.0_{number:04X}0102")

    def code_page(self, number: int) -> str:
        """The codec that a property names."""
        return code_page(int.from_bytes(self._short.get(number, b"")[:4], "little"))

    def moment(self, number: int) -> str:
        """A point in time as ISO 8601: the file counts tenths of microseconds from 1601."""
        ticks = int.from_bytes(self._short.get(number, b""), "little")
        if not 0 < ticks < 1 << 62:
            return ""
        moment = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
        return moment.isoformat(timespec="seconds")

    def inside(self, start: str) -> set[str]:
        """The names of what lies directly within and begins with `start`."""
        depth = len(self._path)
        entries = self._file.listdir(streams=False, storages=True)
        below = (each[depth] for each in entries if len(each) > depth and tuple(each[:depth]) == self._path)
        return {name for name in below if name.startswith(start)}

    def _stream(self, name: str) -> bytes:
        path = "/".join((*self._path, name))
        if not self._file.exists(path) or self._file.get_type(path) != olefile.STGTY_STREAM:
            return b""
        return bytes(self._file.openstream(path).read())

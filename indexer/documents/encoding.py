"""Bytes of any encoding -> clean text."""

import re
import unicodedata

from charset_normalizer import from_bytes

__all__ = ["clean", "decode", "is_text", "undecoded"]

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

# The encodings text files are found in, the likelier first: where two read the same bytes
# equally well (cp1252 and cp1250 often do), the first is taken.
_WIDE = ("utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be")
_GUESSES = (
    *("gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1252", "cp1251", "koi8_r", "cp1250", "cp1253"),
    *("cp1254", "cp1255", "cp1256"),
    *_WIDE,
)
_RANKS = {codec: rank for rank, codec in enumerate(_GUESSES)}

# charset-normalizer's default of 0.2 gives up on Chinese with a few Latin words in it. On the first 200
# bytes of 256 Wikipedia paragraphs in GB18030, Big5 and UTF-16, 0.7 gets 767 of 768 right and 0.2 gets 725.
_MESS_ALLOWED = 0.7

# Controls, what some readers take for a line break (and editors don't), lone surrogates, non-characters.
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_NEWLINE = re.compile("\r\n?")


def decode(data: bytes) -> str:
    """Text in whatever encoding it is, cleaned; bytes that no encoding explains become U+FFFD."""
    return clean(_decode(data))


def clean(text: str) -> str:
    """Newlines as ``\\n``; every control character, lone surrogate or non-character as a space."""
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = _NEWLINE.sub("\n", text)
    return _HARMFUL.sub(" ", text)


def undecoded(text: str) -> tuple[str, ...]:
    """The gap to report for characters that nobody can read any more; empty where there are none."""
    count = text.count("\ufffd")
    return (f"{count} unreadable character{'s' * (count > 1)}, shown as \ufffd",) if count else ()


def is_text(start: bytes) -> bool:
    """Whether a file that begins with these bytes is text of some encoding rather than binary data."""
    if any(start.startswith(mark) for mark, _ in _MARKS):
        return True
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b\b" for byte in start)
    return controls * 100 <= len(start) or any(_is_printable(start, codec) for codec in _WIDE)


def _is_printable(start: bytes, codec: str) -> bool:
    whole = start[: len(start) // 4 * 4]
    try:
        text = whole.decode(codec)
    except UnicodeDecodeError as error:
        if error.start < len(whole) - 4:  # a pair of surrogates may be cut at the end
            return False
        text = whole[: error.start].decode(codec)
    odd = sum(unicodedata.category(char) in ("Cc", "Cn", "Co") and char not in "\t\n\r" for char in text)
    return bool(text) and odd * 100 <= len(text)


def _decode(data: bytes) -> str:
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace")
    try:
        text = data.decode("utf-8")
        # English in UTF-16 is valid UTF-8 with a NUL after every letter; stray ones are something else.
        if text.count("\x00") * 4 <= len(text):
            return text
    except UnicodeDecodeError:
        pass
    guesses = from_bytes(data, cp_isolation=list(_GUESSES), threshold=_MESS_ALLOWED)
    if not guesses:
        return data.decode("cp1252", "replace")
    best = min(guesses, key=lambda guess: (guess.chaos, -guess.coherence, _RANKS.get(guess.encoding, 0)))
    return data.decode(best.encoding, "replace")

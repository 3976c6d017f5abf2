"""White space inside running text."""

import re
from collections.abc import Iterable

__all__ = ["collapse", "join_lines"]

# Scripts written without spaces, so that a line break between two of their characters is none.
# Hangul is not among them: Korean has spaces.
_POINTS = "\u3001-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufe30-\ufe4f"
_CJK = (
    "\u2e80-\u3000\u3040-\u312f\u3190-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    f"\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uff9f\uffa0-\uffef\U00020000-\U0003ffff{_POINTS}"
)
# Chinese has its quotation marks, dashes and ellipses in common with other languages.
_QUOTES = "‘’“”…—"
_NO_SPACE = re.compile(
    f"(?<=[{_POINTS}])[ \t]*\n\\s*"
    f"|[ \t]*\n\\s*(?=[{_POINTS}])"
    f"|(?<=[{_CJK}])[ \t]*\n\\s*(?=[{_CJK}{_QUOTES}])"
    f"|(?<=[{_QUOTES}])[ \t]*\n\\s*(?=[{_CJK}])"
)
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")


def collapse(text: str) -> str:
    """Running text on one line, as a browser shows it; a line break in Chinese leaves no space.

    >>> collapse(" mean\\n pooling ")
    'mean pooling'
    >>> collapse("“向量”\\n检索，\\nBERT\\n模型")
    '“向量”检索，BERT 模型'
    """
    return " ".join(_NO_SPACE.sub("", _INVISIBLE.sub("", text)).split())


def join_lines(lines: Iterable[str]) -> str:
    """Wrapped lines as one."""
    return collapse("\n".join(lines))

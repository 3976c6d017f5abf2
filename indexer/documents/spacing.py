"""White space inside running text."""

import re

__all__ = ["collapse", "join_lines"]

# Ideographs, kana and their punctuation: scripts written without spaces, so a line break there is none.
# Hangul is not among them: Korean has spaces.
_CJK = (
    "\u2e80-\u312f\u3190-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
)
_CJK_BREAK = re.compile(f"(?<=[{_CJK}])[ \t]*\n\\s*(?=[{_CJK}])")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")


def collapse(text: str) -> str:
    """Running text on one line, as a browser shows it; a line break between CJK characters leaves no space.

    >>> collapse(" mean\\n pooling ")
    'mean pooling'
    >>> collapse("向量\\n检索")
    '向量检索'
    """
    return " ".join(_CJK_BREAK.sub("", _INVISIBLE.sub("", text)).split())


def join_lines(lines: list[str]) -> str:
    """Wrapped lines as one."""
    return collapse("\n".join(lines))

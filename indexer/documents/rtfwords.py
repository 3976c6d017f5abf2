"""The vocabulary of RTF that matters for its text."""

import codecs
from types import MappingProxyType

__all__ = ["ASIDES", "CHARACTERS", "INFORMATION", "KEPT", "SKIPPED", "charset", "code_page"]

CHARACTERS = MappingProxyType(
    {
        "line": "\n",
        "softline": "\n",
        "tab": "\t",
        "emdash": "—",
        "endash": "–",
        "emspace": " ",
        "enspace": " ",
        "qmspace": " ",
        "bullet": "•",
        "lquote": "‘",
        "rquote": "’",
        "ldblquote": "“",
        "rdblquote": "”",
    }
)

# Groups whose text stands beside the paragraph that they are in.
ASIDES = frozenset({"footnote", "annotation", "shptxt"})

# What the file states of itself.
INFORMATION = MappingProxyType(
    {"title": "title", "author": "author", "subject": "subject", "keywords": "keywords"}
)

# Groups that the file marks as ignorable although they have text in them.
KEPT = frozenset({"shpinst", "shpgrp", "moMath", "moMathPara"})

# Groups that have no text of the document's own: tables of formats, pictures, page furniture, instructions.
# fmt: off
SKIPPED = frozenset((
    "colortbl", "listtable", "listoverridetable", "revtbl", "rsidtbl", "generator", "filetbl", "info",
    "pict", "objdata", "objclass", "objname", "fldinst", "header", "headerl", "headerr", "headerf",
    "footer", "footerl", "footerr", "footerf", "ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc",
    "aftncn", "sp", "sn", "sv", "xe", "tc", "rxe", "bkmkstart", "bkmkend", "themedata",
    "colorschememapping", "latentstyles", "datastore", "xmlnstbl", "pgptbl", "atnid", "atnauthor",
    "atntime", "atndate", "atnparent", "atrfstart", "atrfend", "stextflow", "falt", "panose", "fname",
    "doccomm", "operator", "creatim", "revtim", "printim", "buptim", "comment", "company", "manager",
    "category", "hlinkbase", "template", "passwordhash", "nonshppict", "nonesttables",
))
# fmt: on

_CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gb18030",
    136: "big5hkscs",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    254: "cp437",
    255: "cp850",
}


def charset(number: int) -> str:
    """The codec of a font's character set; "" for those that leave it to the document, as ANSI does."""
    return _CHARSETS.get(number, "")


def code_page(number: int) -> str:
    """The codec of a Windows code page; cp1252 for one that Python does not know."""
    name = {936: "gb18030", 10000: "mac_roman", 65001: "utf-8"}.get(number, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"

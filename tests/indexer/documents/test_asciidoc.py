from pathlib import Path

import pytest

from indexer.documents import Document
from indexer.documents.asciidoc import read
from indexer.documents.asciitext import plain
from tests.indexer.documents.conftest import CheckBlocks, Lines


def made(folder: Path, text: str) -> Document:
    (folder / "a.adoc").write_text(text, encoding="utf-8")
    return read(folder / "a.adoc")


def test_a_text(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    document = made(
        tmp_path,
        """\
= On pooling
Ada Lovelace <ada@x.org>
:keywords: bert, mean
:size: 384

The *mean* has {size} dimensions
and {unknown} ones.

// a comment
== Mean

[source,python]
----
x = 1  # *not* bold
----

.A list
* one
** two

. wrapped
  item
. short

Old style
---------
term:: its definition

[cols="1,1"]
|===
|a |b

|c
|d, and
more
|===

|===
2+|wide ^.^h|head
| e | f | g
|===

====
NOTE: inside an example
====

////
nothing
////
 literal
  text

image::x.png[A picture,width=3]
include::other.adoc[]
++++
<b>raw</b>
++++
'''
end
""",
    )
    check_blocks(document)
    path = "On pooling/Mean"
    assert shown(document) == [
        "heading pNone l1 On pooling: On pooling",
        "prose pNone l6 On pooling: The mean has 384 dimensions\nand {unknown} ones.",
        f"heading pNone l10 {path}: Mean",
        f"lines pNone l14 {path}: x = 1  # *not* bold",
        f"prose pNone l17 {path}: A list",
        f"lines pNone l18 {path}: one\ntwo",
        f"prose pNone l21 {path}: wrapped\nitem",
        f"prose pNone l23 {path}: short",
        "heading pNone l25 On pooling/Old style: Old style",
        "prose pNone l27 On pooling/Old style: term: its definition",
        "lines pNone l31 On pooling/Old style: a | b\nc | d, and more",
        "lines pNone l39 On pooling/Old style: wide | head\ne | f | g",
        "prose pNone l44 On pooling/Old style: NOTE: inside an example",
        "lines pNone l50 On pooling/Old style:  literal\n  text",
        "prose pNone l53 On pooling/Old style: A picture",
        "prose pNone l59 On pooling/Old style: end",
    ]
    assert document.title == "On pooling"
    assert document.metadata == {"author": "Ada Lovelace <ada@x.org>", "keywords": "bert, mean"}
    assert document.gaps == (
        "line 54: the file that would be included is not read",
        "line 55: a block of raw output is not read",
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a *b* _c_ `d` #e# x^2^ H~2~O **f**g", "a b c d e x2 H2O fg"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("https://x.org[site], link:a.html[page], <<id,here>>, <<id>>", "site, page, here, id"),
        ("press kbd:[F1] or btn:[OK], menu:File[Save]", "press F1 or OK, File > Save"),
        ("a footnote:[note] [[anchor]]b [.big]#c# +", "a  (note) b c"),
        ("平均*池化*", "平均*池化*"),
    ],
)
def test_marks_and_macros(source: str, text: str) -> None:
    assert plain(source, {}) == text


@pytest.mark.parametrize(
    "text", ["----\nx", "|===\n|x", "* x\n+", "= x", "|x", "[", ".x", "::", "a\n--", "////"]
)
def test_what_is_never_closed_ends_with_the_file(text: str, tmp_path: Path) -> None:
    assert ("x" in made(tmp_path, text).text) == ("x" in text)

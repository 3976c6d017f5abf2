from pathlib import Path

import pytest

from indexer.documents import Document
from indexer.documents.rst import read
from tests.indexer.documents.conftest import CheckBlocks, Lines


def made(folder: Path, text: str) -> Document:
    (folder / "a.rst").write_text(text, encoding="utf-8")
    return read(folder / "a.rst")


def test_a_text(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    document = made(
        tmp_path,
        """\
==========
On pooling
==========

:Author: Ada
:Version: 2

The *mean* of ``all`` token
vectors_, as :class:`~indexer.Encoder` and :ref:`others <x>` have it [1]_.

Mean
----

* one
* two

1. a wrapped
   item
2. short

.. note:: Take care.

::

   x = 1

.. code-block:: python

   y = 2

.. _vectors: http://x.org
.. [1] A footnote.
.. a comment

===== =====
a     b
===== =====
c     d
===== =====

term
   its definition

| Rose Lane 1
| London
""",
    )
    check_blocks(document)
    assert shown(document) == [
        "heading pNone l2 On pooling: On pooling",
        "prose pNone l8 On pooling: The mean of all token\nvectors, as Encoder and others have it [1].",
        "heading pNone l11 On pooling/Mean: Mean",
        "lines pNone l14 On pooling/Mean: one\ntwo",
        "prose pNone l17 On pooling/Mean: a wrapped\nitem",
        "prose pNone l19 On pooling/Mean: short",
        "prose pNone l21 On pooling/Mean: Take care.",
        "lines pNone l25 On pooling/Mean: x = 1",
        "lines pNone l29 On pooling/Mean: y = 2",
        "prose pNone l32 On pooling/Mean: A footnote.",
        "lines pNone l35 On pooling/Mean: a | b\nc | d",
        "prose pNone l41 On pooling/Mean: term",
        "prose pNone l42 On pooling/Mean: its definition",
        "lines pNone l44 On pooling/Mean: Rose Lane 1\nLondon",
    ]
    assert (document.title, document.metadata) == ("On pooling", {"author": "Ada", "version": "2"})


def test_directives_of_sphinx_are_read_as_the_text_in_them(tmp_path: Path, shown: Lines) -> None:
    text = """\
Search
======

.. toctree::
   :maxdepth: 2

   other

.. py:function:: search(question)
   :noindex:

   Finds passages.

   .. versionadded:: 1.2
      Also in Chinese.

   :param question: in your own words
"""
    assert shown(made(tmp_path, text)) == [
        "heading pNone l1 Search: Search",
        "prose pNone l9 Search: search(question)",
        "prose pNone l12 Search: Finds passages.",
        "prose pNone l14 Search: New in version 1.2",
        "prose pNone l15 Search: Also in Chinese.",
        "prose pNone l17 Search: param question: in your own words",
    ]


@pytest.mark.parametrize(
    "directive",
    ["include:: {}", "literalinclude:: {}", "csv-table::\n   :file: {}", "raw:: html\n   :file: {}"],
)
def test_no_file_is_inserted(directive: str, tmp_path: Path) -> None:
    (secret := tmp_path / "secret.txt").write_text("secret,1\n", encoding="utf-8")
    document = made(tmp_path, f"Before.\n\n.. {directive.format(secret)}\n\nAfter.\n")
    assert document.text.split() == ["Before.", "After."]
    assert document.gaps == (f"line 3: what {directive.partition(':')[0]!r} would insert is not read",)


def test_what_breaks_the_syntax_is_read_as_it_stands(tmp_path: Path, shown: Lines) -> None:
    text = "An *open emphasis.\n\n=== ===\na\nb  c\n=== ===\n\n.. |x| replace:: |x|\n\n|x| end\n"
    document = made(tmp_path, text)
    assert shown(document)[:2] == [
        "prose pNone l1 : An *open emphasis.",
        "lines pNone l3 : === ===\na\nb  c\n=== ===",
    ]
    assert "end" in document.text


def test_directives_within_directives_end_somewhere(tmp_path: Path) -> None:
    text = "".join(f"{'   ' * depth}.. other::\n\n" for depth in range(60)) + "   " * 60 + "deep"
    assert "deep" in made(tmp_path, text).text

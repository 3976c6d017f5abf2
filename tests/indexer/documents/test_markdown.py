from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from indexer.documents import Document, read
from indexer.documents.markdown import blocks
from tests.indexer.documents.conftest import CheckBlocks, Lines

SOURCE = """\
---
title: "On *pooling*"
author: Ada
tags:
  - bert
  - mean
---
# Pooling `mean` [link](http://x)

The mean of all
token vectors.

<!-- a comment
of two lines -->
Sub heading
-----------

- one
- two

1. an item that is
   wrapped

   and goes on
2. another

***

> quoted
> text

| a | b |
|---|---|
| 1 | 2 |

```python
# no heading
x = 1

```

[ref]: http://example.com

# Second

last
"""


def from_text(folder: Path, text: str) -> Document:
    (folder / "a.md").write_text(text, encoding="utf-8")
    return read(folder / "a.md")


def test_blocks_headings_and_lines(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    document = from_text(tmp_path, SOURCE)
    check_blocks(document)
    assert shown(document) == [
        "heading pNone l8 Pooling mean link: # Pooling `mean` [link](http://x)",
        "prose pNone l10 Pooling mean link: The mean of all\ntoken vectors.",
        "heading pNone l15 Pooling mean link/Sub heading: Sub heading\n-----------",
        "lines pNone l18 Pooling mean link/Sub heading: - one\n- two",
        "prose pNone l21 Pooling mean link/Sub heading: 1. an item that is\n   wrapped",
        "prose pNone l24 Pooling mean link/Sub heading: and goes on",
        "prose pNone l25 Pooling mean link/Sub heading: 2. another",
        "prose pNone l29 Pooling mean link/Sub heading: > quoted\n> text",
        "lines pNone l32 Pooling mean link/Sub heading: | a | b |\n|---|---|\n| 1 | 2 |",
        "lines pNone l36 Pooling mean link/Sub heading: ```python\n# no heading\nx = 1\n\n```",
        "lines pNone l42 Pooling mean link/Sub heading: [ref]: http://example.com",
        "heading pNone l44 Second: # Second",
        "prose pNone l46 Second: last",
    ]
    assert document.title == "On *pooling*"
    assert document.metadata == {"author": "Ada", "tags": "bert, mean"}


def test_what_is_not_shown_is_blanked_and_everything_else_stays_in_place(tmp_path: Path) -> None:
    text = from_text(tmp_path, SOURCE).text
    assert len(text) == len(SOURCE)
    assert "Ada" not in text and "comment" not in text and "***" not in text
    assert all(now in (was, " ") for now, was in zip(text, SOURCE, strict=True))


def test_without_front_matter_the_first_heading_of_the_top_level_is_the_title(tmp_path: Path) -> None:
    assert from_text(tmp_path, "Intro\n\n# The title\n\n# Another\n").title == "The title"
    assert from_text(tmp_path, "---\n\nno front matter\n").title == ""
    assert from_text(tmp_path, "+++\ntitle = 'Toml'\n+++\nx\n").title == "Toml"


@given(
    st.lists(
        st.sampled_from(
            ["# ", "-", "> ", "a b", "\n", "\n\n", "`", "|", "  ", "1. ", "<!--", "-->", "---", "["]
        )
    )
)
def test_blocks_hold_their_promises_for_any_marks(parts: list[str]) -> None:
    from tests.indexer.documents.conftest import _check_blocks

    source = "".join(parts)
    text, found = blocks(source)
    assert len(text) == len(source)
    if found:
        _check_blocks(Document(text, found))

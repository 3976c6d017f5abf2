from pathlib import Path

import pytest

from indexer.documents import Document
from indexer.documents.subtitles import read
from tests.indexer.documents.conftest import CheckBlocks, Lines


def made(folder: Path, text: str, name: str = "a.vtt") -> Document:
    (folder / name).write_text(text, encoding="utf-8")
    return read(folder / name)


def test_webvtt(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    document = made(
        tmp_path,
        """WEBVTT - On pooling
Kind: captions

NOTE not shown

STYLE
::cue { color: red }

intro
00:01.000 --> 00:03.500 align:left
<v Ada>What is <i>pooling</i>?

00:04.000 --> 00:06.000
<v Bob>The mean of all
token vectors &amp; nothing else.</v>

00:01:05.000 --> 00:01:07.000
<v Bob>Next topic.</v><v Ada>Yes.</v>

01:00:00,000 --> 01:00:02,000
Later, without a speaker.

a stray paragraph
""",
    )
    check_blocks(document)
    assert shown(document) == [
        "prose pNone lNone 00:00:01: Ada: What is pooling?",
        "prose pNone lNone 00:00:01: Bob: The mean of all\ntoken vectors & nothing else.",
        "prose pNone lNone 00:01:05: Bob: Next topic.",
        "prose pNone lNone 00:01:05: Ada: Yes.",
        "prose pNone lNone 01:00:00: Later, without a speaker.",
    ]
    assert (document.title, document.gaps) == ("On pooling", ("paragraphs without a time, not read: 1",))


def test_srt(tmp_path: Path, shown: Lines) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<b>One</b>\n\n2\n00:00:03,000 --> 00:00:04,000\ntwo.\n"
    assert shown(made(tmp_path, text, "a.srt")) == ["prose pNone lNone 00:00:01: One\ntwo."]


def cues(*times: int, text: str) -> str:
    stamp = "{0:02}:{1:02}.000 --> {0:02}:{1:02}.900"
    return "WEBVTT\n\n" + "\n\n".join(f"{stamp.format(*divmod(time, 60))}\n{text}" for time in times)


@pytest.mark.parametrize(
    ("text", "starts"),
    [("A sentence.", ["00:00:00", "00:00:30", "00:01:00"]), ("no end", ["00:00:00", "00:01:00"])],
)
def test_a_section_ends_with_a_sentence_after_half_a_minute_or_else_after_one(
    text: str, starts: list[str], tmp_path: Path
) -> None:
    document = made(tmp_path, cues(*range(0, 80, 10), text=text))
    assert [block.heading[0] for block in document.blocks] == starts


def test_captions_that_roll_are_read_once_and_what_is_said_twice_is_kept(tmp_path: Path) -> None:
    rolling = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\n \nso<00:01.500><c> this</c>\n\n"
        "00:02.000 --> 00:02.010\nso this\n \n\n"
        "00:02.010 --> 00:04.000\nso this\nrolls<00:03.000><c> on</c>\n"
    )
    assert made(tmp_path, rolling).text.split() == ["so", "this", "rolls", "on"]
    assert made(tmp_path, cues(1, 2, text="No!")).text == "No!\nNo!"

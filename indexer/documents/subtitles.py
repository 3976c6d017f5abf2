"""VTT and SRT: what is said, with the time where it is said in the heading path."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from indexer.documents.document import Document
from indexer.documents.draft import Draft, check_length
from indexer.documents.encoding import decode, undecoded
from indexer.documents.files import load
from indexer.documents.spacing import collapse

__all__ = ["read"]

_TIMES = re.compile(r"[ \t]*(?:(\d{1,4}):)?(\d{1,2}):(\d{2})[.,]\d{1,3}[ \t]*-->[ \t]*[\d:.,]+(?:[ \t].*)?")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^<>]*)>")
_MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_STAMP = re.compile(r"<\d\d:\d\d[:.\d]*>")
_HEADER = re.compile(r"WEBVTT(?:[ \t]+-?[ \t]*(.*))?")
_COMMENT = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")

# A section is about as much as a person says in a passage: at least this many seconds, and then up to
# the end of a sentence, but not much longer.
_SECTION = 30
_LONGEST_SECTION = 60
_SENTENCE_END = re.compile(r"[.?!。？！…][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class _Cue:
    """Words shown together. start: in whole seconds."""

    start: int
    speaker: str
    text: str


def read(path: Path) -> Document:
    """Subtitles: sections of 30 to 60 seconds, each under the time when it begins; a block a speaker.

    That time is the place of a block, in its heading path and not in the text; there are no lines, for
    between any two of them the file has times.
    """
    text = decode(load(path))
    check_length(len(text))
    cues, title, strays = _parse(text)
    draft = Draft()
    for section in _sections(_without_repeats(cues, is_rolling=bool(_STAMP.search(text)))):
        draft.enter(_clock(section[0].start), 1)
        for speaker, turn in groupby(section, key=lambda cue: cue.speaker):
            said = list(turn)
            words = "\n".join(cue.text for cue in said)
            draft.prose(f"{speaker}: {words}" if speaker else words)
    gaps = [f"paragraphs without a time, not read: {strays}"] if strays else []
    return draft.document(title=title, gaps=[*gaps, *undecoded(text)])


def _parse(text: str) -> tuple[list[_Cue], str, int]:
    """The cues; the title in the header; how many paragraphs are neither cues nor comments."""
    cues: list[_Cue] = []
    title, strays = "", 0
    for number, lines in enumerate(_paragraphs(text)):
        at = next((index for index, each in enumerate(lines[:2]) if _TIMES.fullmatch(each)), None)
        if at is not None:
            cues += _cue(lines[at], lines[at + 1 :])
        elif number == 0 and (header := _HEADER.fullmatch(lines[0])):
            title = header[1] or ""
        elif not _COMMENT.match(lines[0]):
            strays += 1
    return cues, title, strays


def _paragraphs(text: str) -> Iterator[list[str]]:
    """Runs of lines between empty ones."""
    for is_text, run in groupby(text.split("\n"), key=lambda line: bool(line.strip())):
        if is_text:
            yield list(run)


def _cue(times: str, lines: list[str]) -> Iterator[_Cue]:
    """One cue; of a cue in which several speak, one each."""
    match = _TIMES.fullmatch(times)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    start = hours * 3600 + minutes * 60 + seconds
    # Text, then speaker and text in turn.
    parts = ["", *_VOICE.split("\n".join(lines))]
    for speaker, spoken in zip(parts[::2], parts[1::2], strict=True):
        said = "\n".join(
            filter(None, (collapse(html.unescape(_MARKUP.sub("", each))) for each in spoken.split("\n")))
        )
        if said:
            yield _Cue(start, collapse(html.unescape(speaker)), said)


def _without_repeats(cues: list[_Cue], *, is_rolling: bool) -> Iterator[_Cue]:
    """The cues; of captions that roll, where a line is shown again above the next, each line once."""
    last = ""
    for cue in cues:
        lines = cue.text.split("\n")
        kept = [
            each for number, each in enumerate(lines) if not (is_rolling and number == 0 and each == last)
        ]
        last = lines[-1]
        if kept:
            yield _Cue(cue.start, cue.speaker, "\n".join(kept))


def _sections(cues: Iterator[_Cue]) -> Iterator[list[_Cue]]:
    section: list[_Cue] = []
    for cue in cues:
        if section:
            elapsed = cue.start - section[0].start
            is_end = _SENTENCE_END.search(section[-1].text)
            if elapsed >= _LONGEST_SECTION or (elapsed >= _SECTION and is_end) or elapsed < 0:
                yield section
                section = []
        section.append(cue)
    if section:
        yield section


def _clock(seconds: int) -> str:
    """A time as players show it.

    >>> _clock(3725)
    '01:02:05'
    """
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"

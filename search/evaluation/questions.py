"""A user's own questions: a file of questions and what each should find.

A line expects a path, a page of it, the text of an answer, or several of these together, which one passage
must then meet. A question on several lines has several right answers.
"""

import csv
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.errors import UsageError
from search.asked import Asked
from search.hits import Hit

__all__ = ["Expected", "Questions", "load_questions"]

COLUMNS = ("question", "path", "page", "answer")
DELIMITERS = {".csv": ",", ".tsv": "\t"}
LAYOUT = f"give JSON lines, .csv or .tsv with {', '.join(COLUMNS)}"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a passage must meet: each that isn't None.

    path    of the document, as indexed, or any longer or shorter path that ends alike
    page    from 1
    answer  text that the passage holds, whatever its case and white space
    """

    path: str | None
    page: int | None
    answer: str | None

    def met_by(self, hit: Hit) -> bool:
        """Whether a hit is what was expected."""
        return (
            (self.path is None or _same_path(self.path, hit.path))
            and (self.page is None or self.page == hit.page)
            and (self.answer is None or _plain(self.answer) in _plain(hit.text))
        )

    def __str__(self) -> str:
        page = f"page {self.page}" if self.page is not None else None
        answer = f"“{self.answer}”" if self.answer is not None else None
        return " › ".join(part for part in (self.path, page, answer) if part)


@dataclass(frozen=True, slots=True)
class Questions:
    """A user's own questions.

    queries  query id (the line it stands on) -> question
    wanted   query id -> what is expected, each as good as the other
    """

    name: str
    queries: dict[str, str]
    wanted: dict[str, tuple[Expected, ...]]

    @property
    def qrels(self) -> dict[str, dict[str, int]]:
        """Query id -> each expectation by its number -> 1."""
        return {key: {str(at): 1 for at in range(len(all_))} for key, all_ in self.wanted.items()}

    def asked(self, query_id: str) -> Asked:
        """The question as plain text: its punctuation means nothing."""
        return Asked.plain(self.queries[query_id])

    def ranking(self, query_id: str, hits: Sequence[Hit]) -> list[str]:
        """The expectations where they are first met, and everything else under names of its own.

        Ranked are passages, or documents where nothing but paths is expected.
        """
        wanted = self.wanted[query_id]
        by_document = all(at.page is None and at.answer is None for at in wanted)
        found: list[str] = []
        seen: set[str] = set()
        for rank, hit in enumerate(hits, 1):
            if by_document and hit.path in seen:
                continue
            seen.add(hit.path)
            met = [str(at) for at, each in enumerate(wanted) if str(at) not in found and each.met_by(hit)]
            found += met or [f"rank {rank}"]
        return found

    def expected(self, query_id: str) -> str:
        """What is expected, for a person."""
        return ", or ".join(map(str, self.wanted[query_id]))

    def unknown_paths(self, paths: Sequence[str]) -> list[str]:
        """The expected paths that none of `paths` is: they can't be found."""
        expected = dict.fromkeys(at.path for all_ in self.wanted.values() for at in all_ if at.path)
        return [path for path in expected if not any(_same_path(path, known) for known in paths)]


def load_questions(file: str | Path) -> Questions:
    """Read a file of questions: JSON lines, or .csv or .tsv with a header; columns as in `COLUMNS`.

    As spreadsheets write them: a .csv may have semicolons, and rows of nothing are passed over.

    Raises UsageError, naming the file and line, where it isn't one.
    """
    path = Path(file).expanduser()
    lines: dict[str, str] = {}
    wanted: dict[str, tuple[Expected, ...]] = {}
    for number, row in _rows(path):
        question, expected = _line(row, f"{path}, line {number}")
        key = lines.setdefault(question, str(number))
        wanted[key] = (*wanted.get(key, ()), expected)
    if not lines:
        raise UsageError(f"{path} holds no questions; {LAYOUT}")
    return Questions(path.name, {key: question for question, key in lines.items()}, wanted)


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    number = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            if delimiter := DELIMITERS.get(path.suffix.lower()):
                header = lines.readline()
                if delimiter == "," and ";" in header and "," not in header:
                    delimiter = ";"
                names = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), ())]
                if "question" not in names:
                    raise UsageError(f"{path}, line 1: it has no column “question”; {LAYOUT}")
                reader = csv.reader(lines, delimiter=delimiter)
                for cells in reader:
                    number = 1 + reader.line_num
                    if any(map(str.strip, cells)):
                        yield number, dict(zip(names, cells, strict=False))
                return
            for number, line in enumerate(lines, 1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise UsageError(f"{path}, line {number}: it is no JSON object; {LAYOUT}")
                    yield number, row
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror}); {LAYOUT}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not in UTF-8; save it as that (spreadsheets: “CSV UTF-8”)") from error
    except (ValueError, csv.Error) as error:
        raise UsageError(f"{path}, line {number}: it can't be read ({error}); {LAYOUT}") from error


def _line(row: Mapping[str, Any], place: str) -> tuple[str, Expected]:
    if lists := [name for name in COLUMNS if isinstance(row.get(name), list | dict)]:
        raise UsageError(f"{place}: its {lists[0]} is not one value; give each a line with the same question")
    question, path, page, answer = (str(row.get(name) or "").strip() for name in COLUMNS)
    page = page.removesuffix(".0")  # a column of numbers with gaps, as pandas writes it
    if not question:
        raise UsageError(f"{place}: it has no question; {LAYOUT}")
    if page and not (page.isdecimal() and int(page) > 0):
        raise UsageError(f"{place}: its page is {page!r}; give a number from 1, or none")
    if page and not path:
        raise UsageError(f"{place}: it has a page and no path; say of which document")
    if not path and not _plain(answer):
        raise UsageError(f"{place}: it expects nothing; give a path or the text of an answer")
    return question, Expected(path or None, int(page) if page else None, answer or None)


def _same_path(expected: str, indexed: str) -> bool:
    composed = (unicodedata.normalize("NFC", path) for path in (expected, indexed))  # macOS takes é apart
    ours, theirs = (f"/{path.replace(chr(92), '/').removeprefix('./')}" for path in composed)
    return ours.endswith(theirs) or theirs.endswith(ours)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

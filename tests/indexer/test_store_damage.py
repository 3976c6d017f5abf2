"""Whatever bit is flipped, wherever a file is cut: one sentence, or exactly the answer of the sound index."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.errors import BertrieveError, DamagedIndexError
from indexer.store import NewPassage, Reader
from tests.making import ENCODER, document, drop, put, writer

QUESTIONS = ["cat river", "number 3 pooling", "语义检索", "nothing of this"]
FLIPS = 300


def make(path: Path) -> None:
    """An index with two segments, recent vectors, and passages deleted from each."""
    with writer(path) as to:
        for at in range(8):
            texts = [f"the cat number {at * 4 + part} sees a river of pooling {at}" for part in range(4)]
            put(to, document(f"notes/{at}.txt", *texts, title=f"Title {at}"))
            if at in (2, 5):
                to.seal()
        put(to, document("检索.md", "语义检索用向量寻找段落", "关键词检索"))
        drop(to, "notes/1.txt", "notes/4.txt", "notes/7.txt")


def answers(path: Path) -> list[Any]:
    """Everything that a question can be told of an index."""
    reader = Reader(path)
    found: list[Any] = [reader.encoder]
    try:
        for question in QUESTIONS:
            vector = ENCODER.encode_question(question)
            with reader.view() as view:
                dense, lexical = view.dense(vector, 7), view.lexical(question, 7)
                ids = np.union1d(dense.ids, lexical.ids)
                found += [ids.tolist(), dense.ids.tolist(), dense.scores.tolist(), lexical.scores.tolist()]
                found += [view.cosines(vector, ids).tolist(), view.lexical_scores(question, ids).tolist()]
                found += [view.passages(ids), view.moments.of_scores(vector)]
                found += [view.frequencies(question)[0].tolist(), view.frequencies(question)[1]]
    finally:
        reader.close()
    return found


def files_of(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file() and file.stat().st_size)


def flip(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)


def cut(file: Path, chance: random.Random) -> None:
    file.write_bytes(file.read_bytes()[: chance.randrange(file.stat().st_size)])


def blank(file: Path, chance: random.Random) -> None:
    """A block that the disk gives back as zeros."""
    data = bytearray(file.read_bytes())
    begin = chance.randrange(len(data)) // 512 * 512
    data[begin : begin + 512] = bytes(len(data[begin : begin + 512]))
    file.write_bytes(data)


def outcome(path: Path, sound: list[Any]) -> str:
    try:
        found = answers(path)
    except BertrieveError as error:
        assert "\n" not in str(error), error
        return "told"
    return "same" if found == sound else "WRONG"


def damage(
    base: Path, place: Path, times: int, seed: int, do: Callable[[Path, random.Random], None] = flip
) -> dict[str, int]:
    """Damage a copy of `base` that many times, each in a file taken at random; how often it was told, or
    did no harm."""
    sound = answers(base)
    shutil.copytree(base, place)
    names = [file.relative_to(base) for file in files_of(base)]
    counts = {"told": 0, "same": 0}
    for turn in range(times):
        chance = random.Random(seed * 1_000_000 + turn)
        # The larger half of the turns goes to SQLite's file, which has no checksums of its own.
        name = Path("metadata.sqlite") if chance.random() < 0.5 else chance.choice(names)
        do(place / name, chance)
        what = outcome(place, sound)
        assert what != "WRONG", f"seed {seed}, turn {turn}: {name} gives another answer"
        counts[what] += 1
        for suffix in ("-shm", "-wal"):
            shutil.copy2(base / f"metadata.sqlite{suffix}", place / f"metadata.sqlite{suffix}")
        shutil.copy2(base / name, place / name)
    assert answers(place) == sound
    return counts


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("damage") / "index"
    make(path)
    return path


@pytest.mark.parametrize(("do", "times"), [(flip, FLIPS), (cut, 60), (blank, 60)])
def test_no_damage_gives_another_answer(
    base: Path, tmp_path: Path, do: Callable[[Path, random.Random], None], times: int
) -> None:
    counts = damage(base, tmp_path / "index", times, 1, do)
    assert counts["told"] > times / 4  # the damage was real


@pytest.mark.parametrize("name", ["metadata.sqlite", "segments/1/vectors.faiss", "lexical/1/meta.json"])
def test_a_lost_file_is_told(base: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(base, tmp_path / "index")
    (tmp_path / "index" / name).unlink()
    with pytest.raises(BertrieveError):
        answers(tmp_path / "index")


def test_every_file_of_the_lexical_index_counts(base: Path, tmp_path: Path) -> None:
    shutil.copytree(base, tmp_path / "index")
    for file in files_of(tmp_path / "index" / "lexical" / "1"):
        if file.name != ".managed.json":
            whole = file.read_bytes()
            file.unlink()
            with pytest.raises(DamagedIndexError, match="run bertrieve check --repair"):
                answers(tmp_path / "index")
            file.write_bytes(whole)


def test_a_writer_that_meets_damage_says_so_and_passes_none_on(base: Path, tmp_path: Path) -> None:
    """Copying a damaged vector, or words of a damaged text, would give it a new and sound checksum."""
    path = tmp_path / "index"
    known: NewPassage = document("x", "关键词检索").passages[0]
    for statement in (
        "UPDATE recent_vectors SET vector = zeroblob(64)",
        "UPDATE segments SET vectors = vectors + 1",
        "UPDATE settings SET value = replace(value, '1', '2') WHERE key = 'state'",
    ):
        shutil.copytree(base, path)
        _change(path, statement)
        with pytest.raises(DamagedIndexError), writer(path) as to:
            to.known_vectors([known.content_hash, document("x", *_texts(path)).passages[0].content_hash])
        shutil.rmtree(path)
    shutil.copytree(base, path)
    _change(path, "UPDATE passages SET text = 'another'")
    shutil.rmtree(path / "lexical")
    with pytest.raises(DamagedIndexError):
        writer(path)


def _texts(path: Path) -> list[str]:
    from tests.making import rows

    return [text for (text,) in rows(path, "SELECT text FROM passages WHERE id < 5")]


def _change(path: Path, statement: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path / "metadata.sqlite")) as connection, connection:
        assert connection.execute(statement).rowcount

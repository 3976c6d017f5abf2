"""`check` finds each kind of damage, `repair` mends it, and what it can't mend it names."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import indexer.store.writer
from indexer.errors import BertrieveError, DamagedIndexError, EncoderMismatchError, NotAnIndexError
from indexer.repair import repair
from indexer.store import Reader
from indexer.store.check import check
from indexer.sync import index_folder
from tests.fake import FakeEncoder
from tests.indexer.test_store_damage import files_of, flip
from tests.making import contents, require_sound, rows


@pytest.fixture
def index(folder: Path, encoder: FakeEncoder, tmp_path: Path, read_here: None) -> Path:
    """Two segments, a recent document, and deletions that stand in a segment."""
    for at in range(6):
        (folder / f"{at}.txt").write_text(f"Number {at} has words of its own{at}. And a second sentence.\n")
    index_folder(folder, index=tmp_path / "index", encoder=encoder)
    seal(tmp_path / "index", encoder)
    (folder / "5.txt").write_text("Number 5 is another now.\n")
    (folder / "4.txt").unlink()
    index_folder(folder, index=tmp_path / "index", encoder=encoder)
    seal(tmp_path / "index", encoder)
    (folder / "late.txt").write_text("This one came late, and is not yet sealed.\n")
    index_folder(folder, index=tmp_path / "index", encoder=encoder)
    require_sound(tmp_path / "index", encoder)
    return tmp_path / "index"


def seal(path: Path, encoder: FakeEncoder) -> None:
    with indexer.store.writer.Writer(path, encoder.identity.to_dict()) as to:
        to.seal()


def change(*statements: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path / "metadata.sqlite")) as connection, connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            for statement in statements:
                assert connection.execute(statement).rowcount, statement

    return damage


def lose(name: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        shutil.rmtree(path / name) if (path / name).is_dir() else (path / name).unlink()

    return damage


def spoil(pattern: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        for file in path.glob(pattern):
            flip(file, random.Random(1))

    return damage


DAMAGES = {
    "a text": (change("UPDATE passages SET text = text || '!' WHERE id = 2"), "text"),
    "a place": (change("UPDATE passages SET start = start + 1 WHERE id = 2"), "text"),
    "no bytes for a nought": (change("UPDATE passages SET start = x'' WHERE id = 1 AND start = 0"), "text"),
    "a heading": (change("UPDATE passages SET heading = '[' WHERE id = 1"), "text"),
    "no UTF-8": (change("UPDATE passages SET text = CAST(x'ff41' AS TEXT) WHERE id = 2"), "text"),
    "a lost passage": (change("DELETE FROM passages WHERE id = 2"), "text"),
    "a stray passage": (change("UPDATE passages SET document_id = 999 WHERE id = 2"), "text"),
    "a path": (change("UPDATE documents SET path = 'x' WHERE id = 2"), "document"),
    "a lost document": (change("DELETE FROM documents WHERE id = 2"), "metadata"),
    "a recent vector": (change("UPDATE recent_vectors SET vector = zeroblob(64)"), "vector"),
    "a lost recent vector": (change("DELETE FROM recent_vectors"), "vector"),
    "a segment's row": (change("UPDATE segments SET vectors = 1 WHERE id = 1"), "segment"),
    "a lost segment's row": (change("DELETE FROM segments WHERE id = 1"), "vector"),
    "a segment's file": (spoil("segments/1/*"), "segment"),
    "a lost segment's file": (lose("segments/2/vectors.faiss"), "segment"),
    "all segments": (lose("segments"), "segment"),
    "a lost deletion": (change("DELETE FROM dead_vectors"), "vector"),
    "a false deletion": (change("INSERT INTO dead_vectors VALUES (1)"), "metadata"),
    "a word file": (spoil("lexical/*/*.term"), "words"),
    "the list of word files": (spoil("lexical/*/meta.json"), "words"),
    "all words": (lose("lexical"), "words"),
    "a ledger row": (change("UPDATE ledger SET status = 'failed' WHERE path = '1.txt'"), "ledger"),
    "a lost ledger row": (change("DELETE FROM ledger WHERE path = '1.txt'"), "ledger"),
    "the state": (change("UPDATE settings SET value = '{}' WHERE key = 'state'"), "metadata"),
    "a lost state": (change("DELETE FROM settings WHERE key = 'state'"), "metadata"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_mended(name: str, index: Path, folder: Path, encoder: FakeEncoder) -> None:
    damage, kind = DAMAGES[name]
    before = contents(index)
    damage(index)
    found = check(index)
    assert kind in {problem.kind for problem in found}, found
    mended = repair(index, encoder=encoder)
    assert mended.found == tuple(found)
    assert mended.left == ()
    require_sound(index, encoder)
    for name in mended.aside:
        assert name[0] == str(folder)
    index_folder(folder, index=index, encoder=encoder)
    require_sound(index, encoder)
    assert contents(index) == before
    assert repair(index, encoder=encoder).found == ()


def test_only_what_was_lost_is_embedded_again(index: Path, encoder: FakeEncoder) -> None:
    lost = {
        text
        for (text,) in rows(
            index,
            "SELECT prefix || text FROM passages, segments s WHERE s.id = 1"
            " AND passages.id BETWEEN s.first AND s.last",
        )
    }
    spoil("segments/1/*")(index)
    encoder.embedded.clear()
    assert repair(index, encoder=encoder).encoded == len(lost)
    assert set(encoder.embedded) == lost


def test_a_lost_text_is_read_again_from_its_file_and_named(
    index: Path, folder: Path, encoder: FakeEncoder
) -> None:
    change("UPDATE passages SET text = 'x' WHERE text LIKE '%own3%'")(index)
    assert "the text of passage" in check(index)[0].what and "3.txt" in check(index)[0].what
    mended = repair(index, encoder=encoder)
    assert mended.aside == ((str(folder), "3.txt"),)
    assert contents(index).keys() == {
        "0.txt",
        "1.txt",
        "2.txt",
        "5.txt",
        "late.txt",
        "notes/cats.txt",
        "notes/检索.txt",
        "page.html",
        "pooling.md",
    }
    report = index_folder(folder, index=index, encoder=encoder)
    assert report.statuses == {"indexed": report.files}
    assert "own3" in contents(index)["3.txt"][2][0]


def test_a_repair_that_was_stopped_goes_on(index: Path, encoder: FakeEncoder) -> None:
    before = contents(index)
    spoil("segments/*/*")(index)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repair(index, encoder=encoder, watch=stop)
    assert {problem.kind for problem in check(index)} == {"vector"}
    with pytest.raises(DamagedIndexError, match="no vector"), Reader(index).view() as view:
        view.cosines(encoder.encode_question("x"), view.lexical("words", 5).ids)
    assert repair(index, encoder=encoder).left == ()
    require_sound(index, encoder)
    assert contents(index) == before


@pytest.mark.parametrize("column", ["document_id", "content_hash"])
def test_sqlites_own_indexes_are_made_again(index: Path, encoder: FakeEncoder, column: str) -> None:
    before = contents(index)
    with closing(sqlite3.connect(index / "metadata.sqlite")) as connection:
        _, root = connection.execute(
            "SELECT name, rootpage FROM sqlite_master WHERE name = ?", (f"ix_passages_{column}",)
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (index / "metadata.sqlite").open("rb+") as file:
        file.seek((root - 1) * size + size - 4)
        file.write(b"\x01\x01\x01\x01")
    assert check(index)[0].what.startswith("SQLite finds")
    reader = Reader(index)
    assert repair(index, encoder=encoder).left == ()
    with reader.view() as view:  # of the file that has taken the damaged one's place
        assert view.lexical("words", 20).ids.tolist()
    reader.close()
    require_sound(index, encoder)
    assert contents(index) == before


@pytest.mark.parametrize(
    "damage",
    [
        change("UPDATE settings SET value = '{}' WHERE key = 'encoder'"),
        lambda path: (path / "metadata.sqlite").write_bytes(b"no database" * 1000),
    ],
)
def test_what_cannot_be_mended_is_named(
    index: Path, encoder: FakeEncoder, damage: Callable[[Path], object]
) -> None:
    damage(index)
    problem = check(index)[-1]
    assert problem.kind == "metadata"
    assert "from a backup" in problem.remedy
    with pytest.raises(DamagedIndexError):
        repair(index, encoder=encoder)


def test_another_encoder_mends_nothing(index: Path) -> None:
    spoil("segments/1/*")(index)
    with pytest.raises(EncoderMismatchError):
        repair(index, encoder=FakeEncoder(name="other"))


def test_files_of_others_are_named_and_left(index: Path, encoder: FakeEncoder) -> None:
    (index / "thesis.docx").write_text("mine")
    (index / "segments" / "99").mkdir()
    assert [problem.kind for problem in check(index)] == ["leftover", "leftover"]
    assert [problem.what for problem in repair(index, encoder=encoder).left] == [
        f"{index / 'thesis.docx'} is no part of an index"
    ]
    assert (index / "thesis.docx").read_text() == "mine"
    assert not (index / "segments" / "99").exists()


def test_no_index_has_no_problems_but_is_none(tmp_path: Path) -> None:
    with pytest.raises(NotAnIndexError):
        check(tmp_path)
    with pytest.raises(NotAnIndexError):
        repair(tmp_path)


def test_checking_changes_no_byte(index: Path) -> None:
    before = {file: file.read_bytes() for file in files_of(index) if file.suffix != ".sqlite-shm"}
    assert check(index) == []
    assert {file: file.read_bytes() for file in files_of(index) if file.suffix != ".sqlite-shm"} == before


def test_whatever_bit_is_flipped_repair_mends_it_or_says_that_it_can_not(
    index: Path, folder: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    before = contents(index)
    place = tmp_path / "damaged"
    counts = {"mended": 0, "hopeless": 0, "harmless": 0}
    for turn in range(60):
        chance = random.Random(turn)
        shutil.copytree(index, place)
        flip(chance.choice([place / "metadata.sqlite", *files_of(place)]), chance)
        try:
            found = repair(place, encoder=encoder)
            index_folder(folder, index=place, encoder=encoder)
            require_sound(place, encoder)
            assert contents(place) == before
            counts["mended" if found.found else "harmless"] += 1
        except BertrieveError as error:
            assert "\n" not in str(error)
            counts["hopeless"] += 1
        shutil.rmtree(place)
    assert counts["mended"] > counts["hopeless"]

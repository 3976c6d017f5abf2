"""Commits: all or nothing, twice is once, ids for ever, one writer at a time."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import indexer.store.writer
from indexer.errors import (
    FormatVersionError,
    IndexFolderError,
    IndexLockedError,
    UsageError,
)
from indexer.store import Changes, LedgerRow, NewDocument, Reader
from indexer.store.check import check
from indexer.store.schema import FORMAT
from indexer.store.vectors import build_segment, write_segment
from tests.making import ENCODER, document, drop, ids_by_text, passage, put, require_sound, rows, writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index"


def test_writing_a_document_again_changes_nothing_but_the_generation(path: Path) -> None:
    one, two = document("a", "first", "second"), document("b", "third")
    with writer(path) as to:
        put(to, one, two)
        before = rows(path, "SELECT * FROM passages ORDER BY id"), rows(path, "SELECT * FROM documents")
        put(to, one)
        put(to, two, one)
        assert (
            rows(path, "SELECT * FROM passages ORDER BY id"),
            rows(path, "SELECT * FROM documents"),
        ) == before
        assert rows(path, "SELECT * FROM dead_vectors UNION SELECT * FROM dead_words") == []
    require_sound(path)


def test_removing_what_is_not_there_is_no_error(path: Path) -> None:
    with writer(path) as to:
        put(to, document("a", "first"))
        to.commit(Changes(removed=(1, 1, 99), forgotten=(("", "a"),) * 2))
        to.commit(Changes(removed=(1,), forgotten=(("", "a"),)))
        assert to.documents() == []
    require_sound(path)


def test_unchanged_passages_keep_their_ids_and_only_new_ones_get_new(path: Path) -> None:
    with writer(path) as to:
        put(to, document("a", "first", "second", "third"))
        before = ids_by_text(path)
        put(to, document("a", "zeroth", "first", "third", "fourth"))
        after = ids_by_text(path)
    assert {text: after[text] for text in ("first", "third")} == {
        text: before[text] for text in ("first", "third")
    }
    assert min(after["zeroth"], after["fourth"]) > max(before.values())
    placed = rows(path, "SELECT text, ordinal, start FROM passages ORDER BY ordinal")
    assert placed == [("zeroth", 0, 0), ("first", 1, 1), ("third", 2, 2), ("fourth", 3, 3)]
    require_sound(path)


def test_the_same_passage_many_times_in_a_document_is_that_many_passages(path: Path) -> None:
    with writer(path) as to:
        put(to, document("a", "same", "same", "same"))
        put(to, document("a", "same", "other", "same"))
    assert rows(path, "SELECT id, text FROM passages ORDER BY ordinal") == [
        (1, "same"),
        (4, "other"),
        (2, "same"),
    ]
    require_sound(path)


def test_an_id_is_never_given_out_twice(path: Path) -> None:
    seen: set[int] = set()
    documents: set[int] = set()
    for turn in range(4):
        with writer(path) as to:
            put(to, document("a", f"text {turn}", f"more {turn}"))
            new = set(ids_by_text(path).values())
            assert not new & seen
            seen |= new
            own = {stored.id for stored in to.documents()}
            assert not own & documents
            documents |= own
            drop(to, "a")
            if turn % 2:
                to.seal()
    assert len(seen) == 8
    require_sound(path)


def test_known_vectors_are_those_stored_wherever_they_stand(path: Path) -> None:
    with writer(path) as to:
        put(to, document("a", "sealed", "both"))
        to.seal()
        put(to, document("b", "recent", "both"), document("c", "gone"))
        drop(to, "c")
        keys = {text: passage(text).content_hash for text in ("sealed", "both", "recent", "gone", "never")}
        found = to.known_vectors([*keys.values(), *keys.values()])
    assert {text for text, key in keys.items() if key in found} == {"sealed", "both", "recent"}
    for text in ("sealed", "both", "recent"):
        assert np.abs(found[keys[text]] - ENCODER.encode_question(text)).max() < 1e-3


def test_sealing_moves_every_vector_and_loses_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer.store.writer, "SEAL_AT", 5)
    with writer(path) as to:
        for at in range(9):
            put(to, document(str(at), f"one {at}", f"two {at}"))
    info = Reader(path).info()
    assert (info.segments, info.recent, info.passages) == (3, 0, 18)
    require_sound(path)


def test_sealing_nothing_makes_nothing(path: Path) -> None:
    with writer(path) as to:
        to.seal()
    assert Reader(path).info().segments == 0
    assert not (path / "segments").exists()


def test_documents_can_swap_their_paths(path: Path) -> None:
    with writer(path) as to:
        put(to, document("a", "first"), document("b", "second"), document("c", "third"))
        a, b, c = to.documents()
        moved = (replace(a, path="b"), replace(b, path="c"), replace(c, path="a"))
        to.commit(Changes(moved=moved))
        assert {at.path: at.id for at in to.documents()} == {"b": 1, "c": 2, "a": 3}
    require_sound(path)


def test_a_ledger_row_is_written_over_and_forgotten(path: Path) -> None:
    with writer(path) as to:
        to.commit(Changes(ledger=(LedgerRow("f", "a", "failed", "why"), LedgerRow("f", "b", "empty"))))
        to.commit(Changes(ledger=(LedgerRow("f", "a", "excluded"),), forgotten=(("f", "b"), ("f", "no"))))
        assert to.ledger() == [LedgerRow("f", "a", "excluded")]
    assert Reader(path).ledger() == [LedgerRow("f", "a", "excluded")]


def test_a_failed_seal_undoes_no_commit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(IndexFolderError, match="No space left on device"), writer(path) as to:
        put(to, document("a", "first"))
        monkeypatch.setattr(indexer.store.writer, "write_segment", full)
        to.seal()
    monkeypatch.undo()
    assert ids_by_text(path) == {"first": 1}
    assert {problem.kind for problem in check(path)} == {"leftover"}
    with writer(path) as to:
        to.seal()
    assert [file.name for file in (path / "segments").iterdir()] == ["1"]
    require_sound(path)


@pytest.mark.parametrize("step", ["_write_ledger", "finish"])
def test_a_commit_that_fails_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    with writer(path) as to:
        put(to, document("a", "first"))

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"), writer(path) as to:
        monkeypatch.setattr(f"indexer.store.rows.Rows.{step}", fail)
        to.commit(Changes(documents=(document("a", "other"), document("b", "second"))))
    monkeypatch.undo()
    assert ids_by_text(path) == {"first": 1}
    require_sound(path)
    with writer(path) as to:
        put(to, document("c", "third"))
    assert ids_by_text(path) == {"first": 1, "third": 2}
    require_sound(path)


@pytest.mark.parametrize("size", ["400k", "1200k", "1700k"])
def test_a_full_disk_is_told_and_nothing_that_was_committed_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    monkeypatch.setattr(indexer.store.writer, "SEAL_AT", 60)
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mount(disk, "-t", "tmpfs", "-o", f"size={size}", "none"):
        pytest.skip("no small disk can be mounted here")
    try:
        done = 0
        with pytest.raises(IndexFolderError, match=r"can't be (used|written)"):
            while True:
                with writer(disk / "index") as to:
                    put(
                        to, document(str(done), *[f"common {done} {at} " + "words " * 30 for at in range(10)])
                    )
                    done += 1
        mount(disk, "-o", "remount,size=50m")
        with writer(disk / "index") as to:
            assert {str(at) for at in range(done)} <= {stored.path for stored in to.documents()}
            put(to, document("after", "common after"))
        require_sound(disk / "index")
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def mount(place: Path, *options: str) -> bool:
    try:
        return not subprocess.run(["mount", *options, str(place)], capture_output=True).returncode
    except FileNotFoundError:
        return False


def test_a_segment_that_cannot_be_written_is_told(path: Path) -> None:
    with pytest.raises(OSError, match="FAISS can't write"):
        write_segment(
            path / "nowhere" / "vectors.faiss", build_segment(np.arange(1), np.ones((1, 4), np.float32))
        )


def test_what_a_stopped_seal_left_is_swept_by_the_next_writer(path: Path) -> None:
    with writer(path) as to:
        put(to, document("a", "first"))
        to.seal()
    for name in ("7", "8.new", "½"):
        (path / "segments" / name).mkdir()
        (path / "segments" / name / "vectors.faiss").write_bytes(b"half")
    with writer(path):
        pass
    assert [file.name for file in (path / "segments").iterdir()] == ["1"]
    require_sound(path)


def test_there_is_one_writer_in_this_process_and_in_all(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from indexer.errors import IndexLockedError\n"
        "from indexer.store import Writer\n"
        "try: Writer(Path(sys.argv[1]), {'dimension': 32})\n"
        "except IndexLockedError as error: print(error)"
    )
    with writer(path) as to:
        put(to, document("a", "first"))
        with pytest.raises(IndexLockedError, match="another process is writing"):
            writer(path)
        said = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
        assert "another process is writing to the index" in said.stdout, said.stderr
        put(to, document("b", "second"))
    require_sound(path)


def test_a_failed_opening_lets_go_of_the_index(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with writer(path) as to:
        put(to, document("a", "first"))
    monkeypatch.setattr(
        indexer.store.writer, "sweep", lambda *_: (_ for _ in ()).throw(OSError(5, "I/O error"))
    )
    with pytest.raises(IndexFolderError, match="I/O error"):
        writer(path)
    monkeypatch.undo()
    with writer(path) as to:
        put(to, document("b", "second"))
    require_sound(path)


def test_closing_twice_is_no_error(path: Path) -> None:
    with writer(path) as to:
        put(to, document("a", "first"))
        to.close()
    to.close()
    require_sound(path)


def test_a_newer_format_is_left_alone(path: Path) -> None:
    with writer(path):
        pass
    with closing(sqlite3.connect(path / "metadata.sqlite")) as connection, connection:
        connection.execute("UPDATE settings SET value = '99' WHERE key = 'format'")
    for opening in (writer, Reader):
        with pytest.raises(FormatVersionError, match=f"has format 99, this bertrieve reads {FORMAT}"):
            opening(path)


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        (np.ones((1, 32), np.float32), r"\(1, 32\).*\(2, 32\)"),
        (np.ones((2, 31), np.float32), r"\(2, 31\).*\(2, 32\)"),
        (np.full((2, 32), np.nan, np.float32), "no numbers"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(path: Path, vectors: np.ndarray, said: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UsageError, match=said), writer(path) as to:
        put(to, document("a", "first", "second", vectors=vectors))
    require_sound(path)


def test_any_text_comes_back_as_it_was(path: Path) -> None:
    odd = "NUL \0, quote ', emoji 🦉, line\u2028separator, \\x00, 检索 \ufffd \udcff".replace("\udcff", "ÿ")
    new: NewDocument = document("dir/na'me 检索.txt", odd, title=odd)
    new = replace(new, metadata={"author": odd}, passages=(passage(odd, heading=(odd, ']"')),))
    with writer(path) as to:
        put(to, new)
    reader = Reader(path)
    with reader.view() as view:
        (row,) = view.passages(np.array([1]))
    assert (row.text, row.title, row.heading, row.path) == (odd, odd, (odd, ']"'), "dir/na'me 检索.txt")
    reader.close()


@pytest.mark.parametrize("name", ["a b", "100%", "what?", "#1", "äöü 检索", "%41", "it's"])
def test_an_index_may_have_any_name(tmp_path: Path, name: str) -> None:
    with writer(tmp_path / name / "index") as to:
        put(to, document("a", "first"))
    require_sound(tmp_path / name / "index")
    assert [at.name for at in tmp_path.iterdir()] == [name]


def test_a_file_in_the_way_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "index"):
        with pytest.raises(IndexFolderError, match="can't be used"):
            writer(place)

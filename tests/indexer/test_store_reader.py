"""Readers: one state at a time, always the newest, and not a byte changed."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from indexer.encoder import EncoderIdentity
from indexer.errors import EncoderMismatchError, NotAnIndexError
from indexer.store import Reader
from indexer.sync import index_folder
from tests.fake import FakeEncoder
from tests.making import ENCODER, document, drop, ids_by_text, put, require_sound, writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index"


def found(reader: Reader, question: str, k: int = 10) -> list[str]:
    """The texts of both arms' hits, for all that both find."""
    with reader.view() as view:
        dense = {row.text for row in view.passages(view.dense(ENCODER.encode_question(question), 1_000).ids)}
        lexical = [row.text for row in view.passages(view.lexical(question, k).ids)]
    assert set(lexical) <= dense
    return sorted(lexical)


def test_a_reader_sees_every_commit_seal_and_close(path: Path) -> None:
    with writer(path) as to:
        reader = Reader(path)
        assert found(reader, "common") == []
        put(to, document("a", "common a"))
        assert found(reader, "common") == ["common a"]
        to.seal()
        assert found(reader, "common") == ["common a"]
        put(to, document("b", "common b"))
        drop(to, "a")
        assert found(reader, "common") == ["common b"]
    assert found(reader, "common") == ["common b"]
    with writer(path) as to:
        put(to, document("c", "common c"))
    assert found(reader, "common") == ["common b", "common c"]
    reader.close()


def test_a_reader_follows_another_process(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.making import *\n"
        "with writer(Path(sys.argv[1])) as to:\n"
        "    for at in range(3):\n"
        "        put(to, document(str(at), f'common {at}'))\n"
        "        if at == 1: to.seal()\n"
        "        print(at, flush=True); sys.stdin.readline()\n"
    )
    root = Path(__file__).parents[2]
    with writer(path):
        pass
    reader = Reader(path)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        cwd=root,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdin and child.stdout
        for at in range(3):
            assert child.stdout.readline() == f"{at}\n"
            assert found(reader, "common") == [f"common {one}" for one in range(at + 1)]
            child.stdin.write("\n")
            child.stdin.flush()
    reader.close()
    require_sound(path)


def test_a_reader_follows_an_index_that_is_made_anew(path: Path) -> None:
    with writer(path) as to:
        put(to, document("a", "common old"))
    reader = Reader(path)
    assert found(reader, "common") == ["common old"]
    shutil.rmtree(path)
    with pytest.raises(NotAnIndexError):
        found(reader, "common")
    with writer(path) as to:
        put(to, document("a", "common new"))
    # The same generation of another index.
    assert found(reader, "common") == ["common new"]
    shutil.rmtree(path)
    with writer(path, dimension=16):
        pass
    with pytest.raises(EncoderMismatchError, match="made anew by fake; open it again"):
        found(reader, "common")
    reader.close()


def test_a_view_stays_what_it_was_while_the_index_moves_on(path: Path) -> None:
    with writer(path) as to:
        put(to, *[document(str(at), f"common {at}") for at in range(10)])
        reader = Reader(path)
        with reader.view() as view:
            before = view.dense(ENCODER.encode_question("common 3"), 10), view.lexical("common", 10)
            texts = [row.text for row in view.passages(before[0].ids)]
            for at in range(5):
                drop(to, str(at))
                put(to, document(f"new {at}", f"common new {at}"))
                if at == 2:
                    to.seal()
            assert found(reader, "common") == sorted(
                [f"common {at}" for at in range(5, 10)] + [f"common new {at}" for at in range(5)]
            )
            again = view.dense(ENCODER.encode_question("common 3"), 10), view.lexical("common", 10)
            assert [at.ids.tolist() for at in again] == [at.ids.tolist() for at in before]
            assert [at.scores.tolist() for at in again] == [at.scores.tolist() for at in before]
            assert [row.text for row in view.passages(before[0].ids)] == texts
        reader.close()
    require_sound(path)


def test_many_threads_ask_while_a_writer_writes_and_each_sees_one_state(path: Path) -> None:
    """Each commit replaces all texts of turn n by those of turn n + 1: a view with two turns is torn."""
    wrong: list[object] = []
    done = threading.Event()

    def ask() -> None:
        try:
            seen = -1
            while not done.is_set():
                texts = found(reader, "common", 100)
                (turn,) = {text.split()[1] for text in texts}
                assert len(texts) == 6
                assert int(turn) >= seen
                seen = int(turn)
        except BaseException as error:
            wrong.append(error)

    def texts(turn: int) -> list[str]:
        return [f"common {turn} {at}" for at in range(6)]

    with writer(path) as to:
        put(to, document("a", *texts(0)))
        reader = Reader(path)
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for turn in range(1, 30):
            put(to, document("a", *texts(turn)))
            if turn % 7 == 0:
                to.seal()
    done.set()
    for thread in threads:
        thread.join()
    reader.close()
    assert wrong == []
    require_sound(path)


def snapshot_of(path: Path) -> dict[str, tuple[int, bytes]]:
    """Every file's time and bytes, without SQLite's shared memory: that holds locks, not content."""
    files = (file for file in path.rglob("*") if file.is_file() and file.name != "metadata.sqlite-shm")
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in files}


@pytest.mark.parametrize("stopped", [False, True])
def test_reading_changes_no_byte(path: Path, stopped: bool) -> None:
    to = writer(path)
    put(to, document("a", "common a"), document("b", "common b"))
    to.seal()
    put(to, document("c", "common c"))
    drop(to, "a")
    to.close(finish=not stopped)
    before = snapshot_of(path)
    names = sorted(path.rglob("*"))
    reader = Reader(path)
    assert found(reader, "common") == ["common b", "common c"]
    reader.info()
    reader.ledger()
    reader.close()
    assert snapshot_of(path) == before
    assert sorted(path.rglob("*")) == names


@contextmanager
def read_only(path: Path, place: Path) -> Iterator[Path]:
    """`path` where nothing can be written: by a mount, for permissions don't hold root back."""
    if os.geteuid():
        for at in (path, *path.rglob("*")):
            at.chmod(0o555 if at.is_dir() else 0o444)
        yield path
        for at in (path, *path.rglob("*")):
            at.chmod(0o755)
        return
    place.mkdir()
    mounted = subprocess.run(["mount", "--bind", "-o", "ro", str(path), str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("root can't make a read-only mount here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("lost", [(), ("-shm",), ("-wal", "-shm")])
def test_an_index_can_be_read_where_nothing_can_be_written(
    path: Path, tmp_path: Path, lost: tuple[str, ...]
) -> None:
    """Also when a copy left SQLite's empty log and its shared memory behind."""
    with writer(path) as to:
        put(to, document("a", "common a"))
        to.seal()
        put(to, document("b", "common b"))
    for suffix in lost:
        (path / f"metadata.sqlite{suffix}").unlink()
    with read_only(path, tmp_path / "mounted") as place:
        reader = Reader(place)
        assert found(reader, "common") == ["common a", "common b"]
        assert reader.info().documents == 2
        reader.close()


def test_a_stopped_index_can_be_read_where_nothing_can_be_written(path: Path, tmp_path: Path) -> None:
    to = writer(path)
    put(to, document("a", "common a"))
    to.close(finish=False)
    with read_only(path, tmp_path / "mounted") as place:
        reader = Reader(place)
        assert found(reader, "common") == ["common a"]
        reader.close()


def test_what_is_no_index_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(NotAnIndexError, match="does not exist; make one with: bertrieve index"):
        Reader(tmp_path / "nowhere")
    with pytest.raises(NotAnIndexError, match="is not an index"):
        Reader(tmp_path)
    (tmp_path / "metadata.sqlite").touch()
    with pytest.raises(NotAnIndexError, match="stopped before the first commit"):
        Reader(tmp_path)


def test_another_encoder_is_refused_with_both_sides(index: Path, folder: Path) -> None:
    for other in (FakeEncoder(name="other"), FakeEncoder(dimension=16)):
        with pytest.raises(
            EncoderMismatchError, match=r"made by fake \(.*this encoder is .*give another --index"
        ):
            index_folder(folder, index=index, encoder=other)
    assert EncoderIdentity(**Reader(index).encoder) == FakeEncoder().identity


def test_ids_that_are_in_no_row_are_not_passed_over(path: Path) -> None:
    from indexer.errors import DamagedIndexError

    with writer(path) as to:
        put(to, document("a", "common a"))
    reader = Reader(path)
    with reader.view() as view:
        ids = list(ids_by_text(path).values())
        assert [row.id for row in view.passages(np.array([*ids, *ids]))] == [*ids, *ids]
        for asked in (view.passages, lambda ids: view.cosines(ENCODER.encode_question("x"), ids)):
            with pytest.raises(DamagedIndexError, match="99"):
                asked(np.array([*ids, 99]))
    reader.close()


def test_an_index_whose_making_was_stopped_at_the_very_first_byte_is_none_yet(path: Path) -> None:
    """SQLite leaves a journal that a reader may not roll back; a writer does."""
    code = (
        "import os, sqlite3, sys\n"
        "to = sqlite3.connect(sys.argv[1])\n"
        "to.execute('PRAGMA cache_size = 1')\n"
        "to.execute('BEGIN IMMEDIATE')\n"
        "to.execute('CREATE TABLE a (b)')\n"
        "for _ in range(100): to.execute('INSERT INTO a VALUES (zeroblob(1000))')\n"
        "os.kill(os.getpid(), 9)"
    )
    path.mkdir()
    with closing(sqlite3.connect(path / "metadata.sqlite")) as new:
        new.execute("PRAGMA user_version = 1")
    subprocess.run([sys.executable, "-c", code, str(path / "metadata.sqlite")], check=False)
    assert (path / "metadata.sqlite-journal").stat().st_size
    with pytest.raises(NotAnIndexError, match="stopped before the first commit"):
        Reader(path)
    with writer(path) as to:
        put(to, document("a", "common a"))
    require_sound(path)

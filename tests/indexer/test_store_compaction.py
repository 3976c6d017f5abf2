"""Compaction: the same answers from fewer segments, whole wherever it is stopped, beside readers."""

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import indexer.store.folder
import indexer.store.writer
from indexer.store import Reader
from indexer.store.check import check
from indexer.store.compaction import Weight, merges
from indexer.store.rows import Rows
from tests.making import ENCODER, after, document, drop, put, require_sound, rows, stop, writer
from ui.cli.app import app

QUESTION = ENCODER.encode_question("text 3 of 7")


def make(path: Path, groups: list[int], gone: set[int]) -> None:
    """A segment of as many documents as each of `groups` says; the documents `gone` are removed after."""
    with writer(path) as to:
        number = 0
        for size in groups:
            own = range(number, number + size)
            put(to, *(document(str(at), f"text {at} of 7", f"more {at}") for at in own))
            number += size
            to.seal()
        drop(to, *map(str, gone))


def found(path: Path) -> list[tuple[int, float]]:
    reader = Reader(path)
    with reader.view() as view:
        best = view.dense(QUESTION, 1_000)
    reader.close()
    return list(zip(best.ids.tolist(), best.scores.tolist(), strict=True))


@settings(max_examples=8)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.data())
def test_answers_stay_the_same_and_nothing_dead_is_left(
    tmp_path_factory: pytest.TempPathFactory, groups: list[int], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("index") / "index"
    gone = data.draw(st.sets(st.integers(0, sum(groups) - 1)))
    make(path, groups, gone)
    before = found(path)
    assert len(before) == 2 * (sum(groups) - len(gone))
    with writer(path) as to:
        to.compact(every=True)
    assert found(path) == before
    assert rows(path, "SELECT * FROM dead_vectors") == []
    assert len(rows(path, "SELECT * FROM segments")) == (1 if before else 0)
    require_sound(path)


def test_space_of_what_is_gone_is_given_back_beside_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "index"
    long = "x" * 2_000
    with writer(path) as to:
        put(to, *(document(str(at), f"text {at} of 7 {long}") for at in range(60)))
    whole = (path / "metadata.sqlite").stat().st_size
    with Reader(path).view() as old, writer(path) as to:
        drop(to, *map(str, range(50)))
        before = old.passages(old.ids(None))
        to.compact(every=True)  # the file is as long as what a reader sees of it
        assert old.passages(old.ids(None)) == before
    with writer(path) as to:
        to.compact(every=True)
    assert (path / "metadata.sqlite").stat().st_size < whole / 2
    assert len(found(path)) == 10
    require_sound(path)


def test_moments_of_a_merged_segment_are_those_of_its_live_vectors(tmp_path: Path) -> None:
    make(tmp_path / "index", [5, 5], {1, 7})
    with writer(tmp_path / "index") as to:
        to.compact(every=True)
    reader = Reader(tmp_path / "index")
    with reader.view() as view:
        ids = view.dense(QUESTION, 100).ids
        scores = view.vectors(ids) @ QUESTION
        assert view.moments.count == len(ids) == 16
        assert view.moments.of_scores(QUESTION) == pytest.approx((scores.mean(), scores.std()), abs=1e-5)
    reader.close()


def test_indexing_alone_keeps_segments_few_and_gives_space_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer.store.writer, "SEAL_AT", 4)
    path = tmp_path / "index"
    with writer(path) as to:
        for at in range(0, 60, 3):
            put(to, *(document(str(one), f"one {one}", f"two {one}") for one in range(at, at + 3)))
    held = [row[0] for row in rows(path, "SELECT vectors FROM segments")]
    assert sum(held) == 120
    assert max(held) <= 40
    assert len(held) <= 120 / 20 + 4
    size = Reader(path).info().bytes["segments"]
    with writer(path) as to:
        drop(to, *map(str, range(30)))
    after = Reader(path).info()
    assert after.bytes["segments"] < 0.7 * size
    assert after.deleted < 0.2 * 120
    require_sound(path)


STEPS: list[tuple[Any, str]] = [
    (indexer.store.writer, "merge_segments"),
    (indexer.store.writer, "write_segment"),
    (indexer.store.folder, "sync_file"),
    (indexer.store.folder, "sync_folder"),
    (Path, "rename"),
    (Rows, "forget_segments"),
    (Rows, "finish"),
    (sqlalchemy.Connection, "_commit_impl"),
    (indexer.store.writer, "sweep"),
]


@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[name for _, name in STEPS])
@pytest.mark.parametrize("when", ["before", "after"])
def test_wherever_it_is_stopped_the_index_is_whole_and_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, when: str
) -> None:
    path = tmp_path / "index"
    make(path, [3, 3, 3], {0, 5})
    before = found(path)
    to = writer(path)
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, stop if when == "before" else after(getattr(owner, name)))
        with pytest.raises(RuntimeError, match="power cut"):
            to.compact(every=True)
    to.close(finish=False)
    assert found(path) == before
    with writer(path) as to:
        to.compact(every=True)
    assert found(path) == before
    assert len(list((path / "segments").iterdir())) == 1
    require_sound(path)


def test_readers_go_on_while_segments_are_merged(tmp_path: Path) -> None:
    path = tmp_path / "index"
    make(path, [4] * 6, {2, 9})
    expected = found(path)
    open_before = Reader(path)
    failures: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        reader = Reader(path)
        try:
            while not done.is_set():
                with reader.view() as view:
                    ids = view.dense(QUESTION, 1_000).ids.tolist()
                    assert [at for at in ids if at <= 48] == [at for at, _ in expected]
        except BaseException as error:
            failures.append(error)
        finally:
            reader.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    with open_before.view() as old:
        for thread in threads:
            thread.start()
        with writer(path) as to:
            for _ in range(2):
                to.compact(every=True)
                put(to, document("new", "far away"))
                drop(to, "new")
                put(to, document("new", "far away"))
                to.seal()
                drop(to, "new")
        done.set()
        for thread in threads:
            thread.join()
        assert old.dense(QUESTION, 1_000).ids.tolist() == [at for at, _ in expected]
    open_before.close()
    assert failures == []


def test_a_segment_in_which_nothing_is_dead_after_all_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "index"
    make(path, [6], set())
    monkeypatch.setattr(indexer.store.writer, "merges", lambda *_, **__: [[1]])
    with writer(path) as to:
        before = Reader(path).info().generation
        to.compact()
        assert Reader(path).info().generation == before
    assert rows(path, "SELECT id FROM segments") == [(1,)]


@given(st.lists(st.tuples(st.integers(1, 150), st.floats(0, 1)), max_size=30), st.booleans())
@example([(134, 0.25), (1, 1.0)], False)  # nothing is left of the second: it goes with any
def test_merges_are_bounded_and_name_each_segment_once(held: list[tuple[int, float]], every: bool) -> None:
    own = [Weight(at, vectors, int(share * vectors)) for at, (vectors, share) in enumerate(held)]
    due = merges(own, 10, every=every)
    ids = [at for group in due for at in group]
    assert len(ids) == len(set(ids))
    for group in due:
        lives = [own[at].live for at in group]
        assert sum(lives) <= max(100, *lives)
        assert len(group) > 1 or own[group[0]].dead


def test_the_command_says_what_it_gave_back(tmp_path: Path) -> None:
    path = tmp_path / "index"
    make(path, [5, 5, 5], {0, 1, 2})
    said = CliRunner().invoke(app, ["compact", "--index", str(path)])
    assert said.exit_code == 0
    assert "3 segments are now 1, 6 deleted vectors are gone" in said.output
    assert check(path) == []
    missing = CliRunner().invoke(app, ["compact", "--index", str(tmp_path / "nowhere")])
    assert missing.exception is not None
    assert not (tmp_path / "nowhere").exists()

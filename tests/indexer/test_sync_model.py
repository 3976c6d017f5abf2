"""Any run of changes to a folder, synchronised whenever and interrupted wherever: the index is always the
one that would be made from nothing."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import indexer.store.writer
import indexer.sync
from indexer import index_folder
from tests.conftest import read_all_here
from tests.fake import FakeEncoder
from tests.indexer.test_sync import interrupting
from tests.making import contents, require_sound

NAMES = st.sampled_from(["a.txt", "b.txt", "b.md", "c.txt", "d/a.txt", "d/c.md", "d/e/f.txt", "z.txt"])
SECTION = "## {0}\n\nWords about {0} and nothing else.\n\n"
TEXTS = st.one_of(
    st.sampled_from(["", " \n", "\0\1\2\3" * 50, "One short text.", "Another short text."]),
    st.lists(st.sampled_from(["rivers", "cats", "检索", "wood", "iron"]), min_size=1, max_size=5).map(
        lambda words: "# Title\n\n" + "".join(map(SECTION.format, words))
    ),
)


class FolderAndIndex(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.patches = pytest.MonkeyPatch()
        self.patches.setattr(indexer.sync, "COMMIT_PASSAGES", 3)
        self.patches.setattr(indexer.store.writer, "SEAL_AT", 7)
        self.patches.setattr(indexer.sync, "read_all", read_all_here)
        self.place = Path(tempfile.mkdtemp(prefix="bertrieve-model-"))
        self.root = self.place / "documents"
        self.root.mkdir()
        self.index = self.place / "index"
        # Every file was last changed long ago, and no two at the same time: else each is hashed each time.
        self.clock = 1_000_000_000
        self.encoder = FakeEncoder()
        self.seen: dict[str, tuple[int, str]] | None = None  # as the last run that ended has left it

    def teardown(self) -> None:
        self.patches.undo()
        shutil.rmtree(self.place)

    def files(self) -> list[Path]:
        return sorted(file for file in self.root.rglob("*") if file.is_file())

    def some(self, data: st.DataObject) -> Path:
        return data.draw(st.sampled_from(self.files()))

    @initialize()
    def first_file(self) -> None:
        self.write("a.txt", "One short text.")

    @rule(name=NAMES, text=TEXTS)
    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        self.touch(file)

    def touch(self, file: Path) -> None:
        self.clock += 1
        os.utime(file, (self.clock, self.clock))

    @precondition(lambda self: self.files())
    @rule(data=st.data())
    def touch_one(self, data: st.DataObject) -> None:
        self.touch(self.some(data))

    @precondition(lambda self: len(self.files()) > 1)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.some(data).unlink()

    @precondition(lambda self: self.files())
    @rule(data=st.data(), name=NAMES)
    def rename(self, data: st.DataObject, name: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        self.some(data).rename(self.root / name)

    @precondition(lambda self: self.files())
    @rule(data=st.data(), name=NAMES, keep_time=st.booleans())
    def copy(self, data: st.DataObject, name: str, keep_time: bool) -> None:
        of, to = self.some(data), self.root / name
        if of != to:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(of, to)
            if not keep_time:
                self.touch(to)

    @precondition(lambda self: len(self.files()) > 1)
    @rule(data=st.data())
    def swap(self, data: st.DataObject) -> None:
        one, other = self.some(data), self.some(data)
        one.rename(self.place / "aside")
        if one != other:
            other.rename(one)
        (self.place / "aside").rename(other)

    @rule(data=st.data())
    def move_a_folder(self, data: st.DataObject) -> None:
        if (self.root / "d").exists() and not (self.root / "moved").exists():
            (self.root / "d").rename(self.root / "moved")
        elif (self.root / "moved").exists() and not (self.root / "d").exists():
            (self.root / "moved").rename(self.root / "d")

    def state(self) -> dict[str, tuple[int, str]]:
        """Path -> time and text of each file."""
        return {
            file.relative_to(self.root).as_posix(): (file.stat().st_mtime_ns, file.read_text("utf-8"))
            for file in self.files()
        }

    @precondition(lambda self: self.files())
    @rule(at=st.integers(0, 6))
    def synchronise_and_stop(self, at: int) -> None:
        try:
            index_folder(self.root, index=self.index, encoder=self.encoder, watch=interrupting(at))
            self.seen = self.state()
        except KeyboardInterrupt:
            require_sound(self.index)
            self.seen = None

    @precondition(lambda self: self.files())
    @rule()
    def synchronise(self) -> None:
        index_folder(self.root, index=self.index, encoder=self.encoder)
        self.require_as_from_nothing()

    @precondition(lambda self: self.files() and self.seen is not None)
    @rule(by_folder=st.booleans())
    def synchronise_what_changed(self, by_folder: bool) -> None:
        """As a watcher tells it: file by file, or, of a folder that was moved, its name alone."""
        now, seen = self.state(), self.seen or {}
        changed = {path for path in now.keys() | seen.keys() if now.get(path) != seen.get(path)}
        paths = {path.partition("/")[0] for path in changed} if by_folder else changed
        index_folder(self.root, index=self.index, encoder=self.encoder, changed=paths)
        self.require_as_from_nothing()

    def require_as_from_nothing(self) -> None:
        require_sound(self.index)
        self.seen = self.state()
        fresh = self.place / "fresh"
        index_folder(self.root, index=fresh, encoder=FakeEncoder())
        assert contents(self.index) == contents(fresh)
        shutil.rmtree(fresh)
        again = index_folder(self.root, index=self.index, encoder=self.encoder)
        assert (again.unchanged, again.passages) == (again.files, 0)


class TestFolderAndIndex(FolderAndIndex.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(max_examples=12, stateful_step_count=20)

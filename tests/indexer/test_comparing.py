"""Following changed paths leaves what comparing everything would; `test_sync_model` has the general case."""

from collections.abc import Callable
from pathlib import Path

import pytest

from indexer import Report, index_folder
from tests.fake import FakeEncoder
from tests.indexer.test_sync import write
from tests.making import contents, require_sound

pytestmark = pytest.mark.usefixtures("read_here")

Follow = Callable[..., Report]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    return tmp_path / "documents"


@pytest.fixture
def follow(root: Path, tmp_path: Path, encoder: FakeEncoder) -> Follow:
    """Index what changed at some paths, and require an index that is equal to one made from nothing."""
    turns = iter(range(1_000))

    def run(*paths: str) -> Report:
        encoder.embedded.clear()
        changed = paths or None
        report = index_folder(root, index=tmp_path / "index", encoder=encoder, changed=changed)
        require_sound(tmp_path / "index")
        fresh = tmp_path / f"fresh {next(turns)}"
        index_folder(root, index=fresh, encoder=FakeEncoder())
        assert contents(tmp_path / "index") == contents(fresh)
        return report

    return run


def test_only_the_changed_files_are_looked_at(root: Path, follow: Follow, encoder: FakeEncoder) -> None:
    for name in ("a.txt", "b.txt", "sub/c.txt", "sub-d.txt", "sub.txt"):
        write(root / name, f"Text of {name}.")
    follow()
    write(root / "b.txt", "Another text.", age=50)
    report = follow("b.txt")
    assert [row.path for row in report.ledger] == ["b.txt"]
    assert encoder.embedded == ["Another text."]

    write(root / "sub" / "new.txt", "A new text.", age=40)
    (root / "a.txt").unlink()
    report = follow("a.txt", "sub")
    assert ([row.path for row in report.ledger], report.removed) == (["sub/c.txt", "sub/new.txt"], 1)


def test_a_name_with_a_control_character_is_followed(root: Path, follow: Follow) -> None:
    write(root / "a.txt", "A text.")
    follow()
    write(root / "red\x1b[31m.txt", "Another text.", age=50)
    report = follow("red\x1b[31m.txt")
    assert [row.path for row in report.ledger] == ["a.txt", "red\\x1b[31m.txt"]
    (root / "red\x1b[31m.txt").unlink()
    assert follow("red\x1b[31m.txt").removed == 1


def test_a_copy_takes_the_place_of_what_is_gone(root: Path, follow: Follow, encoder: FakeEncoder) -> None:
    write(root / "a.txt", "The same text.", age=100)
    write(root / "b.txt", "The same text.", age=90)
    write(root / "c.txt", "The same text.", age=80)
    follow()
    (root / "a.txt").unlink()
    assert {row.path: row.reason for row in follow("a.txt").ledger} == {
        "b.txt": "",
        "c.txt": "same content as b.txt",
    }
    write(root / "0.txt", "The same text.", age=70)
    assert [row.status for row in follow("0.txt").ledger] == ["indexed", "duplicate", "duplicate"]
    assert encoder.embedded == []


def test_a_moved_folder_is_followed_by_its_name(root: Path, follow: Follow, encoder: FakeEncoder) -> None:
    write(root / "old" / "deep" / "a.txt", "Text of a.")
    write(root / "z.txt", "Text of z.")
    follow()
    (root / "old").rename(root / "new")
    report = follow("old", "new")
    assert [row.path for row in report.ledger] == ["new/deep/a.txt"]
    assert encoder.embedded == []


def test_a_folder_that_becomes_an_index_and_is_none_again(root: Path, follow: Follow) -> None:
    write(root / "sub" / "a.txt", "Text of a.")
    write(root / "sub" / "metadata.sqlite", "no database")
    write(root / "z.txt", "Text of z.")
    follow()
    write(root / "sub" / "LOCK", "")
    assert [(row.path, row.reason) for row in follow("sub/LOCK").ledger] == [("sub/", "an index")]
    (root / "sub" / "LOCK").unlink()
    assert "sub/a.txt" in {row.path for row in follow("sub/LOCK").ledger}


def test_what_lies_behind_a_link_is_no_file_of_the_folder(root: Path, follow: Follow, tmp_path: Path) -> None:
    write(root / "a.txt", "Text of a.")
    write(tmp_path / "outside" / "b.txt", "Text of b.")
    follow()
    (root / "link").symlink_to(tmp_path / "outside")
    assert [row.path for row in follow("link", "link/b.txt").ledger] == ["link"]


def test_many_changes_and_odd_names_have_everything_compared(
    root: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abcd":
        write(root / f"{name}.txt", f"Text of {name}.")
    follow()
    write(root / "d.txt", "Another.", age=50)
    assert follow("\ufffd.txt").files == 4
    monkeypatch.setattr("indexer.comparing.MANY", 2)
    assert follow("a.txt", "b.txt", "c.txt").files == 4

"""A folder that changes while it is followed."""

from itertools import islice

from indexer import follow_folder
from indexer.following import _below, _is_tools
from search import Searcher
from tests.fake import FakeEncoder


def test_each_change_is_a_report_and_is_found(tmp_path):
    folder, index = tmp_path / "folder", tmp_path / "folder" / "index"
    folder.mkdir()
    (folder / "a.txt").write_text("first text")
    reports = follow_folder(folder, index=index, encoder=FakeEncoder())
    assert next(reports).passages == 1

    searcher = Searcher(index, encoder=FakeEncoder())
    (folder / "index of b.txt").write_text("a zebra")
    report = next(reports)
    assert (report.files, report.passages) == (1, 1)
    assert searcher.query("zebra", mode="lexical")[0].path == "index of b.txt"

    (folder / "index of b.txt").unlink()
    [report] = islice(reports, 1)
    assert (report.files, report.removed) == (0, 1)
    assert not searcher.query("zebra", mode="lexical")


def test_changes_that_decide_over_others_have_everything_compared(tmp_path):
    root = tmp_path / "folder"
    assert _below(root, {str(root / "a.txt"), str(root / "b" / "c.md")}) == {"a.txt", "b/c.md"}
    assert _below(root, {str(root)}) is None
    assert _below(root, {str(root / "b" / ".bertrieveignore")}) is None
    assert _below(root, {str(tmp_path / "elsewhere")}) is None


def test_the_index_and_tools_folders_are_not_followed(tmp_path):
    index = tmp_path / "index"
    for path in ("index", "index/LOCK", ".git/HEAD", "sub/.venv/lib/x.py"):
        assert _is_tools(tmp_path / path, tmp_path, index)
    for path in ("index.txt", "index of b/c.txt", "sub/a.txt", ".git"):
        assert not _is_tools(tmp_path / path, tmp_path, index)

"""A folder that changes while it is followed."""

from itertools import islice

from indexer import follow_folder
from search import Searcher
from tests.fake import FakeEncoder


def test_each_change_is_a_report_and_is_found(tmp_path):
    folder, index = tmp_path / "folder", tmp_path / "folder" / "index"
    folder.mkdir()
    (folder / "a.txt").write_text("first text")
    reports = follow_folder(folder, index=index, encoder=FakeEncoder())
    assert next(reports).passages == 1

    searcher = Searcher(index, encoder=FakeEncoder())
    (folder / "b.txt").write_text("a zebra")
    report = next(reports)
    assert (report.files, report.passages) == (2, 1)
    assert searcher.query("zebra", mode="lexical")[0].path == "b.txt"

    (folder / "b.txt").unlink()
    [report] = islice(reports, 1)
    assert (report.files, report.removed) == (1, 1)
    assert not searcher.query("zebra", mode="lexical")

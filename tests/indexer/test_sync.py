"""The index follows the folder, whatever happens to its files, and embeds nothing twice."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

import indexer.comparing
import indexer.sync
from indexer import Progress, Report, forget_folder, index_documents, index_folder
from indexer.documents import Block, Document
from indexer.errors import DocumentError, EncoderMismatchError, IndexLockedError, NotAnIndexError, UsageError
from indexer.store import Reader, Writer
from tests.fake import FakeEncoder
from tests.making import contents, require_sound, rows

pytestmark = pytest.mark.usefixtures("read_here")

Sync = Callable[[], Report]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    return tmp_path / "documents"


@pytest.fixture
def sync(root: Path, tmp_path: Path, encoder: FakeEncoder) -> Sync:
    """Index `root`, and require a sound index that is equal to one made from nothing."""
    turns = iter(range(1_000))

    def run() -> Report:
        encoder.embedded.clear()
        report = index_folder(root, index=tmp_path / "index", encoder=encoder)
        require_sound(tmp_path / "index")
        fresh = tmp_path / f"fresh {next(turns)}"
        index_folder(root, index=fresh, encoder=FakeEncoder())
        assert contents(tmp_path / "index") == contents(fresh)
        return report

    return run


def write(file: Path, text: str | bytes, *, age: float = 100) -> None:
    """A file that was last changed `age` seconds ago."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(file, (time.time() - age,) * 2)


def found(root: Path) -> dict[str, tuple[str, str]]:
    """Path -> (status, reason)."""
    return {path: row[:2] for path, row in contents(root.parent / "index").items()}


def test_new_edited_touched_and_deleted(root: Path, sync: Sync, encoder: FakeEncoder) -> None:
    write(root / "a.txt", "First text.", age=100)
    write(root / "sub" / "b.txt", "Second text.", age=100)
    report = sync()
    assert (report.files, report.unchanged, report.removed, report.passages) == (2, 0, 0, 2)
    assert [(row.path, row.status) for row in report.ledger] == [
        ("a.txt", "indexed"),
        ("sub/b.txt", "indexed"),
    ]

    report = sync()
    assert (report.files, report.unchanged, report.passages, encoder.embedded) == (2, 2, 0, [])

    write(root / "a.txt", "Another text.", age=90)
    report = sync()
    assert (report.files, report.unchanged, encoder.embedded) == (2, 1, ["Another text."])

    os.utime(root / "a.txt", (1, 1))
    report = sync()
    assert (report.files, report.unchanged, encoder.embedded) == (2, 2, [])

    (root / "a.txt").unlink()
    report = sync()
    assert (report.files, report.unchanged, report.removed, encoder.embedded) == (1, 1, 1, [])
    assert found(root) == {"sub/b.txt": ("indexed", "")}


def test_a_run_without_changes_commits_nothing(root: Path, sync: Sync, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "copy of a.txt"):
        write(root / name, f"Text of {name[-5]}.")
    write(root / "empty.txt", "")
    (root / "link").symlink_to(root / "a.txt")
    sync()
    before = (
        rows(tmp_path / "index", "SELECT * FROM ledger"),
        rows(tmp_path / "index", "SELECT * FROM documents"),
    )
    generation = Reader(tmp_path / "index").info().generation
    assert sync().unchanged == 5
    after = (
        rows(tmp_path / "index", "SELECT * FROM ledger"),
        rows(tmp_path / "index", "SELECT * FROM documents"),
    )
    assert after == before
    opening_and_closing = 2
    assert Reader(tmp_path / "index").info().generation <= generation + opening_and_closing


def test_only_changed_passages_of_an_edited_document_are_embedded(
    root: Path, sync: Sync, encoder: FakeEncoder
) -> None:
    parts = [f"## Part {at}\n\n" + f"Sentence of part {at}. " * 20 + "\n" for at in range(10)]
    write(root / "a.md", "\n".join(["# Book\n", *parts]))
    sync()
    whole = len(encoder.embedded)
    parts[4] = parts[4].replace("Sentence", "Phrase", 1)
    write(root / "a.md", "\n".join(["# Book\n", "## New\n\nA new part.\n", *parts]), age=50)
    sync()
    assert 2 <= len(encoder.embedded) <= 4 < whole
    assert any("Phrase" in text for text in encoder.embedded)
    assert any("A new part" in text for text in encoder.embedded)
    assert not any(f"part {at}." in text for text in encoder.embedded for at in (1, 2, 3, 5, 6, 7, 8, 9))


@pytest.mark.parametrize("to", ["b.txt", "sub/a.txt", "A.TXT", "äöü 检索.txt"])
def test_a_renamed_or_moved_file_is_neither_read_nor_embedded(
    root: Path, sync: Sync, encoder: FakeEncoder, tmp_path: Path, to: str
) -> None:
    write(root / "a.txt", "One text. " * 50)
    sync()
    before = rows(tmp_path / "index", "SELECT id, document_id FROM passages")
    (root / to).parent.mkdir(exist_ok=True)
    (root / "a.txt").rename(root / to)
    report = sync()
    assert (encoder.embedded, report.removed, report.passages) == ([], 0, 0)
    assert found(root) == {to: ("indexed", "")}
    assert rows(tmp_path / "index", "SELECT id, document_id FROM passages") == before


def test_another_suffix_is_another_way_to_read_a_file(root: Path, sync: Sync) -> None:
    write(root / "a.txt", "# Not a heading\n\nText.")
    sync()
    write(root / "a.md", "# Not a heading\n\nText.")
    assert sync().statuses == {"indexed": 2}
    (root / "a.txt").unlink()
    sync()


def test_files_that_swap_their_names_are_only_renamed(root: Path, sync: Sync, encoder: FakeEncoder) -> None:
    for at, name in enumerate("abcd"):
        write(root / f"{name}.txt", f"Text {at}.", age=100 + at)
    sync()
    (root / "a.txt").rename(root / "x")
    (root / "b.txt").rename(root / "a.txt")
    (root / "c.txt").rename(root / "b.txt")
    (root / "x").rename(root / "c.txt")
    (root / "d.txt").rename(root / "e.txt")
    assert sync().removed == 0
    assert encoder.embedded == []


def test_fresh_files_of_one_size_that_swap_are_told_apart(root: Path, sync: Sync) -> None:
    write(root / "a.txt", "Text 1.", age=0)
    write(root / "b.txt", "Text 2.", age=0)
    sync()
    (root / "a.txt").rename(root / "x")
    (root / "b.txt").rename(root / "a.txt")
    (root / "x").rename(root / "b.txt")
    sync()


def test_a_chain_of_renames_with_an_edit(root: Path, sync: Sync, encoder: FakeEncoder) -> None:
    for at, name in enumerate("abc"):
        write(root / f"{name}.txt", f"Text {at}.", age=100 + at)
    sync()
    (root / "c.txt").rename(root / "d.txt")
    (root / "b.txt").rename(root / "c.txt")
    (root / "a.txt").rename(root / "b.txt")
    write(root / "a.txt", "New text.", age=50)
    sync()
    assert encoder.embedded == ["New text."]


def test_a_duplicate_is_indexed_once_and_named(root: Path, sync: Sync, encoder: FakeEncoder) -> None:
    for name in ("b.txt", "c.txt", "sub/d.txt"):
        write(root / name, "The same text.")
    sync()
    same = ("duplicate", "same content as b.txt")
    assert found(root) == {"b.txt": ("indexed", ""), "c.txt": same, "sub/d.txt": same}
    assert encoder.embedded == ["The same text."]

    # One whose name comes first takes its place, as if it had always been there.
    write(root / "a.txt", "The same text.")
    sync()
    assert found(root)["b.txt"] == ("duplicate", "same content as a.txt")
    assert encoder.embedded == []

    (root / "a.txt").unlink()
    (root / "b.txt").unlink()
    assert sync().removed == 0
    assert found(root) == {"c.txt": ("indexed", ""), "sub/d.txt": ("duplicate", "same content as c.txt")}
    assert encoder.embedded == []

    write(root / "c.txt", "Another text now.", age=50)
    sync()
    assert found(root) == {"c.txt": ("indexed", ""), "sub/d.txt": ("indexed", "")}


def test_a_file_replaced_by_anothers_content_is_its_duplicate(root: Path, sync: Sync) -> None:
    write(root / "a.txt", "Text of a.")
    write(root / "b.txt", "Text of b.")
    sync()
    write(root / "b.txt", "Text of a.", age=50)
    sync()
    assert found(root)["b.txt"] == ("duplicate", "same content as a.txt")
    write(root / "a.txt", "Text of b.", age=40)
    sync()
    assert found(root) == {"a.txt": ("indexed", ""), "b.txt": ("indexed", "")}


def test_copies_of_a_file_that_cannot_be_indexed_share_its_fate(root: Path, sync: Sync) -> None:
    for name in ("a.txt", "b.txt"):
        write(root / name, " \n")
        write(root / name.replace("txt", "pdf"), b"%PDF-1.7 broken")
    sync()
    assert found(root)["a.txt"][0] == found(root)["b.txt"][0] == "empty"
    assert found(root)["a.pdf"] == found(root)["b.pdf"]
    assert found(root)["a.pdf"][0] == "failed"
    sync()


def test_a_file_that_becomes_empty_or_unsupported_leaves_the_index(root: Path, sync: Sync) -> None:
    write(root / "a.txt", "Some text.")
    write(root / "b.txt", "More text.")
    sync()
    write(root / "a.txt", "", age=50)
    write(root / "b.txt", bytes(range(256)) * 20, age=50)
    sync()
    assert [status for status, _ in found(root).values()] == ["empty", found(root)["b.txt"][0]]
    assert found(root)["b.txt"][0] != "indexed"
    write(root / "a.txt", "Some text.", age=40)
    sync()
    assert found(root)["a.txt"] == ("indexed", "")


def test_a_file_that_cannot_be_opened_is_tried_again_each_time(
    root: Path, tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permission changes neither size nor time."""
    write(root / "a.txt", "Text of a.")
    write(root / "b.txt", "Text of b.")
    hashed = indexer.comparing._file_hash

    def refuse(file: Path) -> bytes:
        if Path(file).name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return hashed(file)

    monkeypatch.setattr(indexer.comparing, "_file_hash", refuse)
    for _ in range(2):
        index_folder(root, index=tmp_path / "index", encoder=encoder)
        assert found(root) == {
            "a.txt": ("failed", "it can't be opened (Permission denied)"),
            "b.txt": ("indexed", ""),
        }
    monkeypatch.undo()
    index_folder(root, index=tmp_path / "index", encoder=encoder)
    assert found(root)["a.txt"] == ("indexed", "")


def test_the_index_itself_hidden_files_links_and_pipes(root: Path, encoder: FakeEncoder) -> None:
    write(root / ".hidden.txt", "Hidden text.")
    write(root / ".folder" / "a.txt", "In a hidden folder.")
    write(root / "a.txt", "Text of a.")
    (root / "link.txt").symlink_to(root / "a.txt")
    (root / "dead.txt").symlink_to(root / "nowhere")
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "pipe.txt")
    for index in (root / "own", root / ".bertrieve"):
        for _ in range(2):
            report = index_folder(root, index=index, encoder=encoder)
            ledger = {row.path: (row.status, row.reason) for row in report.ledger}
            assert not [path for path in ledger if path.startswith(f"{index.name}/") and path.count("/") > 1]
            assert not [
                path for path, (status, _) in ledger.items() if status == "indexed" and "own/" in path
            ]
    assert ledger[".hidden.txt"] == ledger[".folder/a.txt"] == ledger["a.txt"] == ("indexed", "")
    for name in ("link.txt", "dead.txt", "loop"):
        assert ledger[name] == ("excluded", "a link; index the place it leads to")
    assert ledger["pipe.txt"] == ("excluded", "not a regular file")
    assert ledger["own/"] == ("excluded", "an index")


def test_a_file_that_becomes_a_link_leaves_the_index(root: Path, sync: Sync) -> None:
    write(root / "a.txt", "Text of a.")
    write(root / "b.txt", "Text of b.")
    sync()
    (root / "b.txt").unlink()
    (root / "b.txt").symlink_to(root / "a.txt")
    sync()
    assert found(root)["b.txt"][0] == "excluded"


def test_a_name_that_is_no_utf8_is_indexed_under_its_bytes(root: Path, sync: Sync) -> None:
    try:
        (root / os.fsdecode(b"caf\xe9.txt")).write_text("Latin name.")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    sync()
    assert found(root) == {r"caf\xe9.txt": ("indexed", "")}


def test_a_folder_that_is_empty_missing_or_a_file(
    root: Path, sync: Sync, tmp_path: Path, encoder: FakeEncoder
) -> None:
    index = tmp_path / "index"
    with pytest.raises(UsageError, match="holds no files"):
        index_folder(root, index=index, encoder=encoder)
    assert not index.exists()
    with pytest.raises(UsageError, match="can't hold documents and be their index"):
        index_folder(root, index=root / "b" / "..", encoder=encoder)
    write(root / "a.txt", "Text of a.")
    sync()
    (root / "a.txt").unlink()
    assert index_folder(root, index=index, encoder=encoder).removed == 1
    assert found(root) == {}
    require_sound(index)
    with pytest.raises(UsageError, match="does not exist; give a folder"):
        index_folder(root / "nowhere", index=index, encoder=encoder)
    write(root / "file", "x")
    with pytest.raises(UsageError, match="is a file, not a folder"):
        index_folder(root / "file", index=index, encoder=encoder)


def test_a_folder_that_cannot_be_listed_does_not_empty_the_index(
    root: Path, sync: Sync, tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root / "a.txt", "Text of a.")
    sync()

    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(UsageError, match=r"can't be listed \(Permission denied\)"):
        index_folder(root, index=tmp_path / "index", encoder=encoder)
    monkeypatch.undo()
    assert found(root) == {"a.txt": ("indexed", "")}


def test_two_folders_in_one_index(tmp_path: Path, encoder: FakeEncoder) -> None:
    one, two, index = tmp_path / "one", tmp_path / "two", tmp_path / "index"
    write(one / "a.txt", "Text of a.")
    write(two / "a.txt", "Text of a.")
    write(two / "b.txt", "Text of b.")
    index_folder(one, index=index, encoder=encoder)
    index_folder(two, index=index, encoder=encoder)
    ledger = {(Path(row.folder).name, row.path): row.status for row in Reader(index).ledger()}
    assert ledger == {("one", "a.txt"): "indexed", ("two", "a.txt"): "duplicate", ("two", "b.txt"): "indexed"}
    assert encoder.embedded == ["Text of a.", "Text of b."]
    (one / "a.txt").unlink()
    index_folder(two, index=index, encoder=encoder)
    ledger = {(Path(row.folder).name, row.path): row.status for row in Reader(index).ledger()}
    assert ledger[("two", "a.txt")] == "indexed"
    require_sound(index)


def interrupting(at: int) -> Callable[[Progress], None]:
    calls = iter(range(1_000_000))

    def watch(_: Progress) -> None:
        if next(calls) == at:
            raise KeyboardInterrupt

    return watch


def test_an_interrupted_run_keeps_what_it_committed_and_the_next_goes_on(
    root: Path, sync: Sync, tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer.sync, "COMMIT_PASSAGES", 3)
    for at in range(12):
        write(root / f"{at:02}.txt", f"Text number {at}.")
    with pytest.raises(KeyboardInterrupt):
        index_folder(root, index=tmp_path / "index", encoder=encoder, watch=interrupting(9))
    kept = [path for path, (status, _) in found(root).items() if status == "indexed"]
    assert kept == ["00.txt", "01.txt", "02.txt", "03.txt", "04.txt", "05.txt"]
    require_sound(tmp_path / "index")
    sync()
    assert encoder.embedded == [f"Text number {at}." for at in range(6, 12)]


def test_a_rename_that_is_interrupted_and_taken_back_loses_nothing(
    root: Path, sync: Sync, tmp_path: Path, encoder: FakeEncoder
) -> None:
    write(root / "a.txt", "Text of a.")
    sync()
    (root / "a.txt").rename(root / "b.txt")
    write(root / "new.txt", "New text.", age=50)
    with pytest.raises(KeyboardInterrupt):
        index_folder(root, index=tmp_path / "index", encoder=encoder, watch=interrupting(0))
    (root / "b.txt").rename(root / "a.txt")
    sync()
    assert found(root) == {"a.txt": ("indexed", ""), "new.txt": ("indexed", "")}


def test_another_encoder_is_refused_even_when_nothing_is_new(root: Path, sync: Sync, tmp_path: Path) -> None:
    write(root / "a.txt", "Text of a.")
    sync()
    with pytest.raises(EncoderMismatchError):
        index_folder(root, index=tmp_path / "index", encoder=FakeEncoder(name="other"))


def test_a_run_while_another_writes_says_so(
    root: Path, sync: Sync, tmp_path: Path, encoder: FakeEncoder
) -> None:
    write(root / "a.txt", "Text of a.")
    sync()
    with Writer(tmp_path / "index", encoder.identity.to_dict()), pytest.raises(IndexLockedError):
        index_folder(root, index=tmp_path / "index", encoder=encoder)


def plain(text: str, title: str = "") -> Document:
    return Document(text, (Block(0, len(text)),), title)


def test_documents_that_are_no_files(tmp_path: Path, encoder: FakeEncoder) -> None:
    index = tmp_path / "index"
    given = [("1", plain("First text.")), ("2", plain("Second text.", "Title")), ("3", plain(" "))]
    report = index_documents(given, index=index, encoder=encoder)
    assert (report.files, report.statuses) == (3, {"indexed": 2, "empty": 1})
    encoder.embedded.clear()
    index_documents(
        [("2", plain("Second text.", "Title")), ("4", plain("First text."))], index=index, encoder=encoder
    )
    assert encoder.embedded == []
    assert contents(index)["4"][2] == ("First text.",)
    require_sound(index)


def test_a_document_with_half_a_character_fails_alone(tmp_path: Path, encoder: FakeEncoder) -> None:
    given = [("1", plain("half \ud83e character")), ("2", plain("whole"))]
    report = index_documents(given, index=tmp_path / "index", encoder=encoder)
    assert [(row.path, row.status) for row in report.ledger] == [("1", "failed"), ("2", "indexed")]
    require_sound(tmp_path / "index")


def test_a_whole_document_is_one_passage_whose_words_are_all_found(
    tmp_path: Path, encoder: FakeEncoder
) -> None:
    text = " ".join(f"word{at}" for at in range(500))
    index_documents([("1", plain(text, "Title"))], index=tmp_path / "index", encoder=encoder, whole=True)
    reader = Reader(tmp_path / "index")
    with reader.view() as view:
        assert view.lexical("word499", 5).ids.tolist() == [1]
    reader.close()
    require_sound(tmp_path / "index")


def mail_with(*attached: tuple[str, str]) -> bytes:
    """A mail with text files attached."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "The report", "a@example.org", "b@example.org"
    mail.set_content("See the attachments.")
    for name, text in attached:
        mail.add_attachment(text, filename=name)
    return mail.as_bytes()


def test_attachments_come_and_go_with_their_mail(tmp_path: Path, encoder: FakeEncoder) -> None:
    folder, index = tmp_path / "folder", tmp_path / "index"
    folder.mkdir()
    (folder / "a.eml").write_bytes(mail_with(("zebra.txt", "A zebra has stripes."), ("b.txt", "second")))

    def statuses(*exclude: str) -> dict[str, str]:
        report = index_folder(folder, index=index, encoder=encoder, exclude=exclude)
        return {row.path: row.status for row in report.ledger}

    both = {"a.eml": "indexed", "a.eml/zebra.txt": "indexed", "a.eml/b.txt": "indexed"}
    assert statuses() == both
    embedded = len(encoder.embedded)
    assert statuses() == both

    (folder / "a.eml").rename(folder / "moved.eml")
    assert set(statuses()) == {"moved.eml", "moved.eml/zebra.txt", "moved.eml/b.txt"}
    assert len(encoder.embedded) == embedded

    for _ in range(2):
        assert statuses("*.eml") == {"moved.eml": "excluded"}
    assert set(statuses()) == {"moved.eml", "moved.eml/zebra.txt", "moved.eml/b.txt"}

    (folder / "moved.eml").write_bytes(mail_with(("zebra.txt", "A zebra has stripes.")))
    assert set(statuses()) == {"moved.eml", "moved.eml/zebra.txt"}
    (folder / "moved.eml").unlink()
    (folder / "other.txt").write_text("what is left")
    assert set(statuses()) == {"other.txt"}


def test_pictures_are_looked_into_once_ocr_is_asked(
    tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    os.utime(folder / "a.png", (1_000_000_000, 1_000_000_000))  # long unchanged
    asked: list[bool] = []

    def read_all(paths: Iterable[Path], *, ocr: bool) -> Iterator[tuple[Path, DocumentError]]:
        for path in paths:
            asked.append(ocr)
            reason = "nothing that could be recognised" if ocr else "a picture; --ocr would read it"
            yield path, DocumentError(reason, "unsupported")

    monkeypatch.setattr("indexer.sync.read_all", read_all)
    monkeypatch.setattr("indexer.sync.require_ocr", lambda: None)
    for ocr in (False, False, True, True):
        index_folder(folder, index=tmp_path / "index", encoder=encoder, ocr=ocr)
    assert asked == [False, True]


def test_a_folder_is_forgotten_also_when_it_is_gone(
    root: Path, sync: Sync, tmp_path: Path, encoder: FakeEncoder
) -> None:
    index = tmp_path / "index"
    write(root / "a.txt", "The same text.")
    write(root / "mail.eml", mail_with(("zebra.txt", "A zebra has stripes.")))
    write(tmp_path / "other" / "b.txt", "The same text.")
    sync()
    index_folder(tmp_path / "other", index=index, encoder=encoder)
    root.rename(tmp_path / "renamed")
    for wrong in (tmp_path / "renamed", tmp_path):
        with pytest.raises(UsageError, match=f"has nothing of {wrong}; it has {root}, {tmp_path / 'other'}"):
            forget_folder(wrong, index=index)
    root.symlink_to(tmp_path / "renamed")  # so that its name leads elsewhere now
    assert forget_folder(root, index=index) == 3
    require_sound(index)
    assert contents(index) == {"b.txt": contents(index)["b.txt"]}
    with pytest.raises(UsageError, match="has nothing of"):
        forget_folder(root, index=index)
    # What had been a copy is a document of its own again.
    index_folder(tmp_path / "other", index=index, encoder=encoder)
    fresh = tmp_path / "fresh"
    index_folder(tmp_path / "other", index=fresh, encoder=FakeEncoder())
    assert contents(index) == contents(fresh)
    with pytest.raises(NotAnIndexError):
        forget_folder(root, index=tmp_path / "none")


def test_a_folder_is_the_same_one_whatever_leads_to_it(
    root: Path, sync: Sync, tmp_path: Path, encoder: FakeEncoder
) -> None:
    write(root / "a.txt", "Text of a.")
    sync()
    (tmp_path / "link").symlink_to(root)
    for path in (tmp_path / "link", root / ".." / root.name):
        assert index_folder(path, index=tmp_path / "index", encoder=encoder).unchanged == 1
    reader = Reader(tmp_path / "index")
    assert reader.folders() == [str(root)]
    reader.close()

"""What is found in a folder, and what is passed over with which reason."""

import ast
import os
import shutil
import subprocess
import sys

import pytest

from indexer.discovery import discover
from indexer.errors import UsageError
from indexer.selection import Selection


def make(root, *paths, text="x"):
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def found(root, selection=None):
    return {at.path: at.excluded for at in discover(root, root / "index", selection)}


def test_files_come_in_order_and_the_index_is_left_out(tmp_path):
    make(tmp_path, "b.txt", "a/z.md", "a/c/d.md", "index/metadata.sqlite", "index/LOCK", ".hidden")
    assert list(found(tmp_path)) == [".hidden", "a/c/d.md", "a/z.md", "b.txt"]


def test_tools_folders_other_indexes_and_links_are_named(tmp_path):
    make(tmp_path, ".git/config", "old/metadata.sqlite", "old/LOCK", "real.txt")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    (tmp_path / "out").symlink_to("/")
    os.mkfifo(tmp_path / "pipe")
    passed = {path: why for path, why in found(tmp_path).items() if why}
    assert passed == {
        ".git/": "a tool's own folder",
        "old/": "an index",
        "link.txt": "a link; index the place it leads to",
        "out": "a link; index the place it leads to",
        "pipe": "not a regular file",
    }


def test_names_that_are_not_utf8_are_found(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    [at] = discover(tmp_path, tmp_path / "index")
    assert at.path == "caf\\xe9.txt"
    assert at.file.read_text() == "x"


def test_control_characters_in_names_reach_no_terminal(tmp_path):
    make(tmp_path, "red\x1b[31m.txt", "two\nlines/\x9bb.txt", "猫 é.txt")
    assert list(found(tmp_path)) == ["red\\x1b[31m.txt", "two\\x0alines/\\x9bb.txt", "猫 é.txt"]


@pytest.mark.skipif(
    os.name != "posix" or shutil.which("setpriv") is None, reason="permissions can't be tried"
)
def test_a_folder_that_may_not_be_entered_costs_only_itself(tmp_path):
    make(tmp_path, "a.txt", "closed/b.txt", "listed/c.txt", "z.txt")
    (tmp_path / "closed").chmod(0o000)
    (tmp_path / "listed").chmod(0o444)
    program = (
        "import sys, pathlib; from indexer.discovery import discover, discover_at\n"
        "root = pathlib.Path(sys.argv[1]); index = root / 'index'\n"
        "print({at.path: at.excluded for at in discover(root, index)})\n"
        "print([at.path for at in discover_at(root, index, None, ['closed/b.txt', 'listed'])])"
    )
    without_rights = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    command = [*without_rights, sys.executable, "-c", program, str(tmp_path)]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    finally:
        for name in ("closed", "listed"):
            (tmp_path / name).chmod(0o755)
    everything, changed = map(ast.literal_eval, done.stdout.splitlines())
    denied = "the folder can't be listed (Permission denied)"
    assert everything == {"a.txt": "", "closed/": denied, "listed/": denied, "z.txt": ""}
    assert changed == ["closed/", "listed/"]


def test_ignore_files_read_as_git_reads_them(tmp_path):
    make(
        tmp_path,
        "a.log",
        "keep.log",
        "src/b.log",
        "src/c.txt",
        "build/x.txt",
        "src/build/y.txt",
        "文档/草稿.txt",
    )
    patterns = "*.log\n!keep.log\n/build/\n# comment\n文档/草稿*\n"
    make(tmp_path, ".gitignore", ".bertrieveignore", text=patterns)
    make(tmp_path, "src/.gitignore", "src/.bertrieveignore", text="!b.log\nc.txt\n")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    command = ["git", "-c", "core.quotepath=off", "ls-files", "--others", "--exclude-standard"]
    by_git = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    ours = [path for path, why in found(tmp_path).items() if not why]
    theirs = [path for path in by_git.stdout.splitlines() if not path.endswith(".bertrieveignore")]
    assert sorted(ours) == sorted(theirs)
    assert found(tmp_path)["a.log"] == "listed in .bertrieveignore"
    assert found(tmp_path)["src/c.txt"] == "listed in src/.bertrieveignore"


def test_include_and_exclude(tmp_path):
    make(tmp_path, "a.md", "b.txt", "sub/c.md", "sub/drafts/d.md")
    chosen = found(tmp_path, Selection.of(include=["*.md"], exclude=["drafts/"]))
    assert chosen == {
        "a.md": "",
        "b.txt": "does not match --include",
        "sub/c.md": "",
        "sub/drafts/": "matches --exclude",
    }


def test_an_ignore_file_that_is_not_text(tmp_path):
    (tmp_path / ".bertrieveignore").write_bytes(b"\xff\xfe\x00bad\x80")
    with pytest.raises(UsageError, match="bertrieveignore can't be read"):
        found(tmp_path)

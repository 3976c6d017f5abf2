"""The command line as people and scripts use it: real processes, real exit codes."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import ui.cli.app as cli
from indexer import index_folder
from indexer.store import LedgerRow
from tests.fake import FakeEncoder
from ui.cli import show

DOCUMENTS = {
    "guide.md": "# Pooling\n\nMean pooling averages token vectors.\n\n## Padding\n\nPadding is masked out.\n",
    "中文/检索.txt": "中文没有空格，按二元切分来检索。",
    "broken.pdf": "%PDF-1.4 and nothing more",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in DOCUMENTS.items():
        file = tmp_path / "documents" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "documents"


@pytest.fixture
def index(folder, tmp_path):
    index_folder(folder, index=tmp_path / "index", encoder=FakeEncoder())
    return tmp_path / "index"


def run(*words, **environment):
    return subprocess.run(
        [sys.executable, "-c", "from ui.cli import main; main()", *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "HF_HUB_OFFLINE": "1", **environment},
        timeout=120,
    )


def refused(done, code, sentence):
    """One sentence on standard error, nothing on standard output, and the right exit code."""
    assert (done.returncode, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr
    assert sentence in done.stderr
    assert done.stderr.startswith("bertrieve: ")
    assert len(done.stderr.strip().splitlines()) == 1


def test_lexical_query_prints_json_with_the_promised_keys(index):
    done = run("query", "怎样切分中文", "--index", index, "--mode", "lexical", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["query"], found["mode"]) == ("怎样切分中文", "lexical")
    hit = found["hits"][0]
    promised = "rank score path page heading line start end text document_id passage_id".split()
    assert set(promised) <= hit.keys()
    assert (hit["rank"], hit["path"], hit["line"]) == (1, "中文/检索.txt", 1)


def test_query_prints_place_and_passage(index):
    done = run("query", "padding masked", "--index", index, "--mode", "lexical")
    assert done.returncode == 0, done.stderr
    assert "guide.md › Pooling › Padding" in done.stdout
    assert "Padding is masked out." in done.stdout


def test_a_narrow_terminal_of_another_encoding_loses_no_place_and_no_score(index):
    words = ("query", "padding masked", "--index", index, "--mode", "lexical")
    done = run(*words, COLUMNS="20", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()[0]
    assert first.startswith(" 1. guide.md ? Pooling ? Padding ? line"), first
    assert float(first.split()[-1]) > 0
    chinese = ("query", "中文", *words[2:], "--json")
    same = run(*chinese, PYTHONIOENCODING="ascii"), run(*chinese)
    assert json.loads(same[0].stdout) == json.loads(same[1].stdout)


def test_the_version():
    assert run("--version").stdout == f"bertrieve {version('bertrieve')}\n"


def test_the_index_comes_from_the_environment(index):
    done = run("info", "--json", BERTRIEVE_INDEX=str(index))
    assert json.loads(done.stdout)["documents"] == 2


def test_own_questions_are_measured_compared_and_looked_at(index, tmp_path):
    file = tmp_path / "questions.csv"
    file.write_text("question,path,answer\nis padding masked?,guide.md,masked out\nwhere is it?,gone.md,\n")
    words = ("eval", file, "--index", index, "--mode", "lexical", "--losses", "3", "--against", index)
    done = run(*words, "--json")
    assert done.returncode == 0, done.stderr
    assert "1 expected paths are not in the index and can't be found, the first is gone.md" in done.stderr
    found = json.loads(done.stdout)
    assert (found["questions"], found["modes"]["lexical"]["success@1"]) == (2, 0.5)
    assert found["intervals"]["lexical"]["success@1"] == [0, 1]
    assert found["comparison"]["measures"]["MRR@10"] == {"mean": 0, "low": 0, "high": 0, "p": 1}
    assert [(at["question"], at["rank"]) for at in found["losses"]] == [("where is it?", None)]
    table = run(*words).stdout
    assert "0.500 0.000..1.000" in table
    assert "expected gone.md: not among the first 100" in table


def test_ledger_has_every_file(index):
    rows = json.loads(run("ledger", "--index", index, "--json").stdout)["files"]
    assert {row["path"]: row["status"] for row in rows} == {
        "guide.md": "indexed",
        "中文/检索.txt": "indexed",
        "broken.pdf": "failed",
    }
    csv = run("ledger", "--index", index, "--csv").stdout
    assert csv.splitlines()[0] == "path,status,reason,passages,pages,tokens"
    assert len(csv.splitlines()) == 4


def test_a_ledger_in_a_pipe_has_a_line_for_each_file(capsys):
    """`bertrieve ledger | grep failed`: neither the path nor the reason may be cut or wrapped."""
    path, reason = "folder/" * 40 + "a.pdf", "the PDF is damaged " * 10
    show.ledger([LedgerRow("/", path, "failed", reason), LedgerRow("/", "b.md", "indexed")])
    header, failed, indexed = capsys.readouterr().out.splitlines()
    assert path in failed and reason.strip() in failed
    assert (header.split()[0], indexed.split()[:2]) == ("status", ["indexed", "b.md"])


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("index", "no-such-folder"), 2, "no-such-folder does not exist; give a folder of documents"),
        (("query", "", "--index", "INDEX"), 2, "the question is empty"),
        (("query", "x", "--index", "INDEX", "-k", "0"), 2, "k is 0; it must be 1 to 1,000"),
        (("query", "x", "--index", "no-such-index"), 2, "does not exist; make one with: bertrieve index"),
        (("forget", "no-such-folder", "--index", "INDEX"), 2, "has nothing of"),
        (("eval", "no-such-collection"), 2, "is not a folder"),
        (("eval",), 2, "give a BEIR folder or a file of questions, or else --known-item"),
        (("eval", "--known-item", "--whole"), 2, "an index has its own"),
    ],
)
def test_wrong_use_is_one_sentence(index, tmp_path, words, code, sentence):
    words = [str(index) if word == "INDEX" else word for word in words]
    refused(run(*words), code, sentence)


def test_a_folder_that_is_gone_is_told_and_forgotten(index, folder, capsys):
    folder.rename(folder.parent / "renamed")
    show.gone([str(folder), str(folder.parent)], str(index))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"{folder} does not exist any more")
    assert said[0].endswith(f"bertrieve forget {folder} --index {index} takes them out")
    assert str(folder) in run("info", "--index", index).stdout
    done = run("forget", folder, "--index", index)
    assert (done.returncode, done.stdout) == (0, f"2 documents of {folder} are out of the index.\n")


def test_empty_folder_and_no_index(tmp_path):
    (tmp_path / "empty").mkdir()
    refused(run("index", tmp_path / "empty", "--index", tmp_path / "index"), 2, "holds no files")
    refused(run("info", "--index", tmp_path / "empty"), 2, "is not an index")


def test_an_index_of_another_encoder(index, folder):
    other = folder.parent / "other-model"
    other.mkdir()
    refused(run("index", folder, "--index", index, "--model", other), 1, "no .safetensors weights")
    # The fake's name is no model that could be loaded, so a question can't be encoded either.
    refused(run("query", "x", "--index", index, "--mode", "dense"), 1, "fake")


def test_a_truncated_segment_and_a_newer_format(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("indexer.store.writer.SEAL_AT", 1)
    index_folder(folder, index=tmp_path / "sealed", encoder=FakeEncoder())
    segment = next((tmp_path / "sealed" / "segments").rglob("*.faiss"))
    segment.write_bytes(segment.read_bytes()[:100])
    refused(run("query", "x", "--index", tmp_path / "sealed", "--mode", "lexical"), 1, "is damaged")

    import sqlite3

    with sqlite3.connect(tmp_path / "sealed" / "metadata.sqlite") as connection:
        connection.execute("UPDATE settings SET value = '99' WHERE key = 'format'")
    connection.close()
    refused(run("info", "--index", tmp_path / "sealed"), 1, "has format 99")


def test_a_second_writer(index, folder):
    from filelock import FileLock

    (folder / "new.txt").write_text("something new")
    with FileLock(index / "LOCK"):
        refused(run("index", folder, "--index", index), 1, "another process is writing")


def test_an_unreadable_file_is_in_the_ledger_not_an_error(folder, tmp_path):
    (folder / "secret.txt").write_text("nobody may read this")
    (folder / "secret.txt").chmod(0)
    if os.access(folder / "secret.txt", os.R_OK):
        pytest.skip("this user may read everything")
    report = index_folder(folder, index=tmp_path / "index", encoder=FakeEncoder())
    assert {row.path: row.status for row in report.ledger}["secret.txt"] == "failed"


def test_a_reader_of_a_pipe_may_stop_early(index):
    command = f"{sys.executable} -c 'from ui.cli import main; main()' ledger --index {index} --csv | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("words", "script"), [([], "app.py"), (["--api"], "with_api.py")])
def test_the_page_is_bound_to_this_machine(monkeypatch, index, words, script):
    started = {}

    class Done:
        returncode = 0

    def note(command, env, check):
        started.update(command=command, env=env)
        return Done

    monkeypatch.setattr(cli.subprocess, "run", note)
    monkeypatch.setattr(sys, "argv", ["bertrieve", "ui", "--index", str(index), *words])
    with pytest.raises(SystemExit):
        cli.main()
    assert "--server.address=127.0.0.1" in started["command"]
    assert "--browser.gatherUsageStats=false" in started["command"]
    assert started["env"]["BERTRIEVE_INDEX"] == str(index)
    page = Path(next(word for word in started["command"] if word.endswith(".py")))
    assert page.is_file()
    assert page.name == script


def test_a_page_with_the_api_needs_an_index_and_off_this_machine_keys(index, tmp_path):
    refused(run("ui", "--api", "--index", tmp_path / "none"), 2, "make one with: bertrieve index")
    done = subprocess.run(
        [sys.executable, "-c", "import ui.with_api"],
        capture_output=True,
        encoding="utf-8",
        env={
            **os.environ,
            "BERTRIEVE_INDEX": str(index),
            "BERTRIEVE_KEYS": str(tmp_path / "keys.json"),
            "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",
        },
    )
    refused(done, 1, "0.0.0.0 can be reached by others: make a key first")

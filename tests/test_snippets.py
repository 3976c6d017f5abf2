"""Every snippet of the documents is run, page by page and in order, with an encoder that needs no model.

What is marked `<!-- not run: REASON -->` is left out. The adapters' snippets are run by their own tests, and
so is what asks a server.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import indexer.source
import search
import search.encoding
import ui.cli.evaluation
from tests.fake import FakeEncoder
from ui.cli.app import app

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(page.name for page in DOCS.glob("*.md") if page.name != "adapters.md")
SNIPPET = re.compile(r"^(<!-- not run: .+? -->\n)?```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ENDLESS = {"ui", "serve", "mcp"}


@pytest.fixture
def place(folder, tmp_path, read_here, monkeypatch):
    """Where a reader of the documents stands: documents, an index of them, questions, a collection."""
    for module in (indexer.source, search.encoding, ui.cli.evaluation):
        monkeypatch.setattr(module, "load_encoder", lambda *_, **__: FakeEncoder())
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("BERTRIEVE_INDEX", raising=False)
    monkeypatch.setattr(search, "_searchers", {})
    monkeypatch.chdir(tmp_path)
    folder.rename(tmp_path / "Documents")
    long = "\n\n".join(f"## Lake {at}\n\nThe lake number {at} has {at} boats and a pier." for at in range(30))
    Path("Documents/lakes.md").write_text(f"# Lakes\n\n{long}\n")
    for index in (".bertrieve", "my-index", "other-index"):
        run(f"bertrieve index Documents --index {index}")
    Path("questions.csv").write_text("question,path\nwhen does a cat hunt?,cats.txt\n")
    _write_collection(Path("scifact"))


def _write_collection(at):
    (at / "qrels").mkdir(parents=True)
    (at / "corpus.jsonl").write_text('{"_id": "d", "title": "Cats", "text": "A cat hunts at dusk."}\n')
    (at / "queries.jsonl").write_text('{"_id": "q", "text": "when does a cat hunt?"}\n')
    (at / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\td\t1\n")


def run(line):
    """One line of a shell snippet: commands of bertrieve in this process, all else in a shell."""
    words = shlex.split(line, comments=True)
    if not words:
        return
    if words[0] != "bertrieve":
        subprocess.run(
            ["bash", "-ec", line], check=True, timeout=60, env={**os.environ, "PYTHON": sys.executable}
        )
        return
    name, *options = (str(Path(word).expanduser()) if word[0] == "~" else word for word in words[1:])
    if name in ENDLESS or "--reader" in options:  # a model that no test has
        typer.main.get_command(app).commands[name].make_context(name, options)
        return
    done = CliRunner().invoke(app, [name, *options])
    assert done.exit_code == 0, (line, done.output, done.exception)


@pytest.mark.parametrize("page", PAGES)
def test_the_snippets_of_a_page_do_what_they_say(page, place, capsys):
    known = {}
    for left_out, language, code in SNIPPET.findall((DOCS / page).read_text(encoding="utf-8")):
        if left_out or "http://127.0.0.1:8080/" in code:
            continue
        if language == "python":
            exec(code, known)
            continue
        for line in code.replace("\\\n", " ").splitlines():
            run(line)


def test_every_page_is_on_the_site():
    site = (DOCS.parent / "zensical.toml").read_text(encoding="utf-8")
    for page in DOCS.rglob("*.md"):
        assert f'"{page.relative_to(DOCS).as_posix()}"' in site, page

"""What the documents show must be what the program takes."""

import re
from pathlib import Path

import pytest
import typer

from search.evaluation import load_questions
from ui.cli.app import app

DOCS = Path(__file__).parents[1] / "docs"
COMMAND = re.compile(r"^    bertrieve (\w+)(.*?)(?: +#.*)?$", re.MULTILINE)


@pytest.mark.parametrize("document", ["evaluation.md"])
def test_every_command_has_the_options_shown(document):
    commands = typer.main.get_command(app).commands
    shown = COMMAND.findall((DOCS / document).read_text(encoding="utf-8"))
    assert shown
    for name, words in shown:
        commands[name].make_context(name, words.split(), resilient_parsing=False)


def test_the_questions_shown_are_a_file_of_questions(tmp_path):
    block = re.search(
        r"```\n(question,.*?)```", (DOCS / "evaluation.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (tmp_path / "questions.csv").write_text(block[1], encoding="utf-8")
    wanted = [str(at) for (at,) in load_questions(tmp_path / "questions.csv").wanted.values()]
    assert wanted == ["contracts/2024.pdf › page 3", "“three months”"]

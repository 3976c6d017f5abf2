"""What the documents show must be what the program takes."""

import re
from pathlib import Path

from search.evaluation import load_questions

DOCS = Path(__file__).parents[1] / "docs"


def test_the_questions_shown_are_a_file_of_questions(tmp_path):
    block = re.search(
        r"```\n(question,.*?)```", (DOCS / "evaluation.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (tmp_path / "questions.csv").write_text(block[1], encoding="utf-8")
    wanted = [str(at) for (at,) in load_questions(tmp_path / "questions.csv").wanted.values()]
    assert wanted == ["contracts/2024.pdf › page 3", "“three months”"]

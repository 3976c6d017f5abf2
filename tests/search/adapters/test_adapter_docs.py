"""Every snippet of docs/adapters.md, run with the frameworks that are here."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

import search

DOCUMENT = Path(__file__).parents[3] / "docs" / "adapters.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)
FRAMEWORKS = ("langchain_core", "llama_index", "haystack", "dspy", "numpy")


@pytest.mark.parametrize(("framework", "code"), zip(FRAMEWORKS, SNIPPETS, strict=True), ids=FRAMEWORKS)
def test_a_snippet_finds_the_passage(framework, code, opened, monkeypatch, capsys):
    if find_spec(framework) is None:
        pytest.skip(f"{framework} is not here")
    monkeypatch.setattr(search, "Searcher", lambda index: search._searchers[Path(index)], raising=False)
    exec(code.replace("my-index", opened), {})
    assert "All tokens' vectors are averaged." in capsys.readouterr().out

"""Every snippet of docs/adapters.md, run with the frameworks that are here."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[3] / "docs" / "adapters.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)
FRAMEWORKS = {"langchain": "langchain_core", "llamaindex": "llama_index", "haystack": "haystack"}


@pytest.mark.parametrize("code", SNIPPETS, ids=FRAMEWORKS)
def test_a_snippet_finds_the_passage(code, opened, capsys):
    name = re.search(r"search\.adapters\.(\w+)", code).group(1)
    if find_spec(FRAMEWORKS[name]) is None:
        pytest.skip(f"{name} is not here")
    exec(code.replace("my-index", opened), {})
    assert "All tokens' vectors are averaged." in capsys.readouterr().out

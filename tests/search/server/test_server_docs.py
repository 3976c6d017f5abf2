"""Every snippet of docs/server.md that asks a server, against one; tests/test_snippets.py has the others."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.search.server.conftest import served

DOCUMENT = Path(__file__).parents[3] / "docs" / "server.md"
SNIPPETS = re.findall(
    r"^```(bash|javascript|python)\n(?!bertrieve)(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S
)
COMMANDS = {
    "bash": ["bash", "-ec"],
    "javascript": ["node", "--input-type=module", "-e"],
    "python": [sys.executable, "-c"],
}


@pytest.mark.parametrize(("language", "code"), SNIPPETS, ids=[language for language, _ in SNIPPETS])
def test_a_snippet_does_what_it_says(language, code, app_of, run):
    command = COMMANDS[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")
    with served(app_of()) as address:
        code = code.replace("http://127.0.0.1:8080", address)
        done = subprocess.run([*command, code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert '"error"' not in done.stdout
    expected = {"/v1/search": "averaged", "/v1/sync": "running", "openai": "32"}
    assert any(text in done.stdout for name, text in expected.items() if name in code)
    assert bool(run.folder) == ("POST" in code and "/v1/sync" in code)


def test_every_route_is_in_the_table(client):
    text = DOCUMENT.read_text(encoding="utf-8")
    for path in client.get("/openapi.json").json()["paths"]:
        assert re.sub(r"\{\w+\}", "{id}", path) in text, path

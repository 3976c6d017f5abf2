import json
from pathlib import Path
from typing import Any

import pytest

from indexer.documents import Document
from indexer.documents.notebook import read
from indexer.errors import DocumentError
from tests.indexer.documents.conftest import CheckBlocks, Lines


def made(folder: Path, notebook: Any) -> Document:
    (folder / "a.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return read(folder / "a.ipynb")


def test_a_notebook(tmp_path: Path, shown: Lines, check_blocks: CheckBlocks) -> None:
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["\x1b[31mred\x1b[0m\n", "two\n"]},
        {"output_type": "execute_result", "data": {"text/plain": "array([1, 2])", "text/html": "<b>x</b>"}},
        {"output_type": "display_data", "data": {"image/png": "iVBO", "text/plain": "<Figure>"}},
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["long"]},
        {"output_type": "stream", "text": "x" * 3000},
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# On pooling\n", "\n", "The *mean*.\n"]},
        {"cell_type": "markdown", "source": "## Detail\n\n- one\n- two"},
        {"cell_type": "code", "source": "x = 1\nprint(x)", "outputs": outputs},
        {"cell_type": "raw", "source": "raw"},
    ]
    document = made(tmp_path, {"cells": cells, "nbformat": 4})
    check_blocks(document)
    path = "On pooling/Detail"
    assert shown(document) == [
        "heading pNone lNone On pooling: On pooling",
        "prose pNone lNone On pooling: The *mean*.",
        f"heading pNone lNone {path}: Detail",
        f"lines pNone lNone {path}: - one\n- two",
        f"lines pNone lNone {path}: x = 1\nprint(x)",
        f"lines pNone lNone {path}: red\ntwo",
        f"lines pNone lNone {path}: array([1, 2])",
        f"lines pNone lNone {path}: ValueError: no",
        f"lines pNone lNone {path}: {'x' * 2000}",
        f"lines pNone lNone {path}: raw",
    ]
    assert document.title == "On pooling"
    assert document.gaps == (
        "an output of cell 3 is a picture",
        "cell 3 printed 3,000 characters, of which the first 2,000 are read",
    )


def test_format_3(tmp_path: Path, shown: Lines) -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Two"},
        {"cell_type": "code", "input": ["x"], "outputs": [{"output_type": "pyout", "text": ["1"]}]},
    ]
    assert shown(made(tmp_path, {"worksheets": [{"cells": cells}]})) == [
        "heading pNone lNone Two: Two",
        "lines pNone lNone Two: x",
        "lines pNone lNone Two: 1",
    ]


@pytest.mark.parametrize(
    "notebook",
    [
        [],
        {},
        {"cells": 1},
        {"cells": [1]},
        {"cells": [{"source": 1}]},
        {"cells": [{"source": [1]}]},
        {"cells": [{"source": "", "outputs": {}}]},
        {"cells": [{"source": "", "outputs": [{"data": []}]}]},
        {"worksheets": [{}]},
    ],
)
def test_values_of_another_type_are_an_error(notebook: Any, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="the notebook is damaged: where a"):
        made(tmp_path, notebook)


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '{"cells": [{"source": "\\ud800", "level": ' + "9" * 5000]
)
def test_what_is_no_json_is_an_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match="the notebook is"):
        read(tmp_path / "a.ipynb")

"""What several commands take, and how they print JSON."""

import codecs
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["FilterOption", "IndexOption", "JsonOption", "ModelOption", "print_json"]

IndexOption = Annotated[
    Path | None, typer.Option("--index", help="The index folder; BERTRIEVE_INDEX, then ./.bertrieve.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ModelOption = Annotated[str | None, typer.Option(help="Encoder: a hub name or a folder.")]
FilterOption = Annotated[
    str | None, typer.Option("--filter", help="Which passages, such as 'type:pdf modified>=2025'.")
]


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object, as ASCII where the terminal's encoding lacks characters."""
    plain = codecs.lookup(sys.stdout.encoding or "ascii").name != "utf-8"
    print(json.dumps(value, ensure_ascii=plain, indent=2))  # noqa: T201

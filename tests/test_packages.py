"""What a newcomer relies on: public names, documents that name real files, light imports."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PUBLIC = {
    "indexer": [
        "Progress",
        "Report",
        "follow_folder",
        "forget_folder",
        "index_documents",
        "index_folder",
    ],
    "search": ["Answer", "Hit", "Hits", "Mode", "Searcher", "answer", "query"],
    "search.server": ["Folders", "KeyFile", "Settings", "SyncRun", "create_app", "create_mcp"],
    "indexer.documents": [
        "Block",
        "Document",
        "read",
        "read_all",
        "read_attachments",
        "require_ocr",
        "suffixes",
    ],
    "indexer.encoder": [
        "DEFAULT_MODEL",
        "Encoder",
        "EncoderIdentity",
        "QuestionEncoding",
        "TokenVectors",
        "load_encoder",
        "load_question_encoder",
        "require_same",
    ],
}


@pytest.mark.parametrize("package", PUBLIC)
def test_public_names_are_as_promised(package):
    module = importlib.import_module(package)
    assert sorted(module.__all__) == PUBLIC[package]
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_every_module_says_what_it_exports():
    for package in ("indexer", "search"):
        for file in (ROOT / package).rglob("*.py"):
            assert "__all__" in file.read_text(encoding="utf-8") or file.stem == "worker", file


@pytest.mark.parametrize("package", ["search", "indexer", "search.server"])
def test_importing_is_light(package):
    heavy = "{'torch', 'streamlit', 'faiss', 'transformers', 'sqlalchemy', 'fastapi', 'uvicorn', 'mcp'}"
    code = f"import sys, {package}; print(sorted({heavy} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"])
def test_documents_name_only_what_exists(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    paths = re.findall(r"`((?:indexer|search|ui|tests|data|benchmarks|docs)/[\w./-]*)`", text)
    assert paths or document != "ARCHITECTURE.md"
    for path in paths:
        assert (ROOT / path).exists(), f"{document} names {path}"

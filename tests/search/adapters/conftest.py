"""The small index, as `search.query` opens it: with the fake encoder instead of a model."""

import pytest

import search
from search import Searcher


@pytest.fixture
def opened(index, encoder, monkeypatch):
    """The path of the index, which `search.query` finds open already."""
    monkeypatch.setattr(search, "_searchers", {index.absolute(): Searcher(index, encoder=encoder)})
    return str(index)

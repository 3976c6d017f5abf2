"""LlamaIndex's own engine over the retriever, with its mock model."""

import pytest

pytest.importorskip("llama_index.core")

import search
from search.adapters.llamaindex import BertrieveRetriever


def test_nodes_are_the_hits(opened):
    found = BertrieveRetriever(index=opened, k=3).retrieve("a cat sleeps")
    hits = search.query("a cat sleeps", 3, index=opened)
    assert [(at.text, at.node_id, at.metadata["source"], at.score) for at in found] == [
        (hit.text, str(hit.passage_id), hit.path, hit.score) for hit in hits
    ]


def test_only_what_the_filter_lets_through_is_found(opened):
    found = BertrieveRetriever(index=opened, filter="type:html").retrieve("a cat sleeps")
    assert {at.metadata["source"] for at in found} == {"page.html"}


def test_a_query_engine_answers_from_the_passages(opened):
    from llama_index.core.llms import MockLLM
    from llama_index.core.query_engine import RetrieverQueryEngine

    engine = RetrieverQueryEngine.from_args(BertrieveRetriever(index=opened, k=2), llm=MockLLM())
    answer = engine.query("when does a cat hunt?")
    assert "It hunts at dusk." in str(answer)  # the mock says its prompt again
    assert "notes/cats.txt" in str(answer)
    assert "passage_id" not in str(answer)
    assert answer.source_nodes[0].metadata["source"] == "notes/cats.txt"

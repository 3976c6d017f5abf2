"""The component in a real pipeline, also one that was saved and loaded."""

import pytest

pytest.importorskip("haystack")

from haystack import Pipeline
from haystack.components.builders import PromptBuilder

import search
from search.adapters.haystack import BertrieveRetriever

TEMPLATE = "{% for at in documents %}{{ at.meta.source }}: {{ at.content }}\n{% endfor %}{{ question }}"


def test_documents_are_the_hits(opened):
    found = BertrieveRetriever(index=opened).run("a cat sleeps", top_k=3)["documents"]
    hits = search.query("a cat sleeps", 3, index=opened)
    assert [(at.content, at.id, at.meta["source"], at.score) for at in found] == [
        (hit.text, str(hit.passage_id), hit.path, hit.score) for hit in hits
    ]


def test_a_pipeline_asks_it_saved_and_loaded(opened):
    pipeline = Pipeline()
    pipeline.add_component("retriever", BertrieveRetriever(index=opened, top_k=2, mode="lexical"))
    pipeline.add_component("prompt", PromptBuilder(TEMPLATE, required_variables=["documents", "question"]))
    pipeline.connect("retriever.documents", "prompt.documents")
    question = "when does a cat hunt?"
    data = {"retriever": {"query": question}, "prompt": {"question": question}}
    said = pipeline.run(data)["prompt"]["prompt"]
    assert said.startswith("notes/cats.txt: A cat sleeps")
    # Haystack loads no class that the one who loads hasn't named.
    loaded = Pipeline.loads(pipeline.dumps(), allowed_modules=["search.adapters.haystack"])
    assert loaded.run(data)["prompt"]["prompt"] == said


def test_a_pipeline_keeps_its_filter_and_takes_another(opened):
    pipeline = Pipeline()
    pipeline.add_component("retriever", BertrieveRetriever(index=opened, filter="type:html"))
    loaded = Pipeline.loads(pipeline.dumps(), allowed_modules=["search.adapters.haystack"])

    def sources(**asked):
        found = loaded.run({"retriever": {"query": "a cat sleeps", **asked}})["retriever"]["documents"]
        return {at.meta["source"] for at in found}

    assert sources() == {"page.html"}
    assert sources(filter="type:txt") == {"notes/cats.txt", "notes/检索.txt"}


def test_it_is_saved_whole(opened):
    made = BertrieveRetriever(index=opened, top_k=4, mode="dense", filter="type:md")
    assert BertrieveRetriever.from_dict(made.to_dict()).to_dict() == made.to_dict()

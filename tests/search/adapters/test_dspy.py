"""The retriever in DSPy's own modules, with its dummy model."""

import pytest

dspy = pytest.importorskip("dspy")
from dspy.utils import DummyLM

import search
from search.adapters.dspy import BertrieveRetriever


def test_passages_are_the_hits(opened):
    found = BertrieveRetriever(index=opened)("a cat sleeps", k=3)
    hits = search.query("a cat sleeps", 3, index=opened)
    assert found.passages == [hit.text for hit in hits]
    assert [(at["source"], at["passage_id"], at["score"]) for at in found.metadata] == [
        (hit.path, hit.passage_id, hit.score) for hit in hits
    ]


def test_only_what_the_filter_lets_through_is_found(opened):
    found = BertrieveRetriever(index=opened, filter="type:html")("a cat sleeps")
    assert {at["source"] for at in found.metadata} == {"page.html"}


def test_a_module_answers_from_the_passages(opened):
    class Answering(dspy.Module):
        def __init__(self):
            self.retriever = BertrieveRetriever(index=opened, k=2)
            self.respond = dspy.ChainOfThought("context, question -> response")

        def forward(self, question):
            return self.respond(context=self.retriever(question).passages, question=question)

    model = DummyLM([{"reasoning": "It says so.", "response": "at dusk"}])
    with dspy.context(lm=model):
        assert Answering()(question="when does a cat hunt?").response == "at dusk"
    assert "It hunts at dusk." in str(model.history[0]["messages"])


def test_an_agent_calls_it_as_a_tool(opened):
    steps = [
        {
            "next_thought": "look",
            "next_tool_name": "BertrieveRetriever",
            "next_tool_args": {"query": "when does a cat hunt?", "k": 1},
        },
        {"next_thought": "done", "next_tool_name": "finish", "next_tool_args": {}},
        {"reasoning": "It says so.", "answer": "at dusk"},
    ]
    agent = dspy.ReAct("question -> answer", tools=[BertrieveRetriever(index=opened)])
    assert "plain words" in agent.tools["BertrieveRetriever"].desc
    with dspy.context(lm=DummyLM(steps)):
        found = agent(question="when does a cat hunt?")
    assert found.answer == "at dusk"
    assert "It hunts at dusk." in str(found.trajectory["observation_0"])

"""LangChain's own standard tests, and a chain that answers without a model."""

import asyncio

import pytest

pytest.importorskip("langchain_core")
standard = pytest.importorskip("langchain_tests.integration_tests")

import search
from search.adapters.langchain import BertrieveRetriever


@pytest.mark.anyio
class TestStandard(standard.RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _open(self, opened):
        self.opened = opened

    @pytest.fixture
    def anyio_backend(self):
        return "asyncio"

    @property
    def retriever_constructor(self):
        return BertrieveRetriever

    @property
    def retriever_constructor_params(self):
        return {"index": self.opened}

    @property
    def retriever_query_example(self):
        return "how are vectors averaged?"


def test_documents_are_the_hits(opened):
    found = BertrieveRetriever(index=opened, k=3).invoke("a cat sleeps")
    hits = search.query("a cat sleeps", 3, index=opened)
    assert [(at.page_content, at.id, at.metadata["source"], at.metadata["score"]) for at in found] == [
        (hit.text, str(hit.passage_id), hit.path, hit.score) for hit in hits
    ]
    assert [(at.metadata["probability"], at.metadata["likelihood"]) for at in found] == [
        (hit.probability, hit.likelihood) for hit in hits
    ]
    again = asyncio.run(BertrieveRetriever(index=opened, k=3).ainvoke("a cat sleeps"))
    assert again == found


def test_only_what_the_filter_lets_through_is_found(opened):
    retriever = BertrieveRetriever(index=opened, filter="type:html")
    assert {at.metadata["source"] for at in retriever.invoke("a cat sleeps")} == {"page.html"}
    found = asyncio.run(retriever.ainvoke("a cat sleeps", k=1, filter="type:txt"))
    assert [at.metadata["source"] for at in found] == ["notes/cats.txt"]


def test_a_chain_answers_from_the_passages(opened):
    from langchain_core.language_models import FakeListChatModel
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnablePassthrough

    prompts = []
    prompt = ChatPromptTemplate.from_template("From {context} answer: {question}")
    chain = (
        {"context": BertrieveRetriever(index=opened, k=2), "question": RunnablePassthrough()}
        | prompt
        | (lambda value: prompts.append(value.to_string()) or value)
        | FakeListChatModel(responses=["at dusk"])
    )
    assert chain.invoke("when does a cat hunt?").content == "at dusk"
    assert "It hunts at dusk." in prompts[0]

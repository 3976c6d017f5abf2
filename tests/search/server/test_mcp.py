"""The tools, called by the protocol's own client: in this process, over standard input, over HTTP."""

import asyncio
import json
import socket
import subprocess
import sys
import time

import pytest
from mcp import Client, StdioServerParameters

from indexer import index_documents
from indexer.documents import Block, Document
from search import Searcher
from search.server import create_mcp
from search.server.mcp import MAX_FETCHED, MAX_TEXT

COMMAND = ["-c", "from ui.cli import main; main()", "mcp", "--index"]


def asked(server, *calls):
    """The results of calls to tools, one after another."""

    async def ask():
        async with Client(server) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(ask())


def test_search_brings_sources_that_can_be_cited(searcher):
    (found,) = asked(create_mcp(searcher), ("search", {"query": "padding is left out", "k": 2}))
    assert not found.is_error
    results = found.structured_content["results"]
    expected = searcher.query("padding is left out", 2)
    assert [int(at["id"]) for at in results] == [hit.passage_id for hit in expected]
    assert (results[0]["path"], results[0]["title"], results[0]["heading"]) == (
        "pooling.md",
        expected[0].title,
        list(expected[0].heading),
    )
    assert json.loads(found.content[0].text) == found.structured_content


def test_an_answer_has_its_source(searcher):
    (found,) = asked(create_mcp(searcher), ("answer", {"query": "what hunts at dusk?"}))
    assert found.structured_content["text"] == "It hunts at dusk."
    assert found.structured_content["source"]["path"] == "notes/cats.txt"
    (nothing,) = asked(create_mcp(searcher), ("answer", {"query": "cat", "filter": "type:pdf"}))
    nobody = dict.fromkeys(("text", "probability", "likelihood", "source"))
    assert nothing.structured_content == {**nobody, "required": [], "excluded": []}


def test_an_agent_is_told_what_every_result_holds(searcher):
    question = {"query": 'animals "hunts at dusk" -dogs'}
    for found in asked(create_mcp(searcher), ("search", question), ("answer", question)):
        told = found.structured_content
        assert (told["required"], told["excluded"]) == (["hunts at dusk"], ["dogs"])


def test_an_agent_is_told_how_likely_it_is(sure):
    searched, answered = asked(
        create_mcp(sure), ("search", {"query": "the cat sleeps"}), ("answer", {"query": "the cat sleeps"})
    )
    hits, found = sure.query("the cat sleeps", 5), sure.answer("the cat sleeps")
    assert hits[0].probability is not None
    assert [(at["probability"], at["likelihood"]) for at in searched.structured_content["results"]] == [
        (hit.probability, hit.likelihood) for hit in hits
    ]
    told = answered.structured_content
    assert (told["probability"], told["likelihood"]) == (found.probability, found.likelihood)


def test_fetch_reads_a_passage_in_its_place(searcher):
    server = create_mcp(searcher)
    hit = searcher.query("padding is left out", 1)[0]
    (found,) = asked(server, ("fetch", {"id": str(hit.passage_id)}))
    fetched = found.structured_content
    whole = searcher.passages_of(hit.document_id)
    parts = [text for text in (fetched["before"], fetched["text"], fetched["after"]) if text]
    assert "\n\n".join(parts) == "\n\n".join(row.text for row in whole)
    assert (fetched["text"], fetched["truncated"]) == (hit.text, False)


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("search", {}, "query"),
        ("search", {"query": " "}, "empty"),
        ("search", {"query": "字" * 3000}, "longer than 8,192 bytes"),
        ("answer", {"query": " "}, "empty"),
        ("search", {"query": "x", "k": 21}, "less than or equal to 20"),
        ("search", {"query": "x", "mode": "magic"}, "mode"),
        ("fetch", {"id": "../../etc/passwd"}, "pattern"),
        ("fetch", {"id": "999"}, "there is no passage 999"),
        ("fetch", {"id": "9" * 19}, "there is no passage"),
    ],
)
def test_wrong_arguments_are_told_to_the_agent(searcher, tool, arguments, sentence):
    (found,) = asked(create_mcp(searcher), (tool, arguments))
    assert found.is_error
    assert sentence in found.content[0].text


def test_tools_say_that_they_only_read(searcher):
    async def list_tools():
        async with Client(create_mcp(searcher)) as client:
            return (await client.list_tools()).tools

    tools = asyncio.run(list_tools())
    assert {tool.name for tool in tools} == {"search", "fetch", "answer"}
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert tool.description
        assert tool.output_schema


def test_what_an_agent_gets_is_bounded(tmp_path, encoder):
    text = "word " * 10_000
    long = Document(text, (Block(0, len(text)),))
    index_documents([("long.md", long)], index=tmp_path / "long", encoder=encoder, whole=True)
    server = create_mcp(Searcher(tmp_path / "long", encoder=encoder))
    searched, fetched = asked(server, ("search", {"query": "word"}), ("fetch", {"id": "1"}))
    (source,) = searched.structured_content["results"]
    assert (len(source["text"]), source["truncated"]) == (MAX_TEXT, True)
    fetched = fetched.structured_content
    assert len(fetched["before"] + fetched["text"] + fetched["after"]) <= MAX_FETCHED
    assert fetched["truncated"]


def test_over_standard_input(index):
    server = StdioServerParameters(command=sys.executable, args=[*COMMAND, str(index)])
    (found,) = asked(server, ("search", {"query": "cat", "mode": "lexical"}))
    assert found.structured_content["results"][0]["path"] == "notes/cats.txt"


def test_over_http_on_this_machine_alone(index):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, *COMMAND, str(index), "--http", "--port", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        address = f"http://127.0.0.1:{port}/mcp"
        (found,) = asked(address, ("search", {"query": "cat", "mode": "lexical"}))
        best = found.structured_content["results"][0]
        assert best["path"] == "notes/cats.txt"
        fetched, refused = asked(address, ("fetch", {"id": best["id"]}), ("search", {"query": "x", "k": 21}))
        assert fetched.structured_content["text"] == best["text"]
        assert refused.is_error
        with socket.create_connection(("127.0.0.1", port)) as sock:
            head = b"POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\n"
            sock.sendall(head + b"Content-Length: 2\r\n\r\n{}")
            assert sock.recv(100).split()[1] in (b"403", b"421")
    finally:
        process.terminate()
        process.wait()

"""What each route answers, held against the searcher itself."""

import base64
import json
import logging
from dataclasses import asdict, replace

import numpy as np
import pytest
from starlette.testclient import TestClient

from indexer.store import Certificate
from search import Searcher
from search.server import create_app


def test_search_answers_what_the_searcher_does(client, searcher):
    asked = {"query": "how are vectors averaged?", "k": 2, "mode": "hybrid"}
    answer = client.post("/v1/search", json=asked)
    assert answer.status_code == 200
    expected = searcher.query(asked["query"], 2)
    assert answer.json() == json.loads(json.dumps(expected.to_dict()))


def test_an_answer_is_the_searchers(client, searcher):
    answer = client.post("/v1/answer", json={"query": "what hunts at dusk?", "k": 3})
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(searcher.answer("what hunts at dusk?", 3).to_dict()))
    assert answer.json()["text"] == "It hunts at dusk."
    nothing = client.post("/v1/answer", json={"query": "cat", "filter": "type:pdf"}).json()
    assert (nothing["text"], nothing["hit"], nothing["hits"]) == (None, None, [])


def test_the_words_that_every_hit_holds_are_named(client):
    asked = {"query": 'animals "hunts at dusk" -dogs'}
    for route in ("/v1/search", "/v1/answer"):
        told = client.post(route, json=asked).json()
        assert (told["required"], told["excluded"]) == (["hunts at dusk"], ["dogs"])
        assert [hit["path"] for hit in told["hits"]] == ["notes/cats.txt"]


def test_a_hit_and_an_answer_say_how_likely_they_are(sure):
    with TestClient(create_app(sure), base_url="http://127.0.0.1") as client:
        asked = {"query": "the cat sleeps"}
        hit = client.post("/v1/search", json=asked).json()["hits"][0]
        answer = client.post("/v1/answer", json=asked).json()
        expected = sure.query("the cat sleeps")[0], sure.answer("the cat sleeps")
    for got, of in zip((hit, answer), expected, strict=True):
        assert of.probability is not None
        assert (got["probability"], got["likelihood"]) == (of.probability, of.likelihood)


def test_the_state_of_the_index_has_its_certificate(client, searcher, monkeypatch):
    found = searcher.info()
    told = client.get("/v1/info").json()
    assert (told["documents"], told["passages"], told["bytes"]) == (4, found.passages, found.bytes)
    assert told["certificate"] is None
    measured = Certificate(
        "IVF4096,RaBitQfs", {"nprobe": 64}, 0.9942, 0.9917, 1_000, 0.99, "2026-01-02", 10**6
    )
    certified = replace(found, certificate=measured)
    monkeypatch.setattr(Searcher, "info", lambda _: certified)
    assert client.get("/v1/info").json() == {**told, "certificate": asdict(measured)}


def test_a_filter_and_its_facets(client, searcher):
    found = client.post("/v1/search", json={"query": "cat", "filter": "type:html"}).json()
    assert {hit["path"] for hit in found["hits"]} == {"page.html"}
    assert (found["filter"], found["within"]) == ("type:html", 1)
    assert client.get("/v1/facets").json() == {"facets": searcher.facets()}
    only = client.get("/v1/facets", params={"filter": "type:html"}).json()["facets"]
    assert only["type"] == {"html": 1}


@pytest.mark.parametrize(
    "wrong", ["type:", "((((", "x" * 5_000, "(" * 20 + "type:pdf" + ")" * 20, "size>=much"]
)
def test_a_wrong_filter_is_422(client, wrong):
    assert client.get("/v1/facets", params={"filter": wrong}).status_code == 422
    answer = client.post("/v1/search", json={"query": "x", "filter": wrong})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_k_and_mode_may_be_left_out(client, searcher):
    found = client.post("/v1/search", json={"query": "cat"}).json()
    assert found["mode"] == "hybrid"
    assert len(found["hits"]) == len(searcher.query("cat"))


def test_a_hit_leads_to_its_passage_and_its_document(client):
    hit = client.post("/v1/search", json={"query": "padding is left out", "k": 1}).json()["hits"][0]
    passage = client.get(f"/v1/passages/{hit['passage_id']}").json()
    assert {name: passage[name] for name in ("text", "path", "heading", "start", "end", "page")} == {
        name: hit[name] for name in ("text", "path", "heading", "start", "end", "page")
    }
    document = client.get(f"/v1/documents/{hit['document_id']}").json()
    assert document["document"]["path"] == "pooling.md"
    assert passage in document["passages"]
    assert document["document"]["passages"] == len(document["passages"])


def test_documents_are_paged_in_order_of_id(client):
    whole = client.get("/v1/documents").json()
    assert whole["next"] is None
    assert {at["path"] for at in whole["documents"]} == {
        "pooling.md",
        "notes/cats.txt",
        "notes/检索.txt",
        "page.html",
    }
    paged, after = [], 0
    while after is not None:
        page = client.get("/v1/documents", params={"after": after, "limit": 3}).json()
        paged += page["documents"]
        after = page["next"]
    assert paged == whole["documents"]


def test_passages_of_a_document_are_paged(client):
    document = next(
        at for at in client.get("/v1/documents").json()["documents"] if at["path"] == "pooling.md"
    )
    whole = client.get(f"/v1/documents/{document['id']}").json()["passages"]
    first = client.get(f"/v1/documents/{document['id']}", params={"limit": 1}).json()
    rest = client.get(f"/v1/documents/{document['id']}", params={"begin": first["next"]}).json()
    assert first["passages"] + rest["passages"] == whole
    assert len(whole) > 1


def test_the_ledger_by_status(client, searcher):
    found = client.get("/v1/ledger", params={"status": "indexed", "limit": 3}).json()
    assert (len(found["files"]), found["total"], found["next"]) == (3, 4, 3)
    assert found["files"][0]["path"] == searcher.ledger()[0].path
    assert client.get("/v1/ledger", params={"status": "failed"}).json() == {
        "files": [],
        "total": 0,
        "next": None,
    }


@pytest.mark.parametrize("path", ["/v1/passages/999", "/v1/documents/999", "/v1/nothing"])
def test_what_is_not_there_is_404_in_the_one_form(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found"


def test_no_answer_tells_where_the_index_or_the_folder_lies(client, tmp_path):
    said = [
        client.get(path).text
        for path in ("/v1/info", "/v1/documents", "/v1/ledger", "/v1/sync", "/v1/facets", "/openapi.json")
    ]
    said.append(client.post("/v1/search", json={"query": "cat"}).text)
    assert not [text for text in said if str(tmp_path) in text]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({}, "query: Field required"),
        ({"query": ""}, "query"),
        ({"query": " \n"}, "query: Value error, empty"),
        ({"query": "x", "k": 0}, "k: Input should be greater than or equal to 1"),
        ({"query": "x", "k": 1001}, "k: Input should be less than or equal to 1000"),
        ({"query": "x", "mode": "magic"}, "mode"),
        ({"query": "x", "kk": 3}, "kk: Extra inputs are not permitted"),
        ({"query": "字" * 3000}, "query: Value error, longer than 8,192 bytes"),
        ({"query": ["x"]}, "query: Input should be a valid string"),
    ],
)
def test_a_wrong_question_is_422_in_one_sentence(client, asked, sentence):
    answer = client.post("/v1/search", json=asked)
    assert answer.status_code == 422
    assert answer.json()["error"]["type"] == "invalid_request"
    assert sentence in answer.json()["error"]["message"]


def test_embeddings_are_the_vectors_of_the_searcher(client, searcher):
    texts = ["a cat sleeps", "语义检索"]
    answer = client.post("/v1/embeddings", json={"model": "fake", "input": texts}).json()
    vectors = np.array([at["embedding"] for at in answer["data"]], np.float32)
    assert np.array_equal(vectors, searcher.embed(texts).vectors)
    assert answer["usage"] == {"prompt_tokens": 3 + 2 + 4 + 2, "total_tokens": 11}
    packed = client.post(
        "/v1/embeddings", json={"model": "fake", "input": texts[0], "encoding_format": "base64"}
    ).json()
    assert np.array_equal(np.frombuffer(base64.b64decode(packed["data"][0]["embedding"]), "<f4"), vectors[0])


def test_embeddings_of_passages_take_the_model_s_prompt_for_them(client, searcher, encoder, monkeypatch):
    prompts = {"query_prompt": "query: ", "passage_prompt": "passage: "}
    monkeypatch.setattr(encoder, "identity", replace(encoder.identity, **prompts))
    monkeypatch.setattr(encoder, "encode_passage", lambda text: encoder._vector(f"passage: {text}"))
    asked = {"model": "fake", "input": "a cat", "input_type": "passage"}
    found = client.post("/v1/embeddings", json=asked).json()
    assert np.array_equal(np.float32(found["data"][0]["embedding"]), encoder._vector("passage: a cat"))
    assert found["usage"]["prompt_tokens"] == len(["[CLS]", "passage", ":", "a", "cat", "[SEP]"])
    assert client.post("/v1/embeddings", json={**asked, "input_type": "document"}).status_code == 422


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        ({"model": "other", "input": "x"}, 404, "no model 'other' here; the index was made by 'fake'"),
        ({"model": "fake", "input": [1, 2]}, 422, "input"),
        ({"model": "fake", "input": [[1, 2]]}, 422, "input"),
        ({"model": "fake", "input": []}, 422, "input"),
        ({"model": "fake", "input": ["x"] * 257}, 422, "256"),
        ({"model": "fake", "input": "x " * 200}, 422, "text 0 has 202 tokens, the encoder takes 128"),
        ({"model": "fake", "input": "x", "dimensions": 8}, 422, "8 dimensions were asked for, fake has 32"),
    ],
)
def test_wrong_embedding_requests(client, asked, status, sentence):
    answer = client.post("/v1/embeddings", json=asked)
    assert answer.status_code == status
    assert sentence in answer.json()["error"]["message"]


def test_sync_takes_ids_only(client, run, folder):
    state = client.get("/v1/sync").json()
    assert state["state"] == "idle"
    (known,) = state["folders"]
    assert known["name"] == "documents"
    for wrong in (str(folder), "../..", "/etc", "0" * 16):
        assert client.post("/v1/sync", json={"folder": wrong}).status_code in (404, 422)
    assert not run.running
    started = client.post("/v1/sync", json={"folder": known["id"]})
    assert (started.status_code, started.json()["state"]) == (202, "running")
    assert run.folder == str(folder)
    assert client.post("/v1/sync", json={}).status_code == 409
    assert client.delete("/v1/sync").json()["state"] == "cancelled"
    assert client.post("/v1/sync", json={}).status_code == 202


def test_health_readiness_and_metrics(client):
    assert client.get("/health").json() == {"status": "ok"}
    for _ in range(200):
        if (ready := client.get("/ready")).status_code == 200:
            break
    assert ready.json() == {"status": "ready"}
    client.post("/v1/search", json={"query": "cat"})
    client.get("/v1/passages/999")
    client.get("/nowhere/at/all")
    metrics = client.get("/metrics").text
    assert 'bertrieve_requests_total{method="POST",route="/v1/search",status="200"} 1.0' in metrics
    assert 'route="/v1/passages/{passage_id}",status="404"} 1.0' in metrics
    assert 'route="other",status="404"} 1.0' in metrics
    assert "bertrieve_passages 5.0" in metrics


def test_the_log_has_no_question_unless_asked(client_of, caplog):
    caplog.set_level(logging.INFO, "bertrieve.access")
    client_of().post("/v1/search", json={"query": "a secret cat"})
    assert "secret" not in caplog.text
    record = json.loads(caplog.messages[-1])
    assert (record["route"], record["status"]) == ("/v1/search", 200)
    client_of(log_questions=True).post("/v1/search", json={"query": "a secret cat"})
    assert json.loads(caplog.messages[-1])["question"] == "a secret cat"


def test_the_schema_is_openapi_3_1_and_names_every_error(client):
    schema = client.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    search = schema["paths"]["/v1/search"]["post"]["responses"]
    assert {"200", "401", "413", "422", "429", "503"} <= search.keys()
    assert {"rank", "score", "path", "text", "passage_id"} <= schema["components"]["schemas"]["Hit"][
        "properties"
    ].keys()

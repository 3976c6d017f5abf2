"""What a server refuses, and that it goes on after whatever was thrown at it."""

import http.client
import json
import socket
import stat
import threading
import time
from contextlib import suppress
from dataclasses import replace

import pytest

from indexer.errors import BertrieveError, UsageError
from search import Searcher
from search.server import KeyFile, connection
from search.server.pool import Rate, TooManyRequestsError
from tests.search.server.conftest import served

QUESTION = {"query": "cat"}


def bearer(key):
    return {"authorization": f"Bearer {key}"}


def test_keys_are_asked_for_hashed_and_revoked_at_once(client_of, keys):
    key = keys.add("reader")
    client = client_of(keys=keys)
    assert client.post("/v1/search", json=QUESTION).status_code == 401
    assert client.post("/v1/search", json=QUESTION, headers=bearer(key)).status_code == 200
    assert key not in keys.path.read_text()
    assert key.split("_")[2] not in keys.path.read_text()
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    KeyFile(keys.path).revoke(keys.keys()[0].id)  # as another process does
    assert client.post("/v1/search", json=QUESTION, headers=bearer(key)).status_code == 401


@pytest.mark.parametrize("wrong", ["", "x", "btr_", "btr__", "btr_00000000_" + "0" * 64, "a_b_c_d", "é_é_é"])
def test_wrong_keys_are_401(client_of, keys, wrong):
    key = keys.add("reader")
    client = client_of(keys=keys)
    near = key[:-1] + ("0" if key[-1] != "0" else "1")
    for presented in (wrong, near, key.upper()):
        headers = [(b"authorization", f"Bearer {presented}".encode())]
        assert client.post("/v1/search", json=QUESTION, headers=headers).status_code == 401
    assert client.get("/v1/documents", headers={"authorization": f"Basic {key}"}).status_code == 401


def test_what_needs_no_key(client_of, keys):
    keys.add("reader")
    client = client_of(keys=keys)
    assert client.get("/health").status_code == 200
    assert client.get("/openapi.json").status_code == 200
    for path in ("/metrics", "/v1/sync", "/v1/ledger", "/v1/documents/1", "/v1/passages/1", "/v1/models"):
        assert client.get(path).status_code == 401, path


def test_reading_is_not_writing(client_of, keys, run):
    reader, writer = keys.add("reader"), keys.add("writer", ("read", "write"))
    client = client_of(keys=keys)
    assert client.post("/v1/sync", json={}, headers=bearer(reader)).status_code == 403
    assert client.delete("/v1/sync", headers=bearer(reader)).status_code == 403
    assert not run.running
    assert client.post("/v1/sync", json={}, headers=bearer(writer)).status_code == 202


def test_keys_that_are_wrong_use(keys):
    with pytest.raises(UsageError, match="no scope 'admin'; it is one of read, write"):
        keys.add("x", ("admin",))
    with pytest.raises(UsageError, match="no key 'abc'"):
        keys.revoke("abc")
    keys.path.write_text("{")
    with pytest.raises(BertrieveError, match="can't be read as a file of keys"):
        keys.keys()


def test_a_damaged_key_file_lets_nobody_in(client_of, keys):
    key = keys.add("reader")
    client = client_of(keys=keys)
    keys.path.write_text("[]")
    assert client.post("/v1/search", json=QUESTION, headers=bearer(key)).status_code == 503


def test_rate_is_counted_by_key(client_of, keys):
    one, other = keys.add("one"), keys.add("other")
    client = client_of(keys=keys, rate=0.01)
    codes = [client.get("/v1/models", headers=bearer(one)).status_code for _ in range(3)]
    assert codes == [200, 429, 429]
    assert client.get("/v1/models", headers=bearer(other)).status_code == 200
    assert int(client.get("/v1/models", headers=bearer(one)).headers["retry-after"]) > 0


def test_a_bucket_fills_by_the_clock():
    now = [0.0]
    rate = Rate(2.0, clock=lambda: now[0])
    for _ in range(4):
        rate.take("a")
    with pytest.raises(TooManyRequestsError) as refused:
        rate.take("a")
    assert refused.value.seconds == pytest.approx(0.5)
    now[0] = 0.5
    rate.take("a")
    with pytest.raises(TooManyRequestsError):
        rate.take("a")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8080", "", "127.0.0.1:x", "[::2]"]
)
def test_another_host_name_is_refused(client, host):
    answer = client.post("/v1/search", json=QUESTION, headers={"host": host})
    assert (answer.status_code, answer.json()["error"]["type"]) == (421, "wrong_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:9", "[::1]:8080", "[::1]"])
def test_own_names_are_known(client, host):
    assert client.get("/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "", "http://["])
def test_pages_of_other_origins_are_refused(client, origin):
    answer = client.post("/v1/search", json=QUESTION, headers={"origin": origin})
    assert (answer.status_code, answer.json()["error"]["type"]) == (403, "wrong_origin")
    assert "access-control-allow-origin" not in answer.headers


def test_cors_is_off_until_an_origin_is_named(client_of):
    page = "http://page.example"
    preflight = {"origin": page, "access-control-request-method": "POST"}
    assert client_of().options("/v1/search", headers=preflight).status_code == 403
    client = client_of(origins=(page,))
    assert client.options("/v1/search", headers=preflight).headers["access-control-allow-origin"] == page
    answer = client.post("/v1/search", json=QUESTION, headers={"origin": page})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, page)
    assert client.get("/health", headers={"origin": "http://127.0.0.1"}).status_code == 200


def test_a_form_that_any_page_can_send_is_no_question(client):
    headers = {"content-type": "text/plain"}
    assert client.post("/v1/search", content=json.dumps(QUESTION), headers=headers).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b'{"query": NaN}',
        b'{"query": "x", "k": 1e400}',
        b'{"query": "x", "k": 1.5}',
        b"[" * 100_000,
        b'{"query": "x", "k": ' + b"9" * 5_000 + b"}",
        b'{"query": "\\ud800", "k": "ten"}',
        b'{"__proto__": {}, "query": "x"}',
    ],
)
def test_malformed_bodies_are_told(client, body):
    answer = client.post("/v1/search", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


def test_a_lone_surrogate_is_answered(client):
    body = b'{"query": "\\ud800 cat"}'
    answer = client.post("/v1/search", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (200, 422)


def test_huge_bodies_are_413_stated_or_not(client_of):
    client = client_of(max_body=10_000)
    assert client.post("/v1/search", json={"query": "x" * 20_000}).status_code == 413

    def pieces():
        for _ in range(100):
            yield b" " * 1_000

    answer = client.post("/v1/search", content=pieces(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "too_large")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/passages/..%2f..%2fetc%2fpasswd",
        "/v1/passages/../../etc/passwd",
        "/v1/documents/%00",
        "/v1/documents/-1",
        "/v1/documents/0",
        "/v1/documents/9223372036854775808",
        "/v1/documents/1e3",
        "/v1/documents/１e",
        "/v1/documents/1?begin=99999999999999999999",
        "/v1/documents?limit=0",
        "/v1/ledger?status=" + "x" * 1000,
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/docs",
    ],
)
def test_traversal_and_odd_ids(client, path):
    assert client.get(path).status_code in (404, 422)


def test_a_full_queue_is_429_and_room_comes_back(client_of, monkeypatch):
    holding, entered = threading.Event(), threading.Event()
    real = Searcher.passage

    def slow(searcher, passage_id):
        entered.set()
        holding.wait(10)
        return real(searcher, passage_id)

    monkeypatch.setattr(Searcher, "passage", slow)
    client = client_of(workers=1, waiting=1)
    codes = []
    threads = [
        threading.Thread(target=lambda: codes.append(client.get("/v1/passages/1").status_code))
        for _ in range(2)
    ]
    context = client.app.state.context
    assert context.ready.wait(10)  # its own first question takes a place too
    for thread in threads:
        thread.start()
    assert entered.wait(10)
    deadline = time.monotonic() + 10
    while context.pool.pending < 2 and time.monotonic() < deadline:
        time.sleep(0.005)
    refused = client.get("/v1/documents")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    holding.set()
    for thread in threads:
        thread.join()
    assert codes == [200, 200]
    assert client.get("/v1/documents").status_code == 200


HOST = b"Host: 127.0.0.1\r\n"
POST = b"POST /v1/search HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
BODY = b'{"query":"cat"}'
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def told(port, raw):
    """What a server says to these bytes, until it closes the connection or waits for more."""
    said = b""
    with connected(port) as sock, suppress(ConnectionError, TimeoutError):
        sock.sendall(raw)
        while piece := sock.recv(65_536):
            said += piece
            sock.settimeout(0.1)
    return said


@pytest.fixture
def port(app_of):
    with served(app_of(body_seconds=0.5)) as address:
        yield int(address.rpartition(":")[2])


GAMES = [
    (b"GET / HTTP/9.9\r\n\r\n", b"421"),
    (b"\x16\x03\x01\x02\x00\r\n\r\n", b"400"),  # TLS
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"421"),
    (b"GET /health HTTP/1.1\r\n\r\n", b"400"),
    (b"GET /health HTTP/1.0\r\n\r\n", b"421"),
    (b"GET /health HTTP/1.1\r\n" + HOST + b"Host: evil\r\n\r\n", b"400"),
    (b"GET /health HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n", b"400"),
    (b"GET /health HTTP/1.1\r\nHost: evil@127.0.0.1\r\n\r\n", b"421"),
    (b"GET /health HTTP/1.1\r\nHost: 2130706433\r\n\r\n", b"421"),
    (b"GET http://127.0.0.1/health HTTP/1.1\r\nHost: evil\r\n\r\n", b"421"),
    (b"GET http://evil/health HTTP/1.1\r\n" + HOST + b"\r\n", b"404"),
    (b"GET /health HTTP/1.1\r\nHost: evil\r\nX-Forwarded-Host: 127.0.0.1\r\n\r\n", b"421"),
    (b"GET /health HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n", b"400"),
    (b"GET /v1/documents/\xff HTTP/1.1\r\n" + HOST + b"\r\n", b"400"),
    (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + HOST + b"\r\n", b"404"),
    (b"TRACE /health HTTP/1.1\r\n" + HOST + b"\r\n", b"405"),
    (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + BODY, b"400"),
    (POST + b"Content-Length: 5, 6\r\n\r\n" + BODY, b"400"),
    (POST + b"Content-Length: -5\r\n\r\n", b"400"),
    (POST + b"Content-Length: +15\r\n\r\n" + BODY, b"400"),
    (POST + b"Content-Length: 99999999999999999999\r\n\r\n", b"413"),
    (POST + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", b"413"),
    (POST + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00", b"400"),
    (POST + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED, b"400"),
    (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + CHUNKED, b"400"),
    (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
    (POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED, b"200"),
]


GIANTS = [
    b"GET /health HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n",
    b"GET /health HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 200_000 + b"\r\n",
    b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
]


def test_games_with_heads_are_refused(port):
    for raw, status in GAMES:
        said = told(port, raw)
        assert said.split(b" ", 2)[1] == status, raw
    for raw in GIANTS:  # it may close before what it said has been read
        assert told(port, raw)[:12] in (b"HTTP/1.1 400", b"")
    assert told(port, b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n").startswith(b"HTTP/1.1 200")


def test_a_request_hidden_in_another_is_not_answered(port):
    hidden = b"GET /v1/documents HTTP/1.1\r\n" + HOST + b"\r\n"
    both = POST + b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(CHUNKED)
    said = told(port, both + CHUNKED + hidden)
    assert said.startswith(b"HTTP/1.1 400")
    assert said.count(b"HTTP/1.1") == 1


def test_clients_that_take_too_long_are_cut_off(app_of, monkeypatch):
    monkeypatch.setattr(connection, "SECONDS", 0.5)
    asks = b"GET /health HTTP/1.1\r\n" + HOST
    with served(app_of()) as address:
        port = int(address.rpartition(":")[2])
        silent, slow, second = connected(port), connected(port), connected(port)
        slow.sendall(asks)
        second.sendall(asks + b"\r\n")
        answer = b""
        while not answer.endswith(b"}"):  # head and body may come one after the other
            answer += second.recv(100_000) or pytest.fail(f"cut off after {answer!r}")
        assert answer.startswith(b"HTTP/1.1 200")
        second.sendall(asks)  # uvicorn no longer waits for a connection that is idle
        for each in (silent, slow, second):
            with each, suppress(ConnectionResetError):
                assert each.recv(100) == b""


def test_an_answer_that_nobody_reads_is_dropped(app_of, searcher, monkeypatch):
    monkeypatch.setattr(connection, "SECONDS", 0.5)
    row = replace(searcher.passage(1), text="x" * 20_000_000)  # more than the system's buffers take
    monkeypatch.setattr(Searcher, "passage", lambda *_: row)
    with served(app_of()) as address, connected(int(address.rpartition(":")[2])) as sock:
        sock.sendall(b"GET /v1/passages/1 HTTP/1.1\r\n" + HOST + b"\r\n")
        assert sock.recv(12) == b"HTTP/1.1 200"
        time.sleep(1.5)
        read = 0
        with suppress(ConnectionResetError):
            while piece := sock.recv(1 << 20):
                read += len(piece)
        assert read < 20_000_000


def test_slow_clients_hold_up_nobody(app_of):
    with served(app_of(body_seconds=0.5)) as address:
        port = int(address.rpartition(":")[2])
        head = b"POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        for at, each in enumerate(slow):
            each.sendall(head[: 20 + at % 3 * 30] if at % 2 else head + b"Content-Length: 100\r\n\r\n{")
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        client.request("POST", "/v1/search", json.dumps(QUESTION), {"content-type": "application/json"})
        assert client.getresponse().status == 200
        slow[0].settimeout(5)
        assert b"408" in slow[0].recv(100)
        for each in slow:
            each.close()

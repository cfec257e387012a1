"""Whatever the learner's side sends, the trusted side has a verdict: no other exception, no hang.

Random bytes, and random pieces of what is nearly right, for everything that is parsed.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h11
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.utils import accept_key

from checker import facts, socket_client
from checker.client import Answer, App, connect
from checker.model import Limits
from checker.server import Address
from checker.source import Source
from checker.submission import unreadable

LIMITS = Limits(request_s=0.3, answer_bytes=100_000)
A_VERDICT = (AssertionError, LookupError, TypeError, ValueError, AttributeError)
"""What the plugin takes for a failed check (see checker.plugin)."""
SLOW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=20,
)
PIECES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 101 Switching Protocols\r\n", b"HTTP/1.1 100 \r\n",
        b"HTTP/9.9 99999\r\n", b"content-length: 5\r\n", b"content-length: -1\r\n",
        b"content-length: 5, 6\r\n", b"transfer-encoding: chunked\r\n", b"connection: upgrade\r\n",
        b"content-encoding: gzip\r\n", b"content-encoding: br\r\n", b"upgrade: websocket\r\n",
        b"content-type: application/json\r\n", b"x: \xff\xfe\r\n", b"\r\n", b"5\r\nhello\r\n",
        b"0\r\n\r\n", b"fffffffffffffffffff\r\n", b'{"a": [', b"1e999999", b"[" * 5000, b"9" * 5000,
        b"\x81\x05hello", b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", b"\x88\x02\x03\xe8",
        b"\x88\x01\x00", b"\xc1\x00", b"\x81\x02\xff\xff",
    ]
)  # fmt: skip
SENT = st.lists(PIECES | st.binary(max_size=40), max_size=8).map(b"".join)
HEAD = st.sampled_from(
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"]
)


@contextmanager
def answered_by(answer: Callable[[socket.socket], None]) -> Iterator[App]:
    """An app that takes one connection, does `answer` with it, and closes."""

    def serve() -> None:
        with suppress(OSError):  # the client may have had enough, or have asked nothing
            wire, _ = listener.accept()
            with wire:
                wire.settimeout(5)
                answer(wire)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        thread = threading.Thread(target=serve)
        thread.start()
        served: Any = SimpleNamespace(
            address=Address(port=listener.getsockname()[1]), trouble=None,
            wait_ended=lambda: None, observe=dict, exceptions=[],
        )  # fmt: skip
        try:
            yield connect(served, LIMITS)
        finally:
            thread.join()


def sends(data: bytes) -> AbstractContextManager[App]:
    """Return an app that sends these bytes after the request."""

    def answer(wire: socket.socket) -> None:
        wire.recv(65536)
        wire.sendall(data)

    return answered_by(answer)


def look_at(answer: Answer) -> None:
    """Do with an answer what suites do."""
    answer.shown()
    for expectation in (
        {"json": {}},
        {"text": "x"},
        {"contains": {"a": 1}},
        {"headers": {"x": "1"}},
    ):
        with pytest.raises(AssertionError):
            answer.expect(200, **expectation)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_a_fact(line: bytes) -> None:
    facts.parse_fact(line)


@given(
    st.sampled_from(["started", "trouble", "raised", "observed", "ended"]),
    st.dictionaries(
        st.sampled_from(["port", "kind", "type", "message", "frames", "values", "number", "code"]),
        JSON,
    ),
)
def test_a_fact_that_is_nearly_one(kind: str, values: dict[str, Any]) -> None:
    fact = facts.parse_fact(json.dumps({"fact": kind, **values}).encode())
    assert fact is None or len(fact.model_dump_json()) < 2 * facts.MAX_LINE


@SLOW
@given(HEAD, SENT)
def test_an_answer(head: bytes, data: bytes) -> None:
    with sends(head + data) as app:
        try:
            look_at(app.get("/"))
        except A_VERDICT:
            pass
    assert app.exchanges


@SLOW
@given(JSON)
def test_an_openapi_document(document: Any) -> None:
    body = json.dumps(document).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
    with sends(head + body) as app, pytest.raises(A_VERDICT):
        app.operation("get", "/books")


@SLOW
@given(SENT)
def test_a_stream(data: bytes) -> None:
    with sends(b"HTTP/1.1 200 OK\r\n" + data) as app:
        try:
            with app.stream("GET", "/") as stream:
                while stream.next_chunk():
                    pass
        except A_VERDICT:
            pass


@SLOW
@given(HEAD, SENT)
def test_an_answer_to_an_upload(head: bytes, data: bytes) -> None:
    with sends(head + data) as app:
        try:
            with app.upload("POST", "/") as upload:
                upload.send(b"piece")
                upload.end()
                look_at(upload.answer())
        except A_VERDICT:
            pass


@SLOW
@given(st.sampled_from(["refused", "accepted"]), SENT)
def test_a_conversation(handshake: str, data: bytes) -> None:
    with talks(data, accepted=handshake == "accepted") as app:
        try:
            with socket_client.connect(app, "/ws") as client:
                client.drain(lambda message: message["last"])
                client.receive_json()
        except A_VERDICT:
            pass


def talks(data: bytes, *, accepted: bool) -> AbstractContextManager[App]:
    """Return an app that accepts a WebSocket as it should, or not, and then sends these bytes."""

    def answer(wire: socket.socket) -> None:
        http = h11.Connection(h11.SERVER)
        http.receive_data(wire.recv(65536))
        request = http.next_event()
        assert isinstance(request, h11.Request)
        key = dict(request.headers)[b"sec-websocket-key"].decode()
        if accepted:
            wire.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
                b"connection: upgrade\r\nsec-websocket-accept: "
                + accept_key(key).encode() + b"\r\n\r\n"
            )  # fmt: skip
        wire.sendall(data)

    return answered_by(answer)


@SLOW
@given(
    content=st.binary(max_size=100)
    | st.text(max_size=100).map(str.encode)
    | st.integers(1, 3000).map(lambda depth: b"(" * depth + b")" * depth)
    | st.integers(1, 3000).map(lambda terms: b"x = 1" + b" + 1" * terms)
)
def test_a_submission(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_bytes(content)
    trouble = unreadable(tmp_path, tmp_path)
    assert trouble is None or trouble.message
    assert isinstance(Source(tmp_path).code, str)

"""The suite's side of the conversation: talk to the app, record every exchange, expect answers.

Suites reach it by the `app` fixture and import nothing of it.
"""

from __future__ import annotations

import json as json_module
import os
import shlex
import ssl
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2

from checker.http_status import status_line
from checker.model import Exchange, Limits, Raised
from checker.trouble import how_it_ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from checker.server import Served
    from checker.socket_client import Upload, WebSocket

BASE_URL = "http://127.0.0.1:8000"
"""Where `learn run` serves the app: what curl lines point at."""
MAX_TYPED = 2000
"""Characters of a body that a curl line holds; what is longer, it makes up."""
MADE_UP_BYTES = 100_000
"""How much it makes up for a body that was sent piece by piece."""
MAX_SHOWN = 600
"""Characters of a body that a message or an exchange shows."""
UNSET: Any = object()
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Never used, but a transport must have one: this one is empty, and made once for all of them."""


class Unmet(AssertionError):
    """The app does not do what a step asks; the message is what the learner reads."""


def connect(served: Served, limits: Limits) -> App:
    """Return a client of an app that has started."""
    address = served.address
    assert address is not None, "the app has not started"
    # A new connection for each request: after an unhandled error the server closes one that was
    # just answered on.
    transport = httpx2.HTTPTransport(
        verify=NO_TLS, uds=address.path, limits=httpx2.Limits(max_keepalive_connections=0)
    )

    def send(request: httpx2.Request) -> httpx2.Response:
        if address.port is not None:
            request.url = request.url.copy_with(port=address.port)
        return transport.handle_request(request)

    return App(send, served, limits)


class App:
    """The learner's app, as a client sees it: over HTTP and WebSocket, from outside."""

    def __init__(
        self,
        send: Callable[[httpx2.Request], httpx2.Response],
        served: Served | None = None,
        limits: Limits | None = None,
    ) -> None:
        """`send` carries a request to the app; `served` is its process, where it has one."""
        self.exchanges: list[Exchange] = []
        self.limits = limits or Limits()
        self._send = send
        self.served = served
        self.unreachable = False

    # Verbs of HTTP. Keyword arguments are httpx's: params, headers, cookies, json, data,
    # files, content. Nothing is remembered from one request to the next.

    def get(self, path: str, **how: Any) -> Answer:
        """Send GET and return the answer."""
        return self.request("GET", path, **how)

    def post(self, path: str, **how: Any) -> Answer:
        """Send POST and return the answer."""
        return self.request("POST", path, **how)

    def put(self, path: str, **how: Any) -> Answer:
        """Send PUT and return the answer."""
        return self.request("PUT", path, **how)

    def patch(self, path: str, **how: Any) -> Answer:
        """Send PATCH and return the answer."""
        return self.request("PATCH", path, **how)

    def delete(self, path: str, **how: Any) -> Answer:
        """Send DELETE and return the answer."""
        return self.request("DELETE", path, **how)

    def options(self, path: str, **how: Any) -> Answer:
        """Send OPTIONS and return the answer."""
        return self.request("OPTIONS", path, **how)

    def request(self, method: str, path: str, **how: Any) -> Answer:
        """Send a request and return the answer, whatever it is.

        Raises Unmet if no answer comes within the time limit, or the process ends.
        """
        request = httpx2.Request(method, BASE_URL + path, **how)
        request.extensions["timeout"] = dict.fromkeys(
            ("connect", "read", "write", "pool"), self.limits.request_s
        )
        line = f"{method} {request.url.raw_path.decode()}"
        sent, curl = _shown_request(request), _curl(request)
        began = time.monotonic()
        try:
            response = self._send(request)
            body = _read(response, began + self.limits.request_s, self.limits.answer_bytes)
        except (httpx2.HTTPError, ValueError) as error:
            self._record(Exchange(sent, None, curl))
            raise Unmet(self._no_answer(line, error)) from None
        answer = Answer(line, response, body, began, time.monotonic())
        self._record(Exchange(sent, answer.shown(), curl))
        return answer

    def openapi(self) -> dict[str, Any]:
        """Return the app's OpenAPI document, which is what /docs shows."""
        document = (
            self.get("/openapi.json")
            .expect(200, because="the docs are drawn from it; it lies where `openapi_url` says")
            .json
        )
        if not isinstance(document, dict):
            raise Unmet("GET /openapi.json should answer with a JSON object.")
        return document

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """Return what OpenAPI says of one path operation; `path` as in the decorator."""
        found = self.openapi().get("paths", {}).get(path, {}).get(method.lower())
        if not isinstance(found, dict):
            raise Unmet(
                f"The docs should list {method.upper()} {path}, but do not. "
                "Is there a path operation with exactly this path?"
            )
        return found

    def at_once(self, *calls: Callable[[], Answer]) -> list[Answer]:
        """Make all calls at the same moment, each in a thread, and return their answers."""
        gate = threading.Barrier(len(calls))

        def run(call: Callable[[], Answer]) -> Answer:
            gate.wait()
            return call()

        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(run, calls))

    @contextmanager
    def websocket(self, path: str, **how: Any) -> Iterator[WebSocket]:
        """Open a WebSocket, which is closed at the end of the block.

        `headers` and `params` are as in a request. Raises Unmet if the app refuses it.
        """
        from checker.socket_client import connect  # few suites need it

        with connect(self, path, **how) as socket:
            yield socket

    def websocket_refusal(self, path: str, **how: Any) -> Answer:
        """Try to open a WebSocket that the app should refuse; return its HTTP answer.

        Raises Unmet if the app accepts it.
        """
        from checker.socket_client import refusal  # few suites need it

        return refusal(self, path, **how)

    @contextmanager
    def upload(self, method: str, path: str, **how: Any) -> Iterator[Upload]:
        """Send a body piece by piece, and be able to see an answer before its end."""
        from checker.socket_client import upload  # few suites need it

        with upload(self, method, path, **how) as running:
            yield running

    @contextmanager
    def stream(self, method: str, path: str, **how: Any) -> Iterator[Stream]:
        """Send a request and read the answer's body as it comes."""
        request = httpx2.Request(method, BASE_URL + path, **how)
        request.extensions["timeout"] = dict.fromkeys(
            ("connect", "read", "write", "pool"), self.limits.request_s
        )
        line = f"{method} {request.url.raw_path.decode()}"
        sent, curl = _shown_request(request), _curl(request)
        try:
            response = self._send(request)
        except (httpx2.HTTPError, ValueError) as error:
            self._record(Exchange(sent, None, curl))
            raise Unmet(self._no_answer(line, error)) from None
        shown = {"status": response.status_code, "headers": dict(response.headers)}
        self._record(Exchange(sent, shown | {"body": "(read as it came)"}, curl))
        try:
            yield Stream(line, response)
        finally:
            response.close()

    def facts(self) -> dict[str, int]:
        """Return the counts that only the app's process knows, such as `statements`."""
        return self.served.observe() if self.served else {}

    def exceptions(self) -> list[Raised]:
        """Return what the app raised and did not handle, up to now."""
        if self.served is None:
            return []
        self.served.observe()
        return self.served.exceptions

    def file(self, name: str) -> str:
        """Return the text of a file that the app keeps beside its main.py.

        Raises Unmet if there is none. It is the learner's: no link is followed, size is bounded.
        """
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            opened_fd = self.served.open(name, flags) if self.served else os.open(name, flags)
            with os.fdopen(opened_fd, "rb") as opened:
                if stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                    return opened.read(self.limits.answer_bytes).decode(errors="replace")
        except OSError:
            pass  # said below
        raise Unmet(f"Your app should keep a file {name} beside main.py, but there is none.")

    def _record(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)

    def _no_answer(self, line: str, error: Exception) -> str:
        self.unreachable = True
        if isinstance(error, (httpx2.TimeoutException, TimeoutError)):
            return (
                f"{line} got no answer within {self.limits.request_s:g} seconds. "
                "Does the function end? Does something in it wait for ever?"
            )
        if isinstance(error, TooLarge):
            self.unreachable = False
            return f"{line} answered with more than {self.limits.answer_bytes:,} bytes."
        ended = self.served.wait_ended() if self.served else None
        if self.served and self.served.trouble:
            return f"{line} got no answer. {self.served.trouble.message}"
        if ended is not None:
            return (
                f"{line} got no answer: your app's process {how_it_ended(ended)}. "
                "A handler must return, never end the program."
            )
        self.unreachable = False  # it runs, and can tell what it raised
        return f"{line} got no proper HTTP answer: {error}"


def reason(because: str) -> str:
    """Return the `because` of an expectation as a line to add to its message; empty for none."""
    return f"\n{because[:1].upper()}{because[1:]}." if because else ""


class TooLarge(ValueError):
    """A body is larger than the limit."""


class Answer:
    """What came back: status, headers, body; `started` and `finished` in seconds of a clock."""

    def __init__(
        self, line: str, response: httpx2.Response, body: bytes, started: float, finished: float
    ) -> None:
        self.line = line
        self.status: int = response.status_code
        self.headers = response.headers
        self.content = body
        self.started, self.finished = started, finished

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(errors="replace")

    @property
    def json(self) -> Any:
        """The body as JSON. Raises Unmet if it is none."""
        try:
            return json_module.loads(self.content)
        except (ValueError, RecursionError):
            raise Unmet(
                f"{self.line} should answer with JSON, but answered {self._said()}."
            ) from None

    def expect(
        self,
        status: int,
        *,
        json: Any = UNSET,
        contains: Mapping[str, Any] | None = None,
        text: Any = UNSET,
        headers: Mapping[str, Any] | None = None,
        because: str = "",
    ) -> Answer:
        """Demand an answer, or raise Unmet with both sides in words. Returns itself.

        `json` is the whole body, `contains` some fields of it, `text` the body as text,
        `headers` some headers (None: must be absent). Values may be dirty-equals matchers.
        """
        why = reason(because)
        if self.status != status:
            wanted = status_line(status)
            raise Unmet(f"{self.line} should answer {wanted}, but answered {self._said()}.{why}")
        if json is not UNSET and self.json != json:
            raise Unmet(self._differs(json, self.json) + why)
        if contains is not None:
            self._expect_fields(contains, why)
        if text is not UNSET and self.text != text:
            wanted = "an empty body" if text == "" else repr(text)
            raise Unmet(f"{self.line} should answer with {wanted}, but sent {self._body()}.{why}")
        for name, value in (headers or {}).items():
            self._expect_header(name, value, why)
        return self

    def shown(self) -> dict[str, Any]:
        """Return it as the report shows it: a long body cut."""
        return {
            "status": self.status,
            "headers": {
                name: value
                for name, value in self.headers.items()
                if name not in ("date", "server")
            },
            "body": _cut(self.text),
        }

    def _expect_fields(self, fields: Mapping[str, Any], why: str) -> None:
        body = self.json
        if not isinstance(body, dict):
            raise Unmet(
                f"{self.line} should answer with a JSON object, but sent {self._body()}.{why}"
            )
        for name, value in fields.items():
            if name not in body:
                sent = self._body()
                raise Unmet(
                    f"{self.line} should answer with a field {name!r}, but sent {sent}.{why}"
                )
            if body[name] != value:
                raise Unmet(
                    f"{self.line} should answer with {name!r} being {_literal(value)}, "
                    f"but it is {_literal(body[name])}.{why}"
                )

    def _expect_header(self, name: str, value: Any, why: str) -> None:
        found = self.headers.get(name)
        if value is None and found is not None:
            raise Unmet(f"{self.line} should not send the header {name}, but sent {found!r}.{why}")
        if value is not None and found is None:
            raise Unmet(f"{self.line} should send the header {name}, but did not.{why}")
        if value is not None and found != value:
            raise Unmet(
                f"{self.line} should send {name}: {_literal(value)}, but sent {found!r}.{why}"
            )

    def _differs(self, wanted: Any, found: Any) -> str:
        return f"{self.line} should answer with {_literal(wanted)}, but sent {_literal(found)}."

    def _said(self) -> str:
        said = status_line(self.status)
        return f"{said} with {self._body()}" if self.content else said

    def _body(self) -> str:
        return _cut(self.text).strip() or "an empty body"


class Stream:
    """An answer whose body is still coming."""

    def __init__(self, line: str, response: httpx2.Response) -> None:
        self.line = line
        self.status: int = response.status_code
        self.headers = response.headers
        self._chunks = response.iter_bytes()

    def next_chunk(self) -> bytes:
        """Wait for the next piece; empty at the end. Raises Unmet if none comes in time."""
        try:
            return next(self._chunks, b"")
        except httpx2.HTTPError as error:
            raise Unmet(f"{self.line} stopped sending its body: {error}") from None


def _read(response: httpx2.Response, deadline: float, most: int) -> bytes:
    """Read a body that may be dripping or endless. Raises TimeoutError or TooLarge."""
    body = bytearray()
    try:
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > most:
                raise TooLarge
            if time.monotonic() > deadline:
                raise httpx2.ReadTimeout("the body does not end")
    finally:
        response.close()
    return bytes(body)


def _literal(value: Any) -> str:
    """Write a value as JSON; a matcher as it calls itself."""
    try:
        return _cut(json_module.dumps(value, ensure_ascii=False))
    except TypeError:
        return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "..."


def _shown_request(request: httpx2.Request) -> dict[str, Any]:
    own = ("host", "content-length", "transfer-encoding")
    return {
        "method": request.method,
        "path": request.url.raw_path.decode(),
        "headers": {name: value for name, value in request.headers.items() if name not in own},
        "body": _cut(_body_text(request) or "(sent piece by piece)") if _has_body(request) else "",
    }


def _has_body(request: httpx2.Request) -> bool:
    return (
        request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    )


def _body_text(request: httpx2.Request) -> str | None:
    """Return the body, or None if it is sent as it is made."""
    try:
        return request.content.decode(errors="replace")
    except httpx2.RequestNotRead:
        return None


def _curl(request: httpx2.Request) -> str:
    """Return a line for a shell that sends the same; a long body is made up by the line."""
    parts = ["curl", "-i"]
    if request.method != ("POST" if _has_body(request) else "GET"):
        parts += ["-X", request.method]
    parts.append(str(request.url))
    for name, value in request.headers.items():
        if name not in ("host", "content-length"):
            parts += ["-H", f"{name}: {value}"]
    if "accept-encoding" in request.headers:
        parts.append("--compressed")  # or else the answer is no text, and curl shows none of it
    if not _has_body(request):
        return shlex.join(parts)
    body = _body_text(request)
    if body is not None and len(body) <= MAX_TYPED:
        return shlex.join([*parts, "--data-raw", body])
    size = MADE_UP_BYTES if body is None else len(request.content)
    return f"head -c {size} /dev/zero | " + shlex.join([*parts, "--data-binary", "@-"])

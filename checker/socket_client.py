"""Conversations that outlive one request: WebSockets, and bodies sent piece by piece."""

from __future__ import annotations

import json as json_module
import shlex
import socket
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import h11
import httpx2
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.frames import CloseCode
from websockets.sync.client import connect as websocket_connect

from checker.client import MAX_SHOWN, Answer, App, Unmet, reason
from checker.model import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from websockets.sync.client import ClientConnection

    from checker.model import Limits

SILENCE_S = 0.3
"""How long nothing may come before a silence is believed."""
SMALL_BUFFER = 4096
"""Bytes that a client which does not read takes at once."""
REFUSALS = {
    403: "\nIs there an `@app.websocket(...)` with this path? Is `accept` reached?",
    500: "\nYour function raised, or returned, before `accept`.",
}
"""What a beginner may try, by the status of a refusal."""


class WebSocket:
    """An open WebSocket; every message is recorded, and waiting is bounded."""

    def __init__(self, connection: ClientConnection, path: str, timeout_s: float) -> None:
        self._connection = connection
        self._timeout_s = timeout_s
        self.line = f"WebSocket {path}"
        self.frames: list[dict[str, str]] = []

    def send_text(self, text: str) -> None:
        """Send a text message. Raises Unmet if the app has closed."""
        self._note("you", text)
        self._send(text)

    def send_json(self, value: Any) -> None:
        """Send a value as JSON text."""
        self.send_text(json_module.dumps(value))

    def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        self._note("you", repr(data))
        self._send(data)

    def _send(self, message: str | bytes) -> None:
        try:
            self._connection.send(message)
        except ConnectionClosed as closed:
            if isinstance(closed.__cause__, TimeoutError):
                raise Unmet(
                    f"{self.line} should take a message, but took none "
                    f"within {self._timeout_s:g} seconds.{self.so_far()}"
                ) from None
            raise Unmet(
                f"{self.line} should stay open, but {self._how_closed()}.{self.so_far()}"
            ) from None

    def receive_text(self) -> str:
        """Wait for the next message. Raises Unmet if none comes, or the app closes."""
        try:
            message = self._connection.recv(self._timeout_s)
        except TimeoutError:
            raise Unmet(
                f"{self.line} should send a message, but sent none "
                f"within {self._timeout_s:g} seconds.{self.so_far()}"
            ) from None
        except ConnectionClosed:
            raise Unmet(
                f"{self.line} should send a message, but {self._how_closed()}.{self.so_far()}"
            ) from None
        text = message if isinstance(message, str) else message.decode(errors="replace")
        self._note("app", text)
        return text

    def receive_json(self) -> Any:
        """Wait for the next message and return it as JSON. Raises Unmet if it is none."""
        text = self.receive_text()
        try:
            return json_module.loads(text)
        except (ValueError, RecursionError):
            raise Unmet(f"{self.line} should send JSON, but sent {text[:200]!r}.") from None

    def expect_text(self, text: Any, because: str = "") -> str:
        """Demand the next message, or raise Unmet."""
        found = self.receive_text()
        if found != text:
            raise Unmet(f"{self.line} should send {text!r}, but sent {found!r}.{reason(because)}")
        return found

    def expect_json(self, value: Any, because: str = "") -> Any:
        """Demand the next message as JSON (dirty-equals matchers allowed), or raise Unmet."""
        found = self.receive_json()
        if found != value:
            raise Unmet(f"{self.line} should send {value!r}, but sent {found!r}.{reason(because)}")
        return found

    def expect_silence(self, because: str = "") -> None:
        """Demand that no message comes for a moment.

        Only means something after a message that others did get: wait for theirs first.
        """
        try:
            message = self._connection.recv(SILENCE_S)
        except (TimeoutError, ConnectionClosed):
            return
        self._note("app", str(message))
        raise Unmet(f"{self.line} should send nothing, but sent {message!r}.{reason(because)}")

    def expect_close(self, code: int, because: str = "") -> None:
        """Demand that the app closes with this code; messages before it are passed over."""
        end = time.monotonic() + self._timeout_s
        try:
            while (left := end - time.monotonic()) > 0:
                self._note("app", str(self._connection.recv(left)))
        except TimeoutError:
            pass
        except ConnectionClosed:
            found = self._connection.close_code
            if found == code:
                return
            raise Unmet(
                f"{self.line} should be closed with code {code}, but {self._how_closed()}."
                f"{reason(because)}"
            ) from None
        raise Unmet(
            f"{self.line} should be closed by the app with code {code}, but stays open."
            f"{reason(because)}"
        )

    def drain(self, last: Callable[[Any], bool]) -> tuple[int, bool | None]:
        """Read until `last` is true of a JSON message, or no more messages come.

        Returns how many came, and how it ended: True (`last`), False (silence), None (closed).
        """
        count = 0
        try:
            while True:
                text = str(self._connection.recv(self._timeout_s))
                self._note("app", text)
                count += 1
                if last(json_module.loads(text)):
                    return count, True
        except TimeoutError:
            return count, False
        except ConnectionClosed:
            return count, None
        except (ValueError, RecursionError):
            raise Unmet(f"{self.line} should send JSON, but sent {text[:200]!r}.") from None

    def close(self, code: int = 1000) -> None:
        """Leave properly, with a close frame."""
        self._connection.close(code)

    def vanish(self) -> None:
        """Leave without a word, as a lost phone does: no close frame, the socket is cut."""
        with suppress(OSError):  # the app may have been faster
            self._connection.socket.shutdown(socket.SHUT_RDWR)
        self._connection.close_socket()

    def closes_first(self, code: int) -> bool:
        """Whether the app closes with this code before it sends anything."""
        try:
            self._note("app", str(self._connection.recv(SILENCE_S)))
        except TimeoutError:
            return False
        except ConnectionClosed:
            return self._connection.close_code == code
        return False

    def _note(self, who: str, text: str) -> None:
        self.frames.append({"from": who, "text": _cut(text, MAX_SHOWN)})

    def _how_closed(self) -> str:
        code = self._connection.close_code
        if code is None or code == CloseCode.ABNORMAL_CLOSURE:
            return "it ended without a close frame: your function has raised, or returned"
        return f"the app closed it (code {code})"

    def so_far(self) -> str:
        """Return the last messages, for the end of a sentence."""
        lines = [f"\n  {frame['from']}: {_cut(frame['text'], 120)}" for frame in self.frames[-6:]]
        return "\nThe conversation so far:" + "".join(lines) if lines else ""


@contextmanager
def connect(
    app: App,
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    reads: bool = True,
) -> Iterator[WebSocket]:
    """Open a WebSocket to the app. Raises Unmet if it is refused.

    `reads=False` makes a slow client: until its messages are asked for, it takes a few off the
    wire and no more, so that the pipes between the app and it fill up.
    """
    target = path + (f"?{urlencode(params)}" if params else "")
    try:
        connection = _dial(app, target, headers, reads=reads)
    except InvalidStatus as error:
        _record(app, target, headers, {"status": error.response.status_code, "frames": []})
        raise Unmet(
            f"WebSocket {path} should be accepted, "
            f"but was refused with HTTP status {error.response.status_code}."
            f"{REFUSALS.get(error.response.status_code, '')}"
        ) from None
    except (OSError, EOFError, InvalidHandshake) as error:
        app.unreachable = True
        _record(app, target, headers, None)
        raise Unmet(f"WebSocket {target} can't be opened: {error}.") from None
    client = WebSocket(connection, path, app.limits.request_s)
    try:
        yield client
    finally:
        _record(app, target, headers, {"status": 101, "frames": client.frames})
        if reads:
            connection.close_timeout = 0.5
            connection.close()
        else:
            client.vanish()  # a goodbye would wait behind all that was not read


def refusal(
    app: App,
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    or_closed: int | None = None,
) -> Answer:
    """Return the HTTP answer that refuses a WebSocket. Raises Unmet if it is accepted.

    With `or_closed`, to be accepted and closed at once with that code, without any message
    before, counts as the answer 403.
    """
    target = path + (f"?{urlencode(params)}" if params else "")
    began = time.monotonic()
    try:
        connection = _dial(app, target, headers)
    except InvalidStatus as error:
        refused = error.response
        _record(app, target, headers, {"status": refused.status_code, "frames": []})
        response = httpx2.Response(refused.status_code, headers=list(refused.headers.raw_items()))
        body = bytes(refused.body or b"")
        return Answer(f"WebSocket {target}", response, body, began, time.monotonic())
    except (OSError, EOFError, InvalidHandshake) as error:
        app.unreachable = True
        raise Unmet(f"WebSocket {target} can't be opened: {error}.") from None
    client = WebSocket(connection, target, app.limits.request_s)
    try:
        if or_closed is not None and client.closes_first(or_closed):
            return Answer(f"WebSocket {target}", httpx2.Response(403), b"", began, time.monotonic())
        raise Unmet(f"WebSocket {target} should be refused, but was accepted.{client.so_far()}")
    finally:
        _record(app, target, headers, {"status": 101, "frames": client.frames})
        connection.close_timeout = 0.5
        connection.close()


class Upload:
    """A request whose body is sent piece by piece, in chunks (RFC 9112, section 7.1)."""

    def __init__(self, connection: socket.socket, line: str, limits: Limits) -> None:
        self._socket = connection
        self._limits = limits
        self._began = time.monotonic()
        self._http = h11.Connection(h11.CLIENT)
        self.line = line
        self.sent = 0

    def start(self, request: h11.Request) -> None:
        """Send the head of the request."""
        with suppress(OSError):  # it is closed already: `answer` says so
            self._socket.sendall(self._http.send(request) or b"")

    def send(self, piece: bytes) -> bool:
        """Send a piece; returns False if the app does not take it any more."""
        try:
            self._socket.sendall(self._http.send(h11.Data(piece)) or b"")
        except OSError:
            return False
        self.sent += len(piece)
        return True

    def answered(self) -> bool:
        """Whether an answer is there, though the body has not ended."""
        self._socket.setblocking(False)  # noqa: FBT003 (the socket module's own flag)
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False
        except OSError:
            return True  # closed: there will be no other answer
        finally:
            self._socket.settimeout(self._limits.request_s)

    def end(self) -> None:
        """Say that the body is complete."""
        with suppress(OSError):  # the app may have answered and closed before
            self._socket.sendall(self._http.send(h11.EndOfMessage()) or b"")

    def answer(self) -> Answer:
        """Wait for the answer. Raises Unmet if none comes in time, or one that is too large."""
        head: h11.Response | None = None
        body = bytearray()
        end = time.monotonic() + self._limits.request_s
        try:
            while time.monotonic() < end and len(body) <= self._limits.answer_bytes:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    self._http.receive_data(self._socket.recv(64 * 1024))
                elif isinstance(event, h11.Response):
                    head = event
                elif isinstance(event, h11.Data):
                    body += event.data
                elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                    break
            else:
                head = None  # it does not end
        except (OSError, h11.ProtocolError):
            pass
        if head is None:
            raise Unmet(
                f"{self.line} got no whole answer after {self.sent:,} bytes of its body were sent."
            )
        response = httpx2.Response(head.status_code, headers=list(head.headers.raw_items()))
        return Answer(self.line, response, bytes(body), self._began, time.monotonic())


@contextmanager
def upload(
    app: App, method: str, path: str, *, headers: Mapping[str, str] | None = None
) -> Iterator[Upload]:
    """Begin a request whose body follows in pieces."""
    fields = {"Host": "127.0.0.1:8000", **(headers or {})}
    if "content-length" not in {name.lower() for name in fields}:
        fields["Transfer-Encoding"] = "chunked"
    connection = _address(app).connect(app.limits.request_s)
    running = Upload(connection, f"{method} {path}", app.limits)
    try:
        running.start(h11.Request(method=method, target=path, headers=list(fields.items())))
        yield running
    finally:
        connection.close()


def _dial(
    app: App, target: str, headers: Mapping[str, str] | None, *, reads: bool = True
) -> ClientConnection:
    wire = _address(app).connect(app.limits.request_s)
    if not reads:  # where the wire is TCP, the system would keep megabytes for the reader
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    connection = websocket_connect(
        f"ws://127.0.0.1:8000{target}",
        sock=wire,
        additional_headers=dict(headers or {}),
        compression=None,
        proxy=None,
        open_timeout=app.limits.request_s,
        ping_interval=None,
        max_queue=None if reads else 1,
        legacy=True,
    )
    with suppress(OSError):  # the app may have closed it already
        connection.socket.settimeout(app.limits.request_s)  # an app that reads nothing is found out
    if not reads:
        connection.recv_bufsize = SMALL_BUFFER
    return connection


def _address(app: App) -> Any:
    if app.served is None or app.served.address is None:
        raise RuntimeError("WebSockets need an app that is served")
    return app.served.address


def _record(
    app: App, target: str, headers: Mapping[str, str] | None, response: dict[str, Any] | None
) -> None:
    request = {"method": "WEBSOCKET", "path": target, "headers": dict(headers or {}), "body": ""}
    replay = ["python", "-m", "websockets", f"ws://127.0.0.1:8000{target}"]
    app.exchanges.append(
        Exchange(request, response, " ".join(shlex.quote(part) for part in replay))
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"

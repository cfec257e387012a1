"""`app` in a notebook: ask the app of the last `%%app` cell, and see the exchange."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from checker.client import App, connect
from checker.notebook.told import telling
from checker.render import exchange

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from checker.client import Answer
    from checker.model import Exchange, Raised
    from checker.notebook.serving import CellServer
    from checker.server import Served
    from checker.socket_client import WebSocket


class Reply:
    """What came back: `.status`, `.headers`, `.json`, `.text`. Shown as the whole exchange."""

    def __init__(self, answer: Answer, sent: Exchange, raised: list[Raised], printed: str) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.text = answer.text
        self._answer = answer
        headers = exchange.own_headers(sent.request["headers"])
        body = [exchange.pretty(sent.request["body"])] if sent.request["body"] else []
        self._shown = exchange.Shown(
            answer.line, "\n".join(headers + body), answer.status, answer.headers, answer.text,
            raised, printed,
        )  # fmt: skip

    @property
    def json(self) -> Any:
        """The body as JSON."""
        with telling():
            return self._answer.json

    def __repr__(self) -> str:
        text = exchange.as_text(self._shown) + exchange.printed_as_text(self._shown.printed)
        return text.rstrip("\n")

    def _repr_html_(self) -> str:
        return exchange.as_html(self._shown)


class AppHandle:
    """The app of the last `%%app` cell, as a client sees it."""

    def __init__(self, server: CellServer) -> None:
        self._server = server

    def __repr__(self) -> str:
        return "The app of the last %%app cell: app.get(path), app.post(path, json=...), ..."

    @property
    def url(self) -> str:
        """Where a browser or curl on this machine finds the app."""
        with telling():
            return self._server.url

    def get(self, path: str, **how: Any) -> Reply:
        """Send GET. Keyword arguments are httpx's: params, headers, cookies, json, data, files."""
        return self.request("GET", path, **how)

    def post(self, path: str, **how: Any) -> Reply:
        """Send POST."""
        return self.request("POST", path, **how)

    def put(self, path: str, **how: Any) -> Reply:
        """Send PUT."""
        return self.request("PUT", path, **how)

    def patch(self, path: str, **how: Any) -> Reply:
        """Send PATCH."""
        return self.request("PATCH", path, **how)

    def delete(self, path: str, **how: Any) -> Reply:
        """Send DELETE."""
        return self.request("DELETE", path, **how)

    def options(self, path: str, **how: Any) -> Reply:
        """Send OPTIONS."""
        return self.request("OPTIONS", path, **how)

    def request(self, method: str, path: str, **how: Any) -> Reply:
        """Send a request. Nothing is remembered from one to the next, cookies neither."""
        with telling():
            served = self._server.served
            client = _client(served)
            client.exceptions()  # all that came before is now known
            raised, printed = len(served.exceptions), served.log_length
            answer = client.request(method, path, **how)
            return Reply(
                answer,
                client.exchanges[-1],
                client.exceptions()[raised:],
                served.log_since(printed),
            )

    def at_once(self, *calls: Callable[[], Any]) -> list[Any]:
        """Make all calls at the same moment, each in a thread, and return their results."""
        return list(App.at_once(_client(self._server.served), *calls))

    def websocket(self, path: str, **how: Any) -> Conversation:
        """Open a WebSocket: `with app.websocket(path) as socket`, or without `with`, for cells."""
        with telling():
            return Conversation(_client(self._server.served), path, **how)

    def websocket_refusal(self, path: str, **how: Any) -> Reply:
        """Try to open a WebSocket that the app refuses; return its HTTP answer."""
        with telling():
            client = _client(self._server.served)
            answer = client.websocket_refusal(path, **how)
            answer.line = answer.line.replace("WebSocket", "WEBSOCKET")
            return Reply(answer, client.exchanges[-1], [], "")

    @property
    def printed(self) -> str:
        """Everything that the app has printed."""
        with telling():
            served = self._server.served
            served.observe()  # its loop has come round: what it was at is printed
            return served.log

    @property
    def exceptions(self) -> list[Raised]:
        """What the app has raised and did not handle."""
        with telling():
            return _client(self._server.served).exceptions()


class Conversation:
    """An open WebSocket: `send_text`, `send_json`, `receive_text`, `receive_json`, `close`."""

    def __init__(self, client: App, path: str, **how: Any) -> None:
        self._stack = ExitStack()
        self._socket: WebSocket = self._stack.enter_context(client.websocket(path, **how))
        params = "&".join(f"{name}={value}" for name, value in (how.get("params") or {}).items())
        self._line = f"WEBSOCKET {path}" + (f"?{params}" if params else "")
        self._open = True

    def send_text(self, text: str) -> None:
        """Send a text message."""
        with telling():
            self._socket.send_text(text)

    def send_json(self, value: Any) -> None:
        """Send a value as JSON text."""
        with telling():
            self._socket.send_json(value)

    def receive_text(self) -> str:
        """Wait for the next message."""
        with telling():
            return self._socket.receive_text()

    def receive_json(self) -> Any:
        """Wait for the next message, and read it as JSON."""
        with telling():
            return self._socket.receive_json()

    def expect_silence(self) -> None:
        """See that no message comes for a moment."""
        with telling():
            self._socket.expect_silence()

    def expect_close(self, code: int) -> None:
        """Wait until the app closes with this code."""
        with telling():
            self._socket.expect_close(code)

    def close(self) -> None:
        """Leave properly."""
        self._open = False
        self._stack.close()

    def vanish(self) -> None:
        """Leave without a word, as a lost phone does."""
        self._open = False
        self._socket.vanish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Close, and show the conversation."""
        from IPython.display import display

        self.close()
        display(self)  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        return exchange.conversation_as_text(self._line, self._socket.frames).rstrip("\n")

    def _repr_html_(self) -> str:
        status = "open" if self._open else "closed"
        return exchange.conversation_as_html(self._line, status, self._socket.frames)


def _client(served: Served) -> App:
    return connect(served, served.limits)

"""A port of this machine that leads to whichever app is being served, for browsers and curl."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.server import Address

CHUNK = 64 * 1024
CONNECT_S = 5.0
NOBODY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 48\r\n"
    b"Connection: close\r\n\r\nNo app is being served: run a cell with %%app.\r\n"
)


class Relay:
    """Passes bytes between the connections to a loopback port and the app.

    The port stays the same when the app is replaced.
    """

    def __init__(self, address: Callable[[], Address | None]) -> None:
        """Listen; `address` says where the app is at that moment."""
        self._address = address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(browser,), daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        address = self._address()
        with browser:
            try:
                if address is None:
                    raise ConnectionRefusedError  # as if nobody listened
                app = address.connect(CONNECT_S)
            except OSError:
                with suppress(OSError):
                    browser.recv(CHUNK)  # the request: closed unread, the answer would be lost
                    browser.sendall(NOBODY)
                return
            with app:
                app.settimeout(None)
                there = threading.Thread(target=_pump, args=(browser, app), daemon=True)
                there.start()
                _pump(app, browser)
                there.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes until the end, and then say that it is the end."""
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)

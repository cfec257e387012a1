"""Who listens to which board: publish and subscribe."""

from collections import defaultdict, deque
from contextlib import contextmanager

import anyio

LAST = defaultdict(lambda: deque(maxlen=10))
_listeners = defaultdict(list)


def publish(board, message):
    for listener in list(_listeners[board]):
        while True:
            try:
                listener.send_nowait(message)
            except anyio.WouldBlock:
                listener.oldest.receive_nowait()
            except anyio.BrokenResourceError:
                pass
            else:
                break
            if message is None:
                break


@contextmanager
def subscribed(board):
    send, receive = anyio.create_memory_object_stream(100)
    send.oldest = receive
    with send, receive:
        send.send_nowait({"type": "history", "notes": list(LAST[board])})
        _listeners[board].append(send)
        count(board)
        try:
            yield send, receive
        finally:
            _listeners[board].remove(send)
            count(board)


def count(board):
    publish(board, {"type": "presence", "count": len(_listeners[board])})

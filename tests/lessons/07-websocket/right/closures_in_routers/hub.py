"""The place where the clients of a board meet. All of its state lives in closures."""

from collections import defaultdict, deque
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

Message = dict[str, Any]
Put = Callable[[Message], None]


class Hub(NamedTuple):
    """What one can do with the boards."""

    visit: Callable[[str, Put], AbstractContextManager[None]]
    """Be on a board as long as the block runs; what happens there is put to the visitor."""
    publish: Callable[[str, Message], None]
    """Put a message to everybody on a board."""
    write: Callable[[str, Message], None]
    """Publish a note, and keep it for those who come later."""


def open_hub(history_size: int) -> Hub:
    """Open a hub, with nobody in it."""
    visitors: defaultdict[str, set[Put]] = defaultdict(set)
    notes: defaultdict[str, deque[Message]] = defaultdict(lambda: deque(maxlen=history_size))

    def publish(board: str, message: Message) -> None:
        for put in visitors[board]:
            put(message)

    def write(board: str, note: Message) -> None:
        notes[board].append(note)
        publish(board, note)

    def publish_presence(board: str) -> None:
        publish(board, {"type": "presence", "count": len(visitors[board])})

    @contextmanager
    def visit(board: str, put: Put) -> Generator[None]:
        put({"type": "history", "notes": list(notes[board])})
        visitors[board].add(put)
        publish_presence(board)
        try:
            yield
        finally:
            visitors[board].remove(put)
            publish_presence(board)

    return Hub(visit, publish, write)

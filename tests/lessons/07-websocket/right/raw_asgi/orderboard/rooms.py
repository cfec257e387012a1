"""Who is on which board, and what was written there."""

from collections import deque
from dataclasses import dataclass, field

from orderboard.messages import Message, Note
from orderboard.outbox import Outbox
from orderboard.settings import HISTORY_SIZE


@dataclass
class Room:
    """What is known about one board."""

    outboxes: list[Outbox] = field(default_factory=list)
    notes: deque[Note] = field(default_factory=lambda: deque(maxlen=HISTORY_SIZE))


class Rooms:
    """All boards."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def enter(self, board: str, outbox: Outbox) -> None:
        """Take a client in, and show it what was written before."""
        room = self._rooms.setdefault(board, Room())
        outbox.put({"type": "history", "notes": list(room.notes)})
        room.outboxes.append(outbox)
        self._count(board)

    def leave(self, board: str, outbox: Outbox) -> None:
        """Take a client off, and forget a board on which nobody is and nothing was written."""
        room = self._rooms[board]
        room.outboxes.remove(outbox)
        self._count(board)
        if not room.outboxes and not room.notes:
            del self._rooms[board]

    def write(self, board: str, note: Note) -> None:
        """Keep a note for newcomers, and publish it."""
        self._rooms[board].notes.append(note)
        self.publish(board, note)

    def publish(self, board: str, message: Message) -> None:
        """Leave a message for everybody on a board."""
        if board in self._rooms:
            for outbox in self._rooms[board].outboxes:
                outbox.put(message)

    def _count(self, board: str) -> None:
        self.publish(board, {"type": "presence", "count": len(self._rooms[board].outboxes)})

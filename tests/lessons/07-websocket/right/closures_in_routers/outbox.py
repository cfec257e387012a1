"""Where messages wait for one client."""

from collections import deque
from collections.abc import Awaitable, Callable

import anyio

from hub import Message, Put

Take = Callable[[], Awaitable[Message | None]]


def open_outbox(size: int) -> tuple[Put, Take]:
    """Open an outbox: one end to put messages in, and one to take them out, in their order.

    An outbox that gets more than it can hold is spoilt: it has nothing any more, and `take`
    returns None.
    """
    waiting: deque[Message] = deque()
    news = anyio.Event()
    spoilt = False

    def put(message: Message) -> None:
        nonlocal spoilt
        if spoilt:
            return
        if len(waiting) == size:
            spoilt = True
            waiting.clear()
        else:
            waiting.append(message)
        news.set()

    async def take() -> Message | None:
        nonlocal news
        while not waiting and not spoilt:
            news = anyio.Event()
            await news.wait()
        return None if spoilt else waiting.popleft()

    return put, take

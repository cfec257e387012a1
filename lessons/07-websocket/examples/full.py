import asyncio


def leave(outbox: asyncio.Queue[str], text: str) -> None:
    """Leave a message; the oldest gives way. This never waits."""
    if outbox.full():
        outbox.get_nowait()
    outbox.put_nowait(text)


async def main() -> None:
    outbox: asyncio.Queue[str] = asyncio.Queue(maxsize=3)
    for dish in ["soup", "steak", "cake", "tea"]:
        leave(outbox, dish)
    print([outbox.get_nowait() for _ in range(outbox.qsize())])


asyncio.run(main())

import asyncio
import time


class Cook:
    """A client: a send to it is done when it has read."""

    def __init__(self, name: str, reads_after: float) -> None:
        self.name = name
        self.reads_after = reads_after

    async def send(self, rung_at: float) -> None:
        await asyncio.sleep(self.reads_after)
        took = time.perf_counter() - rung_at
        when = "half a second late" if took >= 0.5 else "at once"
        print(f"  {self.name} cook: {when}")


async def in_turn(cooks: list[Cook]) -> None:
    rung_at = time.perf_counter()
    for cook in cooks:
        await cook.send(rung_at)


async def deliver(cook: Cook, outbox: asyncio.Queue[float]) -> None:
    while True:
        await cook.send(await outbox.get())


async def by_outbox(cooks: list[Cook]) -> None:
    outboxes = [asyncio.Queue[float](maxsize=100) for _ in cooks]
    tasks = [
        asyncio.create_task(deliver(cook, outbox))
        for cook, outbox in zip(cooks, outboxes, strict=True)
    ]
    rung_at = time.perf_counter()
    for outbox in outboxes:
        outbox.put_nowait(rung_at)
    await asyncio.sleep(0.6)  # and all cooks have read
    for task in tasks:
        task.cancel()


async def main() -> None:
    cooks = [Cook("slow", reads_after=0.5), Cook("quick", reads_after=0)]
    print("in turn")
    await in_turn(cooks)
    print("by outbox")
    await by_outbox(cooks)


asyncio.run(main())

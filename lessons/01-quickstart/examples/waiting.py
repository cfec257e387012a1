import asyncio
import time
from collections.abc import Awaitable, Callable

WAIT = 0.3


async def blocking() -> None:
    time.sleep(WAIT)  # noqa: ASYNC251 (the mistake that this example shows)


async def waiting() -> None:
    await asyncio.sleep(WAIT)


async def time_five(job: Callable[[], Awaitable[None]]) -> None:
    began = time.perf_counter()
    await asyncio.gather(job(), job(), job(), job(), job())
    took = time.perf_counter() - began
    print(
        f"five times {job.__name__} lasts {took // WAIT:.0f} times as long"
    )


asyncio.run(time_five(blocking))
asyncio.run(time_five(waiting))

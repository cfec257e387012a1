import asyncio
import time
from collections.abc import Awaitable, Callable


async def blocking() -> None:
    time.sleep(0.3)  # noqa: ASYNC251 (the mistake that this example shows)


async def waiting() -> None:
    await asyncio.sleep(0.3)


async def time_five(job: Callable[[], Awaitable[None]]) -> None:
    began = time.perf_counter()
    await asyncio.gather(job(), job(), job(), job(), job())
    took = time.perf_counter() - began
    print(f"five times {job.__name__}: {took:.1f} seconds")


asyncio.run(time_five(blocking))
asyncio.run(time_five(waiting))

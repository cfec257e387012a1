import asyncio
import sqlite3
import time
from collections.abc import Coroutine

import aiosqlite

SLOW = "SELECT pause(0.3)"


async def blocking() -> None:
    connection = sqlite3.connect(":memory:")
    connection.create_function("pause", 1, time.sleep)
    connection.execute(SLOW)
    connection.close()


async def awaiting() -> None:
    async with aiosqlite.connect(":memory:") as connection:
        await connection.create_function("pause", 1, time.sleep)
        await connection.execute(SLOW)


async def watch(name: str, query: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(query)
    turns = 0
    while not task.done():
        await asyncio.sleep(0.01)
        turns += 1
    answer = "yes" if turns > 5 else "no"
    print(f"{name} driver: others had turns meanwhile: {answer}")


asyncio.run(watch("blocking", blocking()))
asyncio.run(watch("async", awaiting()))

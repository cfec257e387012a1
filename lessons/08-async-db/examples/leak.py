import asyncio

from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine


async def main() -> None:
    engine = create_async_engine(
        "sqlite+aiosqlite:///leak.db",
        pool_size=2,
        max_overflow=0,
        pool_timeout=0.2,
    )
    forgotten = []
    for number in (1, 2, 3):
        session = AsyncSession(engine)
        forgotten.append(session)
        try:
            await session.execute(text("SELECT 1"))
            print(f"session {number} got a connection")
        except PoolTimeoutError as error:
            print(f"session {number}: {error}")
    for session in forgotten:
        await session.close()
    await engine.dispose()


asyncio.run(main())

"""The counts of SQL that the host tells are right, whatever pool and however it ends."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import NullPool, create_engine, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from checker.host import observers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Engine

ASK = text("SELECT 1")


@pytest.fixture
def counts() -> Iterator[dict[str, int]]:
    """Counts from now on; what listens for them is taken away afterwards."""
    listeners: list[tuple[Any, str, Any]] = []
    listen = event.listen

    def remembering(target: Any, name: str, function: Any) -> None:
        listeners.append((target, name, function))
        listen(target, name, function)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event, "listen", remembering)
        found = observers(["sqlalchemy"])
    yield found
    for listener in listeners:
        event.remove(*listener)


def run(tmp_path: Path, act: Callable[[AsyncEngine], Awaitable[None]], **how: Any) -> None:
    async def main() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/try.db", **how)
        await act(engine)
        await engine.dispose()
        for thread in threading.enumerate():
            if "_connection_worker_thread" in thread.name:  # of a connection that was given up
                await asyncio.to_thread(thread.join, 10)  # before the loop that it reports to ends

    asyncio.run(main())


@pytest.mark.parametrize("how", [{}, {"poolclass": NullPool}, {"pool_pre_ping": True}])
def test_sessions_that_are_closed(
    tmp_path: Path, counts: dict[str, int], how: dict[str, Any]
) -> None:
    async def act(engine: AsyncEngine) -> None:
        for _ in range(3):
            async with AsyncSession(engine) as session:
                await session.execute(ASK)
                await session.execute(ASK)
                assert counts["checked_out"] == 1
        assert counts["checked_out"] == 0
        assert counts["open"] == (0 if "poolclass" in how else 1)

    run(tmp_path, act, **how)
    assert counts["statements"] == 6
    assert counts["opened"] == (3 if "poolclass" in how else 1)
    assert (counts["open"], counts["blocking"]) == (0, 0)


def test_many_at_once(tmp_path: Path, counts: dict[str, int]) -> None:
    async def one(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            await session.execute(ASK)
            await asyncio.sleep(0)

    async def act(engine: AsyncEngine) -> None:
        await asyncio.gather(*[one(engine) for _ in range(30)])
        assert counts["checked_out"] == 0

    run(tmp_path, act)
    assert (counts["statements"], counts["open"]) == (30, 0)


def test_invalidated_connections(tmp_path: Path, counts: dict[str, int]) -> None:
    async def act(engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            await connection.execute(ASK)
            await connection.invalidate()
            await connection.rollback()
            assert counts["open"] == 0
            await connection.execute(ASK)
            assert (counts["open"], counts["checked_out"]) == (1, 1)
        assert counts["checked_out"] == 0

    run(tmp_path, act)
    assert (counts["opened"], counts["open"]) == (2, 0)


def test_a_cancelled_request(tmp_path: Path, counts: dict[str, int]) -> None:
    async def hold(engine: AsyncEngine, held: asyncio.Event) -> None:
        async with AsyncSession(engine) as session:
            await session.execute(ASK)
            held.set()
            await asyncio.sleep(60)

    async def act(engine: AsyncEngine) -> None:
        held = asyncio.Event()
        task = asyncio.create_task(hold(engine, held))
        await held.wait()
        assert counts["checked_out"] == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert counts["checked_out"] == 0

    run(tmp_path, act)


def test_a_session_that_is_never_closed(tmp_path: Path, counts: dict[str, int]) -> None:
    """It stays counted when it is garbage, and when its place in the pool is used again."""

    async def forget(engine: AsyncEngine) -> None:
        session = AsyncSession(engine)
        await session.execute(ASK)

    async def act(engine: AsyncEngine) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            await forget(engine)
            gc.collect()
        for _ in range(3):
            async with AsyncSession(engine) as session:
                await session.execute(ASK)
        assert counts["checked_out"] == 1

    run(tmp_path, act, pool_size=1)


def test_no_dispose(tmp_path: Path, counts: dict[str, int]) -> None:
    async def main() -> AsyncEngine:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/try.db")
        async with AsyncSession(engine) as session:
            await session.execute(ASK)
        assert (counts["open"], counts["checked_out"]) == (1, 0)
        return engine

    async def mend(engine: AsyncEngine) -> None:
        await engine.dispose()

    with asyncio.Runner() as runner:
        runner.run(mend(runner.run(main())))
    assert counts["open"] == 0


def test_blocking_engines(tmp_path: Path, counts: dict[str, int]) -> None:
    engine: Engine = create_engine(f"sqlite:///{tmp_path}/try.db")
    with engine.connect() as connection:
        connection.execute(ASK)
    engine.dispose()
    assert counts == {"statements": 1, "checked_out": 0, "opened": 1, "open": 0, "blocking": 1}


def test_nothing_is_counted_unless_asked() -> None:
    assert observers([]) == {}

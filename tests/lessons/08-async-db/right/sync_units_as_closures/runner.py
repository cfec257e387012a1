"""The bridge from path operations, which await, to units of work, which don't."""

from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.orm import Session

Result = TypeVar("Result")
Unit: TypeAlias = Callable[[Session], Result]
"""A unit of work: it happens as a whole, or (if it raises) not at all."""


class Runner(Protocol):
    """Awaits a unit of work."""

    async def __call__(self, unit: Unit[Result], /) -> Result:
        """Run the unit in a session of its own, and return when it is committed."""


def make_runner(engine: AsyncEngine) -> Runner:
    """Make a runner of units of work on this database."""
    make_session = async_sessionmaker(engine, expire_on_commit=False)

    async def run(unit: Unit[Result], /) -> Result:
        async with make_session() as session:
            result = await session.run_sync(unit)
            await session.commit()
        return result

    return run

import asyncio
from typing import Any, cast

from kitchen import Base, Cook, Dish, engine, make_session
from sqlalchemy import CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession


async def fill() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with make_session.begin() as session:
        session.add(
            Dish(id=1, name="soup", portions=1, cook=Cook(name="Ana"))
        )


async def portions_left() -> int | None:
    async with make_session() as session:
        return await session.scalar(
            select(Dish.portions).where(Dish.id == 1)
        )


# [look]
async def look_then_write() -> None:
    async with make_session() as one, make_session() as other:
        soup_of_one = await one.get_one(Dish, 1)
        soup_of_other = await other.get_one(Dish, 1)
        for guest, session, soup in (
            ("first", one, soup_of_one),
            ("second", other, soup_of_other),
        ):
            if soup.portions >= 1:
                soup.portions -= 1
                await session.commit()
                print(f"{guest} guest gets a soup")


# [/look]


# [take]
async def take_portion(session: AsyncSession) -> bool:
    enough = Dish.id == 1, Dish.portions >= 1
    take = update(Dish).where(*enough).values(portions=Dish.portions - 1)
    result = cast("CursorResult[Any]", await session.execute(take))
    await session.commit()
    return result.rowcount == 1


# [/take]


async def main() -> None:
    await fill()
    print("look, then write:")
    await look_then_write()
    async with make_session.begin() as session:
        (await session.get_one(Dish, 1)).portions = 1
    print("one statement:")
    for guest in ("first", "second"):
        async with make_session() as session:
            taken = await take_portion(session)
        print(
            guest, "guest", "gets a soup" if taken else "must choose again"
        )
    print(f"portions left: {await portions_left()}")
    await engine.dispose()


asyncio.run(main())

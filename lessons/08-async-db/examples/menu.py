import asyncio

from kitchen import Base, Cook, Dish, engine, make_session
from sqlalchemy import select


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    # [transaction]
    try:
        async with make_session() as session, session.begin():
            session.add(Cook(name="Ana"))
            await session.flush()  # the INSERT is sent here
            session.add(Dish(name="soup", portions=int("many")))
    except ValueError as error:
        print(f"given up: {error}")
    # [/transaction]
    async with make_session() as session:
        print("cooks:", (await session.scalars(select(Cook.name))).all())
        print("dishes:", (await session.scalars(select(Dish.name))).all())
    await engine.dispose()


asyncio.run(main())

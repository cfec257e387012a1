import asyncio

from kitchen import Base, Cook, Dish, engine, make_session
from sqlalchemy import event, select
from sqlalchemy.orm import joinedload, selectinload

statements: list[str] = []


@event.listens_for(engine.sync_engine, "before_cursor_execute")
def note(
    _connection: object, _cursor: object, statement: str, *_: object
) -> None:
    statements.append(statement)


async def fill(dishes: int) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with make_session.begin() as session:
        for number in range(dishes):
            cook = Cook(name=f"cook {number}")
            session.add(Dish(name=f"dish {number}", portions=1, cook=cook))


# [ways]
async def one_by_one() -> None:
    async with make_session() as session:
        for dish in await session.scalars(select(Dish)):
            await session.get(Cook, dish.cook_id)


async def by_selectin() -> None:
    async with make_session() as session:
        dishes = select(Dish).options(selectinload(Dish.cook))
        for dish in await session.scalars(dishes):
            assert dish.cook.name


async def by_join() -> None:
    async with make_session() as session:
        dishes = select(Dish).options(joinedload(Dish.cook))
        for dish in await session.scalars(dishes):
            assert dish.cook.name


# [/ways]


async def main() -> None:
    for dishes in (1, 50):
        await fill(dishes)
        for way in (one_by_one, by_selectin, by_join):
            statements.clear()
            await way()
            count = len(statements)
            print(f"{dishes:2} dishes, {way.__name__}: {count} statements")
    await engine.dispose()


asyncio.run(main())

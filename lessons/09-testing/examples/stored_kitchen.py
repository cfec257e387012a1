from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine("sqlite+aiosqlite:///kitchen.db")


class Base(DeclarativeBase):
    pass


class Dish(Base):
    __tablename__ = "dishes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def get_session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/dishes", status_code=201)
async def add_dish(name: str, session: Session) -> dict[str, int]:
    dish = Dish(name=name)
    session.add(dish)
    await session.commit()
    return {"id": dish.id}


@app.get("/dishes/{dish_id}")
async def show_dish(dish_id: int, session: Session) -> dict[str, str]:
    dish = await session.get(Dish, dish_id)
    if dish is None:
        raise HTTPException(404, f"There is no dish {dish_id}")
    return {"name": dish.name}

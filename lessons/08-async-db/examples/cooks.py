# [lifespan]
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from kitchen import Base, Cook, engine, make_session
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
# [/lifespan]


# [session]
async def open_session() -> AsyncIterator[AsyncSession]:
    async with make_session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(open_session)]
# [/session]


# [paths]
class NewCook(BaseModel):
    name: str


class CookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str


@app.post("/cooks", status_code=201, response_model=CookOut)
async def hire(new: NewCook, session: Session) -> Cook:
    cook = Cook(name=new.name)
    session.add(cook)
    await session.commit()
    return cook


@app.get("/cooks", response_model=list[CookOut])
async def list_cooks(session: Session) -> Sequence[Cook]:
    result = await session.scalars(select(Cook).order_by(Cook.id))
    return result.all()


# [/paths]

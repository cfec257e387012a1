"""The engine, and one transaction for each request, committed before the answer is sent."""

import os
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"])
factory = async_sessionmaker(engine)


async def transaction():
    async with factory.begin() as session:
        yield session


Db = Annotated[AsyncSession, Depends(transaction, scope="function")]

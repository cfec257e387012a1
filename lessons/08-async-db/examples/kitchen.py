# [engine]
import os

from sqlalchemy import ForeignKey, String
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
)

DATABASE_URL = os.environ.get(
    "DATABASE_URL", "sqlite+aiosqlite:///kitchen.db"
)
engine = create_async_engine(DATABASE_URL)
# [/engine]

# [session]
make_session = async_sessionmaker(engine, expire_on_commit=False)
# [/session]


# [tables]
class Base(DeclarativeBase):
    pass


class Cook(Base):
    __tablename__ = "cooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    dishes: Mapped[list["Dish"]] = relationship(
        back_populates="cook", order_by="Dish.id"
    )


class Dish(Base):
    __tablename__ = "dishes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    portions: Mapped[int]
    cook_id: Mapped[int] = mapped_column(ForeignKey("cooks.id"))
    cook: Mapped[Cook] = relationship(back_populates="dishes")


# [/tables]

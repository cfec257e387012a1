"""A bookshop: services as classes, a queue for each screen, the domain's own exceptions."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response, WebSocket
from fastapi.exceptions import HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, PositiveInt, StringConstraints, conint
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.websockets import WebSocketDisconnect

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Base(DeclarativeBase):
    pass


class Title(Base):
    __tablename__ = "titles"
    pk: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    title: Mapped[str] = mapped_column(index=True)
    author: Mapped[str]
    price: Mapped[int]
    cost: Mapped[int]
    stock: Mapped[int]


class Sale(Base):
    __tablename__ = "sales"
    pk: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    total: Mapped[int]
    items: Mapped[str]


class Problem(Exception):
    def __init__(self, status: int, code: str, **headers: str) -> None:
        self.status, self.code = status, code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class BookForm(BaseModel):
    title: Name
    author: Name
    price: PositiveInt
    cost: PositiveInt
    stock: conint(ge=0)  # type: ignore[valid-type]


class Item(BaseModel):
    book_id: int
    quantity: conint(ge=1, le=10)  # type: ignore[valid-type]


class OrderForm(BaseModel):
    lines: Annotated[list[Item], Query(min_length=1)]


make = async_sessionmaker(create_async_engine("sqlite+aiosqlite:///bookshop.db"))


async def get_session() -> AsyncIterator[AsyncSession]:
    async with make() as session:
        yield session


async def far_courier(postcode: str) -> int:
    await asyncio.sleep(1.5)
    return int(postcode) % 5 + 1


async def get_courier() -> Callable[[str], Awaitable[int]]:
    return far_courier


@dataclass
class Visitor:
    name: str

    def check_staff(self) -> None:
        if self.name != "staff":
            raise Problem(403, "staff_only")


async def visitor(x_api_key: Annotated[str, Header()] = "") -> Visitor:
    name, _, rest = x_api_key.partition("-")
    if rest != "key" or name not in ("staff", "ada", "bo"):
        raise Problem(401, "unknown_key", WWW_Authenticate="ApiKey")
    return Visitor(name)


async def staff(visitor: Annotated[Visitor, Depends(visitor)]) -> None:
    visitor.check_staff()


class Catalogue:
    def __init__(self, session: Annotated[AsyncSession, Depends(get_session)]) -> None:
        self.session = session

    def view(self, row: Title) -> dict[str, Any]:
        return {
            "id": row.pk,
            "title": row.title,
            "author": row.author,
            "price": row.price,
            "stock": row.stock,
            "available": row.stock > 0,
        }

    async def get(self, pk: int) -> Title:
        row = await self.session.scalar(select(Title).where(Title.pk == pk))
        if not row:
            raise Problem(404, "no_such_book")
        return row

    async def page(self, author: str | None, skip: int, limit: int) -> tuple[list[Any], int]:
        query, count = select(Title), select(func.count(Title.pk))
        if author is not None:
            query, count = query.filter_by(author=author), count.filter(Title.author == author)
        rows = await self.session.scalars(
            query.order_by(Title.title, Title.pk).slice(skip, skip + limit)
        )
        return [self.view(row) for row in rows], await self.session.scalar(count) or 0

    async def add(self, form: BookForm) -> dict[str, Any]:
        row = Title(**form.model_dump())
        async with self.session.begin_nested():
            self.session.add(row)
        view = self.view(row)
        await self.session.commit()
        return view

    async def remove(self, pk: int) -> None:
        await self.get(pk)
        await self.session.execute(delete(Title).where(Title.pk == pk))
        await self.session.commit()


class Screens:
    def __init__(self) -> None:
        self.queues: dict[int, asyncio.Queue[dict[str, int]]] = {}
        self.numbers = itertools.count()

    def publish(self, message: dict[str, int]) -> None:
        for queue in self.queues.values():
            queue.put_nowait(message)

    async def serve(self, socket: WebSocket) -> None:
        await socket.accept()
        number, queue = next(self.numbers), asyncio.Queue[dict[str, int]]()
        self.queues[number] = queue

        async def send() -> None:
            while True:
                await socket.send_json(await queue.get())

        sender = asyncio.create_task(send())
        try:
            while True:
                await socket.receive()
                if socket.client_state.name == "DISCONNECTED":
                    break
                queue.put_nowait({"screens": len(self.queues)})
        except WebSocketDisconnect:
            pass
        finally:
            del self.queues[number]
            sender.cancel()
            with suppress(asyncio.CancelledError, RuntimeError):
                await sender


screens = Screens()


class Till:
    def __init__(
        self,
        catalogue: Annotated[Catalogue, Depends()],
        visitor: Annotated[Visitor, Depends(visitor)],
    ) -> None:
        self.catalogue, self.session, self.visitor = catalogue, catalogue.session, visitor

    async def sell(self, form: OrderForm) -> dict[str, Any]:
        total = 0
        for item in form.lines:
            row = await self.catalogue.get(item.book_id)
            if row.stock < item.quantity:
                raise Problem(409, "too_few")
            row.stock -= item.quantity
            total += row.price * item.quantity
        items = form.model_dump_json(include={"lines"})
        sale = Sale(customer=self.visitor.name, total=total, items=items)
        self.session.add(sale)
        await self.session.flush()
        view = self.view(sale)
        await self.session.commit()
        screens.publish({"order": view["id"], "total": view["total"]})
        return view

    async def receipt(self, pk: int) -> dict[str, Any]:
        sale = await self.session.get(Sale, pk)
        if sale is None:
            raise Problem(404, "no_such_order")
        if sale.customer != self.visitor.name:
            raise Problem(403, "not_yours")
        return self.view(sale)

    def view(self, sale: Sale) -> dict[str, Any]:
        lines = OrderForm.model_validate_json(sale.items).model_dump()
        return {"id": sale.pk, "customer": sale.customer, "total": sale.total, **lines}


router = APIRouter()


@router.get("/")
async def welcome() -> JSONResponse:
    return JSONResponse({"message": "Welcome to the bookshop"}, headers={"X-Shop": "open"})


@router.get("/books")
async def page(
    catalogue: Annotated[Catalogue, Depends()],
    response: Response,
    author: str | None = None,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[dict[str, Any]]:
    rows, total = await catalogue.page(author, skip, limit)
    response.headers["x-total-count"] = f"{total}"
    return rows


@router.post("/books", dependencies=[Depends(staff)])
async def add(form: BookForm, catalogue: Annotated[Catalogue, Depends()]) -> JSONResponse:
    view = await catalogue.add(form)
    return JSONResponse(view, 201, {"Location": f"/books/{view['id']}"})


@router.get("/books/{pk}")
async def one(pk: int, catalogue: Annotated[Catalogue, Depends()]) -> dict[str, Any]:
    return catalogue.view(await catalogue.get(pk))


@router.delete("/books/{pk}", status_code=204, dependencies=[Depends(staff)])
async def remove(pk: int, catalogue: Annotated[Catalogue, Depends()]) -> None:
    await catalogue.remove(pk)


@router.post("/orders", status_code=201)
async def sell(form: OrderForm, till: Annotated[Till, Depends()]) -> dict[str, Any]:
    return await till.sell(form)


@router.get("/orders/{pk}")
async def receipt(pk: int, till: Annotated[Till, Depends()]) -> dict[str, Any]:
    return await till.receipt(pk)


@dataclass
class Forecast:
    postcode: str
    days: int

    @property
    def view(self) -> dict[str, Any]:
        return asdict(self) | {"express": self.days in (0, 1, 2)}


@router.get("/delivery/{postcode}")
async def forecast(postcode: str, courier: Annotated[Any, Depends(get_courier)]) -> dict[str, Any]:
    if not re.fullmatch("[0-9]{5}", postcode):
        raise HTTPException(422, "five digits, please")
    with suppress(ConnectionError):
        return Forecast(postcode, await courier(postcode)).view
    raise Problem(503, "courier", Retry_After="5")


@router.websocket("/board")
async def board(socket: WebSocket) -> None:
    if socket.headers.get("x-api-key") == "staff-key":
        await screens.serve(socket)
    else:
        await socket.close(3000)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    engine = make.kw["bind"]
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


def problem(_: Request, error: Problem) -> JSONResponse:
    return JSONResponse({"error": error.code}, error.status, error.headers)


app = FastAPI(lifespan=lifespan, exception_handlers={Problem: problem})
app.include_router(router)

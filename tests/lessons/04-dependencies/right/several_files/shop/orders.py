from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import StreamingResponse

from shop.database import (
    SESSIONS,
    STOCK,
    DuplicateReferenceError,
    Order,
    Session,
    export_lines,
    print_label,
)

router = APIRouter()


@asynccontextmanager
async def transaction() -> AsyncIterator[Session]:
    session = Session()
    try:
        try:
            yield session
        except Exception:
            session.rollback()
            raise
        try:
            session.commit()
        except DuplicateReferenceError as error:
            session.rollback()
            raise HTTPException(409, "This reference is taken") from error
    finally:
        session.close()


async def get_session() -> AsyncIterator[Session]:
    async with transaction() as session:
        yield session


class Orders:
    """What can be done with orders; two dependencies of one request share its session."""

    def __init__(self, session: Annotated[Session, Depends(get_session, scope="function")]) -> None:
        self.session = session


OrdersDep = Annotated[Orders, Depends(scope="function")]


@router.get("/sessions")
async def sessions() -> dict[str, int]:
    return SESSIONS


@router.get("/orders")
async def list_orders(orders: OrdersDep) -> list[Order]:
    return orders.session.orders()


@router.post("/orders", status_code=201)
async def place(order: Order, orders: OrdersDep) -> Order:
    orders.session.add(order)
    if order.copies > STOCK["copies"]:
        raise HTTPException(409, f"Only {STOCK['copies']} copies are left")
    print_label(order)
    return order


@router.get("/orders/export")
async def export() -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        async with transaction() as session:
            async for line in export_lines(session):
                yield line

    return StreamingResponse(lines(), media_type="text/csv")

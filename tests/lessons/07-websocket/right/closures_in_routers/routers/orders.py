"""The orders."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Body, HTTPException
from pydantic import BaseModel

from hub import Message

Status = Literal["new", "packed", "shipped"]


class Order(BaseModel, frozen=True):
    """An order of a customer, and the board of the people who work on it."""

    id: int
    board: str
    status: Status = "new"


def order_router(publish: Callable[[str, Message], None]) -> APIRouter:
    """Make the router for the orders; it publishes what changes."""
    router = APIRouter(prefix="/orders")
    orders = {
        number: Order(id=number, board=board)
        for number, board in enumerate(["packing", "packing", "desk", "desk", "van", "van"], 1)
    }

    @router.get("/{order_id}")
    async def show_order(order_id: int) -> Order:
        """Show one order."""
        if order_id not in orders:
            raise HTTPException(404, f"There is no order {order_id}")
        return orders[order_id]

    @router.patch("/{order_id}")
    async def change_order(order_id: int, status: Annotated[Status, Body(embed=True)]) -> Order:
        """Change the status of an order, and publish it on the board of the order."""
        order = (await show_order(order_id)).model_copy(update={"status": status})
        orders[order_id] = order
        publish(order.board, {"type": "order", "id": order.id, "status": order.status})
        return order

    return router

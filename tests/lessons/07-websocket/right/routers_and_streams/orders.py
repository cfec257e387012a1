"""The orders, over HTTP."""

from typing import Literal

import hub
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict


class Order(BaseModel):
    model_config = ConfigDict(validate_assignment=True)

    id: int
    board: str
    status: Literal["new", "packed", "shipped"] = "new"


class Change(BaseModel):
    status: Literal["new", "packed", "shipped"]


ORDERS = [Order(id=i + 1, board=b) for i, b in enumerate("packing packing desk desk van van".split())]

router = APIRouter()


def find(order_id):
    for order in ORDERS:
        if order.id == order_id:
            return order
    raise HTTPException(404)


@router.get("/{order_id}")
async def get(order_id: int) -> Order:
    return find(order_id)


@router.patch("/{order_id}")
async def patch(order_id: int, change: Change) -> Order:
    order = find(order_id)
    order.status = change.status
    hub.publish(order.board, {"type": "order", "id": order.id, "status": order.status})
    return order

"""The bookshop's live order board. The task is in README.md, beside this file."""

import os
from typing import Literal

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

BOARD_TOKEN = os.environ["BOARD_TOKEN"]
"""What a client must show to see a board."""

MAX_TEXT = 4000
"""Characters that the text of a note may have."""
HISTORY_SIZE = 10
"""Notes of a board that a newcomer is shown."""
QUEUE_SIZE = 100
"""Messages that may wait for one slow client."""


class Order(BaseModel):
    """An order of a customer, and the board of the people who work on it."""

    id: int
    board: str
    status: Literal["new", "packed", "shipped"] = "new"


ORDERS = {
    1: Order(id=1, board="packing"),
    2: Order(id=2, board="packing"),
    3: Order(id=3, board="desk"),
    4: Order(id=4, board="desk"),
    5: Order(id=5, board="van"),
    6: Order(id=6, board="van"),
}

app = FastAPI(title="Order board")


@app.get("/orders/{order_id}")
async def show_order(order_id: int) -> Order:
    """Show one order."""
    if order_id not in ORDERS:
        raise HTTPException(404, f"There is no order {order_id}")
    return ORDERS[order_id]


# 07.1: a WebSocket at /echo. Later: 07.2.

# 07.3: a model for what a client may send.

# 07.5: a place for who is on which board. Later: 07.6, 07.8, 07.9 and 07.11.

# 07.7: a check of the token.

# 07.3: a WebSocket at /boards/{board}. Later: all steps from 07.4 to 07.9, and 07.11.

# 07.10: a function that answers PATCH /orders/{order_id}.

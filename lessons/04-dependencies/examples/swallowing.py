from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()

BOOK: list[str] = []
"""The order book, in ink."""


# [dependency]
async def get_slate() -> AsyncIterator[list[str]]:
    slate: list[str] = []
    try:
        yield slate
        BOOK.extend(slate)
    except Exception:  # noqa: BLE001 (the mistake that this example shows)
        slate.clear()


# [/dependency]


@app.post("/orders/{dish}")
async def take_order(
    dish: str, slate: Annotated[list[str], Depends(get_slate)]
) -> str:
    slate.append(dish)
    if dish == "stone soup":
        raise HTTPException(409, "We have no stones")
    return f"one {dish}"

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()

BOOK: list[str] = []
"""The order book, in ink."""


class BookFullError(Exception):
    pass


def write_in_ink(lines: list[str]) -> None:
    if len(BOOK) + len(lines) > 1:
        raise BookFullError
    BOOK.extend(lines)


async def get_slate() -> AsyncIterator[list[str]]:
    slate: list[str] = []
    try:
        yield slate
        write_in_ink(slate)
    except BookFullError as error:
        raise HTTPException(409, "The order book is full") from error
    except Exception:
        slate.clear()
        raise


Slate = Annotated[list[str], Depends(get_slate)]


@app.post("/orders/{dish}", status_code=201)
async def take_order(dish: str, slate: Slate) -> str:
    slate.append(dish)
    if dish == "stone soup":
        raise HTTPException(409, "We have no stones")
    return f"one {dish}"


@app.get("/orders")
async def list_orders() -> list[str]:
    return BOOK

import itertools
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()

ROLL = itertools.count(1)


def tear_off() -> int:
    return next(ROLL)


Ticket = Annotated[int, Depends(tear_off)]
OwnTicket = Annotated[int, Depends(tear_off, use_cache=False)]


def tell_kitchen(ticket: Ticket) -> str:
    return f"cook for {ticket}"


def tell_till(ticket: Ticket) -> str:
    return f"bill for {ticket}"


@app.post("/meals")
async def order_meal(
    kitchen: Annotated[str, Depends(tell_kitchen)],
    till: Annotated[str, Depends(tell_till)],
    cloakroom: OwnTicket,
) -> dict[str, int | str]:
    return {"kitchen": kitchen, "till": till, "cloakroom": cloakroom}

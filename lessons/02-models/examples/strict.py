from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field


class Incoming(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Portion(Incoming):
    dish: str
    count: Annotated[int, Field(ge=1, le=20)]


class Ticket(Incoming):
    table: int
    portions: Annotated[list[Portion], Field(min_length=1)]
    allergies: list[str] = []


app = FastAPI()


@app.post("/tickets", status_code=201)
async def cook(ticket: Ticket) -> Ticket:
    return ticket

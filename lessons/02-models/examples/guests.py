from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BaseModel, EmailStr, Field


class NewGuest(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    email: EmailStr
    password: Annotated[str, Field(min_length=6)]
    party: Annotated[int, Field(ge=1, le=12)] | None = None


class Guest(BaseModel):
    number: int
    name: str
    email: EmailStr
    party: int | None


app = FastAPI()

GUESTS: dict[int, dict[str, Any]] = {}


@app.post("/guests", status_code=201, response_model=Guest)
async def welcome(guest: NewGuest) -> dict[str, Any]:
    number = len(GUESTS) + 1
    GUESTS[number] = {"number": number, **guest.model_dump()}
    return GUESTS[number]

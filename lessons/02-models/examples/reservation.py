from typing import Annotated, Self

from fastapi import FastAPI
from pydantic import BaseModel, Field, field_validator, model_validator


class Reservation(BaseModel):
    phone: str
    from_hour: Annotated[int, Field(ge=11, le=22)]
    to_hour: Annotated[int, Field(ge=12, le=23)]

    @field_validator("phone")
    @classmethod
    def tidy_phone(cls, phone: str) -> str:
        digits = phone.replace(" ", "").replace("/", "")
        number = digits.removeprefix("+")
        if not (number.isascii() and number.isdigit()):
            raise ValueError("a phone number is digits, perhaps after a +")
        return digits

    @model_validator(mode="after")
    def check_hours(self) -> Self:
        if self.to_hour <= self.from_hour:
            raise ValueError("to_hour must be later than from_hour")
        return self


app = FastAPI()


@app.post("/reservations", status_code=201)
async def reserve(reservation: Reservation) -> Reservation:
    return reservation

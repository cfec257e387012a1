from typing import Annotated

from fastapi import FastAPI, Form

app = FastAPI()


@app.post("/bookings", status_code=201)
async def book_table(
    name: Annotated[str, Form(max_length=40)],
    people: Annotated[int, Form(ge=1, le=8)],
) -> dict[str, str | int]:
    return {"name": name, "people": people}

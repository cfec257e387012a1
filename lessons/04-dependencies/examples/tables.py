from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()


class UpTo:
    def __init__(self, seats: int) -> None:
        self.seats = seats

    def __call__(self, guests: int) -> int:
        if guests > self.seats:
            raise HTTPException(409, f"This table has {self.seats} seats")
        return guests


@app.post("/tables/window")
async def take_window(guests: Annotated[int, Depends(UpTo(2))]) -> str:
    return f"A window table for {guests}"


@app.post("/tables/hall")
async def take_hall(guests: Annotated[int, Depends(UpTo(12))]) -> str:
    return f"A hall table for {guests}"

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()

Oven = Callable[[], Awaitable[int]]


async def read_thermometer() -> int:
    await asyncio.sleep(2)
    return 180


def get_oven() -> Oven:
    return read_thermometer


@app.get("/oven")
async def show_oven(
    oven: Annotated[Oven, Depends(get_oven)],
) -> dict[str, bool | int]:
    try:
        degrees = await oven()
    except TimeoutError:
        raise HTTPException(503, "The oven does not answer") from None
    return {"degrees": degrees, "hot": degrees >= 160}

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


class Cookbook:
    def __init__(self) -> None:
        self.is_open = True

    async def lines(self) -> AsyncIterator[str]:
        for line in ("Boil water.\n", "Add peas.\n", "Wait.\n"):
            yield line if self.is_open else "(the book is closed)\n"


async def get_cookbook() -> AsyncIterator[Cookbook]:
    cookbook = Cookbook()
    try:
        yield cookbook
    finally:
        cookbook.is_open = False


Briefly = Annotated[Cookbook, Depends(get_cookbook, scope="function")]
ToTheEnd = Annotated[Cookbook, Depends(get_cookbook, scope="request")]


@app.get("/early")
async def read_early(cookbook: Briefly) -> StreamingResponse:
    return StreamingResponse(cookbook.lines(), media_type="text/plain")


@app.get("/recipe")
async def read_recipe(cookbook: ToTheEnd) -> StreamingResponse:
    return StreamingResponse(cookbook.lines(), media_type="text/plain")

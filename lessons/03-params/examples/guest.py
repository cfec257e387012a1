from typing import Annotated

from fastapi import Cookie, FastAPI, Header

app = FastAPI()


@app.get("/seat")
async def find_seat(
    x_terrace: Annotated[bool, Header()],
    favourite_table: Annotated[int | None, Cookie(ge=1)] = None,
) -> dict[str, bool | int | None]:
    return {"outside": x_terrace, "table": favourite_table}

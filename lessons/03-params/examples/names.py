from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/tables")
async def find_tables(
    party_size: Annotated[
        int | None, Query(alias="party-size", ge=1)
    ] = None,
    people: Annotated[int | None, Query(deprecated=True)] = None,
) -> dict[str, int | None]:
    return {"looking for": people if party_size is None else party_size}

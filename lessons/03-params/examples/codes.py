from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/loose")
async def read_loose(
    code: Annotated[str, Query(pattern=r"K-[0-9]{3}", max_length=30)],
) -> str:
    return f"order {code}"


@app.get("/exact")
async def read_exact(
    code: Annotated[str, Query(pattern=r"^K-[0-9]{3}$")],
) -> str:
    return f"order {code}"

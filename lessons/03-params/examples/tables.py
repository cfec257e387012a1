from typing import Annotated

from fastapi import FastAPI, Path

app = FastAPI()

TableNumber = Annotated[
    int, Path(ge=1, le=12, description="As painted on the table.")
]


@app.get("/tables/{table}")
async def show_table(table: TableNumber) -> dict[str, int]:
    return {"table": table, "seats": 4}


@app.get("/tables/{table}/bill")
async def show_bill(table: TableNumber) -> dict[str, int]:
    return {"table": table, "euros": 38}

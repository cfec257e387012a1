from enum import StrEnum

from fastapi import FastAPI

app = FastAPI()


class Spice(StrEnum):
    MILD = "mild"
    MEDIUM = "medium"
    HOT = "hot"


@app.get("/curry")
async def cook_curry(spice: Spice = Spice.MEDIUM) -> str:
    if spice is Spice.HOT:
        return "a curry, and a jug of water"
    return f"a {spice} curry"

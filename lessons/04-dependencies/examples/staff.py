import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException

app = FastAPI()

PASSWORD = "pepper"


def require_password(x_password: Annotated[str, Header()] = "") -> None:
    if not secrets.compare_digest(x_password.encode(), PASSWORD.encode()):
        raise HTTPException(401, "Staff only")


staff = APIRouter(
    prefix="/staff",
    tags=["staff"],
    dependencies=[Depends(require_password)],
)


@staff.get("/wages")
async def show_wages() -> dict[str, int]:
    return {"cook": 3000}


@staff.get("/shifts")
async def show_shifts() -> list[str]:
    return ["noon", "night"]


app.include_router(staff)

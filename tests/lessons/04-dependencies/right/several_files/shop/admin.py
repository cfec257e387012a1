from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, status

from shop.database import STOCK
from shop.settings import SettingsDep


def key_only(settings: SettingsDep, x_api_key: Annotated[str, Header()] = "") -> None:
    key = settings.api_key.get_secret_value()
    if not key or x_api_key != key:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED)


router = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(key_only)])


@router.get("/stock")
def show() -> dict[str, int]:
    return STOCK


@router.put("/stock")
def change(copies: int) -> dict[str, int]:
    STOCK["copies"] = copies
    return STOCK

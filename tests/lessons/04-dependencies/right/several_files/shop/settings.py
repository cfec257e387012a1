from functools import lru_cache
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

router = APIRouter()


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="BOOKSHOP_", frozen=True)

    name: str = "The Bookshop"
    page_size: int = 5
    instance: str = Field(default_factory=lambda: str(uuid4()))
    api_key: SecretStr = SecretStr("")


@lru_cache
def load() -> Settings:
    return Settings()


SettingsDep = Annotated[Settings, Depends(load)]


@router.get("/about")
def about(settings: SettingsDep) -> dict[str, int | str]:
    return settings.model_dump(exclude={"api_key"})

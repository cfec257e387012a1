"""What the environment says about this bookshop."""

import secrets
from typing import Annotated

from fastapi import Depends, Request
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The environment variables that begin with `BOOKSHOP_`."""

    model_config = SettingsConfigDict(env_prefix="BOOKSHOP_")

    name: str = "The Bookshop"
    page_size: int = 5
    instance: str = Field(default_factory=lambda: secrets.token_hex(4))
    api_key: SecretStr = SecretStr("")


def get_settings(request: Request) -> Settings:
    """Hand out the settings that the app was started with."""
    settings: Settings = request.app.state.settings
    return settings


CurrentSettings = Annotated[Settings, Depends(get_settings)]

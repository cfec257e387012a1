import itertools
import os
from functools import lru_cache

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

NUMBERS = itertools.count(1)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KITCHEN_")

    chef: str = "nobody"
    seats: int = 20
    safe: SecretStr | None = None
    badge: int = Field(default_factory=lambda: next(NUMBERS))


@lru_cache
def get_settings() -> Settings:
    return Settings()


os.environ["KITCHEN_SEATS"] = "36"
os.environ["KITCHEN_SAFE"] = "left-7-right-12"
print(get_settings())
print(get_settings() is get_settings())

os.environ["KITCHEN_SEATS"] = "many"
print(get_settings().seats)
try:
    Settings()
except ValidationError as error:
    print(error.errors()[0]["loc"], error.errors()[0]["msg"])

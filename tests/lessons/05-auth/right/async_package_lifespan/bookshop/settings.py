"""What the environment tells the app."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings, read once when the app starts. An error names the variable, not its value."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)

    secret_key: SecretStr = Field(min_length=32, validation_alias="SECRET_KEY")

"""The bookshop's API. All of it is in the package `bookshop`."""

from pathlib import Path

from bookshop.application import create_app

app = create_app(Path(__file__).with_name("accounts.json"))

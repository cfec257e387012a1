"""A pytest plugin that runs a hidden suite in process, with FastAPI's TestClient.

It is what the checker is measured against: the way of grading that isolates nothing.
"""

import importlib
import os
import random
import sys
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from checker.client import App


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lesson(number): the lesson that a suite grades")
    config.addinivalue_line("markers", "step(number): the step that a check belongs to")
    sys.path.insert(0, os.environ["SUBMISSION"])


def _client() -> App:
    client = TestClient(importlib.import_module("main").app, raise_server_exceptions=False)
    return App(client.send)


@pytest.fixture(scope="session")
def app() -> App:
    return _client()


@pytest.fixture
def fresh_app() -> Callable[[], App]:
    def fresh() -> App:
        sys.modules.pop("main", None)
        return _client()

    return fresh


@pytest.fixture
def rng() -> random.Random:
    return random.Random(1)  # noqa: S311 (test data)

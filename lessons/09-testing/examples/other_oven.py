# [tests]
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from oven import Oven, app, get_oven

client = TestClient(app)


@pytest.fixture
def set_oven() -> Iterator[Callable[[Oven], None]]:
    def set_to(oven: Oven) -> None:
        app.dependency_overrides[get_oven] = lambda: oven

    yield set_to
    app.dependency_overrides.clear()


@pytest.mark.parametrize(("degrees", "hot"), [(159, False), (160, True)])
def test_hot(
    set_oven: Callable[[Oven], None], degrees: int, *, hot: bool
) -> None:
    async def oven() -> int:
        return degrees

    set_oven(oven)
    assert client.get("/oven").json()["hot"] is hot


def test_silent_oven(set_oven: Callable[[Oven], None]) -> None:
    async def oven() -> int:
        raise TimeoutError

    set_oven(oven)
    assert client.get("/oven").status_code == 503


# [/tests]
if __name__ == "__main__":
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-m", "pytest", "-qq", "-rA", __file__], check=True
    )

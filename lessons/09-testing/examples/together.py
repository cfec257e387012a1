# [tests]
import asyncio
from collections.abc import Callable, Iterator

import pytest
from httpx2 import ASGITransport, AsyncClient
from oven import Oven, app, get_oven

# [/tests]


@pytest.fixture
def set_oven() -> Iterator[Callable[[Oven], None]]:
    def set_to(oven: Oven) -> None:
        app.dependency_overrides[get_oven] = lambda: oven

    yield set_to
    app.dependency_overrides.clear()


# [test]
@pytest.mark.anyio
async def test_two_cooks_ask_together(
    set_oven: Callable[[Oven], None],
) -> None:
    both_ask = asyncio.Barrier(2)

    async def oven() -> int:
        async with asyncio.timeout(1):
            await both_ask.wait()
        return 180

    set_oven(oven)
    async with AsyncClient(
        transport=ASGITransport(app), base_url="http://test"
    ) as client:
        answers = await asyncio.gather(
            client.get("/oven"), client.get("/oven")
        )
    assert [answer.status_code for answer in answers] == [200, 200]


# [/test]
if __name__ == "__main__":
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-m", "pytest", "-qq", "-rA", __file__], check=True
    )

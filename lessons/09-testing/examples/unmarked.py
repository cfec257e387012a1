from httpx2 import ASGITransport, AsyncClient
from kitchen import app


# [tests]
async def test_welcome() -> None:
    async with AsyncClient(
        transport=ASGITransport(app), base_url="http://test"
    ) as client:
        answer = await client.get("/")
    assert answer.status_code == 200


# [/tests]
if __name__ == "__main__":
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-m", "pytest", "-qq", "--tb=short", __file__],
        check=False,
    )

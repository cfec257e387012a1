# [tests]
from fastapi.testclient import TestClient
from kitchen import app

client = TestClient(app)


def test_welcome() -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.json() == {"message": "What would you like to eat?"}


def test_missing_dish() -> None:
    assert client.get("/dishes/99").status_code == 404


# [/tests]
if __name__ == "__main__":
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-m", "pytest", "-qq", "-rA", __file__], check=True
    )

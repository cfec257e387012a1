from fastapi.testclient import TestClient
from kitchen import app

client = TestClient(app)


# [tests]
def test_add() -> None:
    answer = client.post("/dishes", json={"name": "soup", "guests": 4})
    assert answer.json() == {"id": 1, "name": "soup"}


def test_show() -> None:
    assert client.get("/dishes/1").json()["name"] == "soup"


# [/tests]
if __name__ == "__main__":
    import subprocess
    import sys

    command = [sys.executable, "-m", "pytest", "-qq", "--tb=short"]
    subprocess.run([*command, f"{__file__}::test_show"], check=False)

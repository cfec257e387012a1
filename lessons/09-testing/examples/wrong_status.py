from fastapi.testclient import TestClient
from kitchen import app

client = TestClient(app)


# [tests]
def test_add() -> None:
    answer = client.post("/dishes", json={"name": "soup", "guests": 4})
    assert answer.status_code == 200


# [/tests]
if __name__ == "__main__":
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-m", "pytest", "-qq", "--tb=short", __file__],
        check=False,
    )

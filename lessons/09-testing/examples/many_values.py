# [tests]
import pytest
from fastapi.testclient import TestClient
from kitchen import app

client = TestClient(app)


@pytest.mark.parametrize(
    ("guests", "status"),
    [(0, 422), (1, 201), (12, 201), (13, 422), ("many", 422)],
)
def test_number_of_guests(guests: object, status: int) -> None:
    answer = client.post("/dishes", json={"name": "soup", "guests": guests})
    assert answer.status_code == status


# [/tests]
if __name__ == "__main__":
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-m", "pytest", "-qq", "-rA", __file__], check=True
    )

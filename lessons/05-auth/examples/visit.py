from fastapi.testclient import TestClient
from login import PEOPLE, app

client = TestClient(app)

form = {"username": "tim", "password": "tomatosoup"}
answer = client.post("/token", data=form)
print(answer.status_code, sorted(answer.json()))

ticket = {"Authorization": f"Bearer {answer.json()['access_token']}"}
answer = client.get("/me", headers=ticket)
print(answer.status_code, answer.json())

PEOPLE["tim"].disabled = True
answer = client.get("/me", headers=ticket)
print(answer.status_code, answer.json())

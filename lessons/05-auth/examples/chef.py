from fastapi import Depends, HTTPException
from fastapi.testclient import TestClient
from login import CurrentPerson, app


# [role]
class RequireRole:
    def __init__(self, role: str) -> None:
        self.role = role

    def __call__(self, person: CurrentPerson) -> None:
        if person.role != self.role:
            raise HTTPException(403, f"Only a {self.role} may do this")


@app.get(
    "/recipes/secret-sauce", dependencies=[Depends(RequireRole("chef"))]
)
def show_secret_sauce() -> dict[str, str]:
    return {"recipe": "butter, and more butter"}


# [/role]
client = TestClient(app)
print("nobody:", client.get("/recipes/secret-sauce").status_code)
for username, password in [("tim", "tomatosoup"), ("rosa", "saffron7")]:
    form = {"username": username, "password": password}
    login = client.post("/token", data=form)
    ticket = {"Authorization": f"Bearer {login.json()['access_token']}"}
    answer = client.get("/recipes/secret-sauce", headers=ticket)
    print(f"{username}:", answer.status_code, answer.json())

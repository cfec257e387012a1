import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from pydantic import BaseModel

SECRET_KEY = secrets.token_hex(32)  # for the example: new at every start
PASSWORDS = PasswordHash.recommended()


# [people]
class Person(BaseModel):
    username: str
    password_hash: str
    role: str = "guest"
    disabled: bool = False


PEOPLE = {
    "tim": Person(
        username="tim", password_hash=PASSWORDS.hash("tomatosoup")
    ),
    "rosa": Person(
        username="rosa",
        password_hash=PASSWORDS.hash("saffron7"),
        role="chef",
    ),
}
# [/people]

app = FastAPI()


# [refusal]
def unauthorized(detail: str) -> HTTPException:
    return HTTPException(
        401, detail, headers={"WWW-Authenticate": "Bearer"}
    )


# [/refusal]
# [authenticate]
NOBODYS_HASH = PASSWORDS.hash(secrets.token_hex())


def authenticate(username: str, password: str) -> Person | None:
    person = PEOPLE.get(username)
    known_hash = person.password_hash if person else NOBODYS_HASH
    matches = PASSWORDS.verify(password, known_hash)
    return person if matches and person and not person.disabled else None


# [/authenticate]
# [token]
@app.post("/token")
def log_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
) -> dict[str, str]:
    person = authenticate(form.username, form.password)
    if person is None:
        raise unauthorized("Wrong username or password")
    claims = {
        "sub": person.username,
        "exp": datetime.now(UTC) + timedelta(minutes=30),
    }
    token = jwt.encode(claims, SECRET_KEY, algorithm="HS256")
    return {"access_token": token, "token_type": "bearer"}


# [/token]
# [current]
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


def current_person(token: Annotated[str, Depends(oauth2_scheme)]) -> Person:
    try:
        claims = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["sub", "exp"]},
        )
    except jwt.InvalidTokenError:
        raise unauthorized("The token is not valid") from None
    person = PEOPLE.get(claims["sub"])
    if person is None or person.disabled:
        raise unauthorized("The token is not valid")
    return person


CurrentPerson = Annotated[Person, Depends(current_person)]


@app.get("/me")
def show_me(person: CurrentPerson) -> dict[str, str]:
    return {"username": person.username, "role": person.role}


# [/current]

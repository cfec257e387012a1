import secrets
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI
from fastapi.security import OAuth2PasswordBearer

SECRET_KEY = secrets.token_hex(32)

app = FastAPI()
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


@app.get("/me")
async def show_me(
    token: Annotated[str, Depends(oauth2_scheme)],
) -> dict[str, str]:
    claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"])
    return {"username": claims["sub"]}

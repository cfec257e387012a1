"""What the routes do, once the gate has let a request pass."""

from typing import TypeVar

from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from accounts import Account, AccountChange, Accounts, LoginForm, NewAccount, ShownAccount
from gate import unauthorized
from passwords import NOBODYS_HASH, fits, hash_password
from tokens import Signer

Body = TypeVar("Body", bound=BaseModel)


def show(account: Account) -> dict[str, str | bool]:
    """Return what others may see of the account."""
    return ShownAccount.model_validate(account).model_dump()


def refuse_body(error: ValidationError) -> RequestValidationError:
    """Return the error that FastAPI answers with 422, without what was sent."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return RequestValidationError(
        [{**detail, "loc": ("body", *detail["loc"])} for detail in jsonable_encoder(details)]
    )


async def read_json(request: Request, model: type[Body]) -> Body:
    """Return the JSON body of the request as the model, or refuse it."""
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise refuse_body(error) from None


class Handlers:
    """The functions that answer, and what they share."""

    def __init__(self, accounts: Accounts, signer: Signer) -> None:
        """Keep what all of them need."""
        self._accounts = accounts
        self._signer = signer

    async def log_in(self, request: Request) -> Response:
        """Exchange a password for a token."""
        async with request.form() as fields:
            try:
                form = LoginForm.model_validate(dict(fields))
            except ValidationError as error:
                raise refuse_body(error) from None
        account = self._accounts.find(form.username)
        known_hash = account.password_hash if account else NOBODYS_HASH
        matches = await run_in_threadpool(fits, form.password, known_hash)
        if account is None or account.disabled or not matches:
            return unauthorized("Wrong username or password")
        token = self._signer.issue(account.username)
        return JSONResponse({"access_token": token, "token_type": "bearer"})

    async def show_me(self, request: Request) -> Response:
        """Show the account that the token was made for."""
        return JSONResponse(show(request.state.visitor))

    async def create(self, request: Request) -> Response:
        """Open an account for a customer."""
        new = await read_json(request, NewAccount)
        password_hash = await run_in_threadpool(hash_password, new.password)
        account = Account(new.username, password_hash)
        if not await run_in_threadpool(self._accounts.add, account):
            raise HTTPException(409, "This username is taken")
        return JSONResponse(show(account), 201)

    async def list_all(self, _: Request) -> Response:
        """List all accounts."""
        return JSONResponse([show(account) for account in self._accounts])

    async def change(self, request: Request) -> Response:
        """Change the role of an account, or disable it."""
        username = request.path_params["username"]
        change = await read_json(request, AccountChange)
        account = await run_in_threadpool(self._accounts.change, username, change)
        if account is None:
            raise HTTPException(404, f"There is no account {username}")
        return JSONResponse(show(account))

"""The OpenAPI document, written by hand."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from accounts import AccountChange, LoginForm, NewAccount, ShownAccount

SCHEME = "OAuth2PasswordBearer"
PROTECTED = {"security": [{SCHEME: []}]}
USERNAME = {"name": "username", "in": "path", "required": True, "schema": {"type": "string"}}
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def ref(model: type[BaseModel]) -> dict[str, str]:
    """Point to the schema of a model."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def body(model: type[BaseModel], media_type: str = JSON) -> dict[str, Any]:
    """Describe what must be sent."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": ref(model)}}}}


def answer(status: int, meaning: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """Describe one answer."""
    content = {} if schema is None else {"content": {JSON: {"schema": schema}}}
    return {str(status): {"description": meaning, **content}}


UNKNOWN = answer(401, "We don't know who asks")
FORBIDDEN = answer(403, "For staff only")
UNREADABLE = answer(422, "What was sent has not the right form")

TOKEN = {
    "type": "object",
    "title": "Token",
    "required": ["access_token", "token_type"],
    "properties": {"access_token": {"type": "string"}, "token_type": {"const": "bearer"}},
}

PATHS = {
    "/token": {
        "post": {
            "summary": "Exchange a password for a token",
            "operationId": "log_in",
            **body(LoginForm, FORM),
            "responses": answer(200, "A token", TOKEN) | UNKNOWN | UNREADABLE,
        }
    },
    "/me": {
        "get": {
            "summary": "Show the account that the token was made for",
            "operationId": "show_me",
            **PROTECTED,
            "responses": answer(200, "The account", ref(ShownAccount)) | UNKNOWN,
        }
    },
    "/accounts": {
        "post": {
            "summary": "Open an account for a customer",
            "operationId": "create_account",
            **body(NewAccount),
            "responses": answer(201, "The account", ref(ShownAccount))
            | answer(409, "This username is taken")
            | UNREADABLE,
        },
        "get": {
            "summary": "List all accounts",
            "operationId": "list_accounts",
            **PROTECTED,
            "responses": answer(200, "All accounts", {"type": "array", "items": ref(ShownAccount)})
            | UNKNOWN
            | FORBIDDEN,
        },
    },
    "/accounts/{username}": {
        "patch": {
            "summary": "Change the role of an account, or disable it",
            "operationId": "change_account",
            "parameters": [USERNAME],
            **PROTECTED,
            **body(AccountChange),
            "responses": answer(200, "The account", ref(ShownAccount))
            | UNKNOWN
            | FORBIDDEN
            | answer(404, "There is no such account")
            | UNREADABLE,
        }
    },
}


def describe(title: str, version: str) -> dict[str, Any]:
    """Return the whole document."""
    models = [NewAccount, AccountChange, LoginForm, ShownAccount]
    _, schemas = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": PATHS,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                SCHEME: {
                    "type": "oauth2",
                    "flows": {"password": {"scopes": {}, "tokenUrl": "token"}},
                }
            },
        },
    }

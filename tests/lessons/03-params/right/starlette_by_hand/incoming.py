"""Hold what came in against a model, and describe the model's fields as parameters."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from fastapi import HTTPException
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def refusal(error: ValidationError) -> HTTPException:
    """Make a 422 that names each place where the request is wrong."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return HTTPException(422, problems)


def check(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Return the values as an object of the model, or answer 422."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise refusal(error) from error


def check_json(model: type[Model], body: bytes) -> Model:
    """Return the JSON body as an object of the model, or answer 422."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise refusal(error) from error


def docs(model: type[BaseModel], place: Literal["query", "path"]) -> dict[str, Any]:
    """Describe the fields of the model as parameters, in the words of OpenAPI."""
    schema = model.model_json_schema()
    required = schema.get("required", [])
    parameters = []
    for name, field in schema["properties"].items():
        deprecated = field.pop("deprecated", False)
        parameter = {"name": name, "in": place, "required": name in required, "schema": field}
        parameters.append(parameter | ({"deprecated": True} if deprecated else {}))
    return {"parameters": parameters}

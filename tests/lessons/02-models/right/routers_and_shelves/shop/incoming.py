"""What all request bodies have in common."""

from pydantic import BaseModel


class Incoming(BaseModel, extra="forbid"):
    """A body that holds no field that we don't know."""

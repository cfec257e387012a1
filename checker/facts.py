"""What a host may tell the trusted side, validated: it comes from a process of the learner's.

Facts are never verdicts. What doesn't parse is dropped, and every line and count is bounded.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_LINE = 64 * 1024
"""Bytes of one fact."""

Text = Annotated[str, Field(max_length=4000)]
Number = Annotated[int, Field(ge=-(2**53), le=2**53)]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FrameFact(_Fact):
    """A line of a traceback."""

    file: Text
    line: Number
    function: Text
    code: Text


class Started(_Fact):
    """The app accepts requests; on TCP, at `port`."""

    fact: Literal["started"]
    port: Annotated[int, Field(gt=0, lt=2**16)] | None = None


class TroubleFact(_Fact):
    """The app can't be served."""

    fact: Literal["trouble"]
    kind: Literal["syntax_error", "import_error", "exited", "memory", "no_app", "startup_error"]
    type: Text = ""
    message: Text = ""
    frames: Annotated[list[FrameFact], Field(max_length=20)] = []
    file: Text | None = None
    line: Number | None = None
    column: Number | None = None
    text: Text = ""
    missing: Text | None = None
    found: Text | None = None
    candidates: Annotated[list[Text], Field(max_length=5)] = []


class RaisedFact(_Fact):
    """A handler raised, and nothing in the app handled it."""

    fact: Literal["raised"]
    during: Text
    type: Text
    message: Text
    frames: Annotated[list[FrameFact], Field(max_length=20)]


class Observed(_Fact):
    """The answer to `observe`: counts that only the app's process knows."""

    fact: Literal["observed"]
    number: Number
    values: Annotated[dict[Text, Number], Field(max_length=20)]


class Ended(_Fact):
    """The app's process ended with this exit code; negative: by that signal."""

    fact: Literal["ended"]
    code: Number


Fact = Annotated[Started | TroubleFact | RaisedFact | Observed | Ended, Field(discriminator="fact")]
_ADAPTER: TypeAdapter[Fact] = TypeAdapter(Fact)


def parse_fact(line: bytes) -> Fact | None:
    """Return the fact in a line of JSON, or None if it is none."""
    try:
        return _ADAPTER.validate_json(line)
    except ValidationError:
        return None

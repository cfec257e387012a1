"""Facts about an app that can't be graded -> Trouble, in a beginner's words, with the fix."""

from __future__ import annotations

import re
import signal
import sys
from typing import TYPE_CHECKING

from checker.model import Frame, Limits, Raised, Trouble

if TYPE_CHECKING:
    from pathlib import Path

    from checker.facts import RaisedFact, TroubleFact

UNKNOWN = re.compile(r"name '(\w+)' is not defined")
PACKAGES = {"dotenv": "python-dotenv", "jose": "PyJWT", "jwt": "PyJWT", "yaml": "PyYAML"}
"""Distributions that are not called like the module they hold (jose: what this course uses)."""
MODULES = (
    "aiosqlite", "anyio", "argon2", "fastapi", "httpx2", "jwt", "pwdlib", "pydantic",
    "pydantic_settings", "pytest", "sqlalchemy", "starlette", "uvicorn", "websockets",
)  # fmt: skip
"""What the course uses, beside the standard library."""
NAMES = {
    "fastapi": (
        "APIRouter", "BackgroundTasks", "Body", "Cookie", "Depends", "FastAPI", "File", "Form",
        "HTTPException", "Header", "Path", "Query", "Request", "Response", "Security", "UploadFile",
        "WebSocket", "WebSocketDisconnect", "status",
    ),
    "pydantic": ("BaseModel", "ConfigDict", "Field", "field_validator", "model_validator"),
    "typing": ("Annotated", "Any", "Literal"),
}  # fmt: skip
"""Names that are often used and not imported, by their module."""


def explain(fact: TroubleFact) -> Trouble:
    """Say what kept the app from being served, where, and what to do."""
    last = fact.frames[-1] if fact.frames else None
    file = fact.file or (last.file if last else "main.py")
    line = fact.line or (last.line if last else None)
    place = f"{file}, line {line}" if line else file
    what = f"{fact.type}: {fact.message}".rstrip(": ")
    match fact.kind:
        case "syntax_error":
            message = syntax_message(file, line, fact.column, fact.text, fact.message)
        case "no_app":
            message = _no_app(fact)
        case "exited":
            message = (
                f"{place} ended the program while it was being imported ({what}).\n"
                "Remove the call to exit: the server imports your file and then calls `app`."
            )
        case "memory":
            message = (
                f"{place} used more memory than a check may while it was being imported.\n"
                "Look for a list or string that grows without end."
            )
        case "startup_error":
            message = (
                f"Your app raised an error while it started up: {what} ({place}).\n"
                + _startup_cause(fact)
            )
        case _:
            message = _import_error(fact, place, what)
    return Trouble(fact.kind, message + _code(fact), file, line)


def syntax_message(file: str, line: int | None, column: int | None, text: str, problem: str) -> str:
    """Say where a file is not valid Python, with the line and a caret under the place."""
    message = f"{file}, line {line} is not valid Python: {problem}."
    if text.strip():
        indent = len(text) - len(text.lstrip())
        caret = max((column or 1) - 1 - indent, 0)
        message += f"\n\n    {text.strip()}\n    {' ' * caret}^"
    return message + "\n\nMend that line (or the one before it), save, and check again."


def ended_early(code: int) -> Trouble:
    """Say that the process ended before the app could be served."""
    return Trouble(
        "crashed",
        f"Your app's process {how_it_ended(code)} while main.py was being imported.\n"
        "Remove what ends it: a server must keep running until it is told to stop.",
        "main.py",
    )


def too_slow_to_start(limits: Limits) -> Trouble:
    """Say that importing the app did not come to an end."""
    return Trouble(
        "timeout",
        f"main.py was still being imported after {limits.start_s:g} seconds.\n"
        "Look for an endless loop, or a wait, outside of your functions: also `uvicorn.run(app)`,\n"
        "which never ends. The checker serves your app itself.",
        "main.py",
    )


def too_many_files(limits: Limits) -> Trouble:
    """Say that the app was ended for what it had written."""
    return Trouble(
        "disk",
        "Your app was ended: it has written more than an app may while it is checked "
        f"({limits.scratch_bytes // 1024**2} MiB, {limits.scratch_files:,} files).\n"
        "Look for a loop that writes, or for files that it should remove again.",
        "main.py",
    )


def how_it_ended(code: int) -> str:
    """Say how a process ended, as the end of a sentence."""
    if code >= 0:
        return f"ended by itself (exit code {code})"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if name == "SIGKILL":
        return "was killed (SIGKILL), as happens to one that takes too much memory"
    return f"crashed ({name})"


def raised(fact: RaisedFact) -> Raised:
    """Turn a validated fact into our value."""
    frames = tuple(Frame(f.file, f.line, f.function, f.code) for f in fact.frames)
    return Raised(fact.type, fact.message, frames, fact.during)


def missing_file(path: Path, entry: str = "main.py") -> Trouble:
    """Say that the submission lacks the file that is graded."""
    return Trouble(
        "no_file",
        f"There is no {entry} in {path}.\n"
        "That file is what is graded: create it, or run `learn reset` with the lesson's number\n"
        "for the starter.",
        entry,
    )


def _no_app(fact: TroubleFact) -> str:
    if fact.found is not None:
        return (
            f"`app` in main.py is of type {fact.found}, which no server can serve.\n"
            "It should be made by FastAPI: `app = FastAPI()`."
        )
    if fact.candidates:
        return (
            "main.py has no `app`. The server looks for that name.\n"
            f"You have `{fact.candidates[0]}`: rename it to `app`."
        )
    return "main.py has no `app`. Add `app = FastAPI()`: the server looks for that name."


def _import_error(fact: TroubleFact, place: str, what: str) -> str:
    if fact.missing:
        top = fact.missing.partition(".")[0]
        return f"{place} imports {fact.missing!r}, which is not here.\n{_where_it_is(top)}"
    return (f"main.py could not be imported: {what} ({place}).\n{_likely_cause(fact)}").rstrip()


def _where_it_is(module: str) -> str:
    """Say how to come by a module. A slip is not to be installed: it may name a stranger's."""
    import difflib  # no app that can be imported needs it

    if meant := difflib.get_close_matches(module, [*MODULES, *sys.stdlib_module_names], 1, 0.75):
        return f"Do you mean {meant[0]!r}?"
    return (
        "A file of yours must lie beside main.py; `learn reset` brings back what the lesson had.\n"
        f"A package must be installed: `python -m pip install {PACKAGES.get(module, module)}`."
    )


def _startup_cause(fact: TroubleFact) -> str:
    if any("scope" in frame.code or frame.function == "__call__" for frame in fact.frames):
        return (
            "A server calls an app, and so your middleware, once when it starts: with a scope of\n"
            "the type `lifespan`, which has no headers and no path. Begin `__call__` with\n"
            '`if scope["type"] != "http":`, and there await the app inside, and return.'
        )
    return "Startup is the part of `lifespan` before `yield`."


def _likely_cause(fact: TroubleFact) -> str:
    """Say what FastAPI's own words for some beginner's mistakes mean."""
    if fact.type == "FastAPIError" and "Invalid args for response field" in fact.message:
        return "A class in an argument or a return type is no model: does it derive from BaseModel?"
    if fact.type == "NameError":
        unknown = UNKNOWN.match(fact.message)
        for module, names in NAMES.items():
            if unknown and unknown[1] in names:
                return f"Add `from {module} import {unknown[1]}` at the top."
        return "A name must stand above the line that uses it; a class above its decorator."
    return ""


def _code(fact: TroubleFact) -> str:
    if fact.kind == "syntax_error" or not fact.frames:
        return ""
    return f"\n\n    {fact.frames[-1].code}"

"""Examples of lesson texts: files that are run, whose output is checked, never pasted.

`NAME.py` is an app (it defines `app`) or a script. `NAME.http` holds requests to the app
`NAME.py`, or to the one that its first line names (`# app: other.py`), in the form that editors
know (request line, headers, empty line, body; `###` between two requests). `NAME.out` is what the
script prints, or the requests and their answers. For a `WEBSOCKET /path`, each line `> text` of
the body sends a message and each `<` waits for one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from checker.launcher import Job, Launcher
from checker.render import exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.client import App
    from checker.engine import Engine

APP_LINE = re.compile(r"# app: (\S+)\n")
TIMEOUT_S = 60
CI_VARIABLES = ("CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "PYTEST_ADDOPTS")


@dataclass(frozen=True, slots=True)
class Request:
    """One request of an .http file."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


def outputs(folder: Path, engine: Engine) -> dict[Path, str]:
    """Run every example of a folder; return what each .out file should hold.

    Raises ValueError, naming the example, if an app does not start.
    """
    found: dict[Path, str] = {}
    conversed = set()
    for requests in sorted(folder.glob("*.http")):
        text = requests.read_text(encoding="utf-8")
        named = APP_LINE.match(text)
        example = folder / named[1] if named else requests.with_suffix(".py")
        conversed.add(example)
        found[requests.with_suffix(".out")] = _converse(example, list(parse_requests(text)), engine)
    for example in sorted(set(folder.glob("*.py")) - conversed):
        if _defines_app(example):
            _converse(example, [], engine)
        else:
            found[example.with_suffix(".out")] = _run_script(example)
    return {path: text for path, text in found.items() if text}


def parse_requests(text: str) -> Iterator[Request]:
    """Split an .http file into its requests."""
    for part in re.split(r"^###.*$", text, flags=re.MULTILINE):
        head, _, body = part.strip().partition("\n\n")
        lines = [line for line in head.splitlines() if not line.startswith("#")]
        if lines:
            method, _, path = lines[0].partition(" ")
            headers = dict(re.split(r":\s*", line, maxsplit=1) for line in lines[1:])
            yield Request(method, path, headers, body.strip())


def _defines_app(example: Path) -> bool:
    return re.search(r"^app = ", example.read_text(encoding="utf-8"), re.MULTILINE) is not None


def _run_script(example: Path) -> str:
    """Run a script as a reader would; its traceback, if it is to fail, is part of the output."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(example.parent, folder, dirs_exist_ok=True)
        ran = subprocess.run(
            [sys.executable, "-W", "error", example.name],
            cwd=folder, env=_readers_environment(),
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        text = ran.stdout + ran.stderr
    text = re.sub(r'File ".*/site-packages/', 'File ".../', text)
    return text.replace(folder + os.sep, "").rstrip() + "\n" if text.strip() else ""


def _readers_environment() -> dict[str, str]:
    """A terminal of 80 columns, on nobody's CI: pytest shortens its lines only for people."""
    kept = {name: value for name, value in os.environ.items() if name not in CI_VARIABLES}
    return kept | {"COLUMNS": "80", "NO_COLOR": "1"}


def _converse(example: Path, requests: list[Request], engine: Engine) -> str:
    """Serve an app and write down its answers."""
    from checker.client import connect  # only to run .http files

    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        submission = scratch / "submission"
        shutil.copytree(example.parent, submission)
        shutil.copyfile(example, submission / "main.py")
        job = Job(
            suite="", submission=str(submission), scratch=name, seed=0, steps=[], needs={},
            control=engine.control, isolation=engine.isolation,
        )  # fmt: skip
        launcher = Launcher(job)
        try:
            if trouble := launcher.main.wait_started():
                raise ValueError(f"{example}: {trouble.message}")
            app = connect(launcher.main, job.limits)
            return "\n".join(_answer(app, request) for request in requests)
        finally:
            launcher.end_all()


def _answer(app: App, request: Request) -> str:
    if request.method == "WEBSOCKET":
        return _conversation(app, request)
    answer = app.request(
        request.method, request.path, headers=request.headers, content=request.body or None
    )
    raised = app.exceptions()[-1:] if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR else []
    line = f"{request.method} {request.path}"
    return exchange.as_text(
        exchange.Shown(line, "", answer.status, answer.headers, answer.text, raised)
    )


def _conversation(app: App, request: Request) -> str:
    from checker.client import Unmet  # only for WebSockets

    lines = [f"WEBSOCKET {request.path}"]
    try:
        with app.websocket(request.path, headers=request.headers) as socket:
            for line in request.body.splitlines():
                if line.startswith(">"):
                    lines.append(line)
                    socket.send_text(line[1:].strip())
                elif line.startswith("<"):
                    lines.append(f"< {socket.receive_text()}")
    except Unmet as error:
        lines.append(str(error).partition("\n")[0])
    return "\n".join(lines) + "\n"

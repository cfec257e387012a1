"""`learn run`: serve the learner's app, reloading on every save."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from checker.catalog import find_lesson
from checker.errors import UsageFault
from checker.render.console import output
from checker.workspace import current_course, find_workspace, here

if TYPE_CHECKING:
    from checker.model import Lesson


STOPPED_BY = [
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
]  # fmt: skip
"""What ends us as Ctrl-C does: the server must not outlive us."""


def _environment(lesson: Lesson) -> dict[str, str]:
    """Return the variables that a check would set; those that the user has set stay theirs."""
    needed = dict(lesson.environment) | {name: secrets.token_hex(32) for name in lesson.secrets}
    return {name: os.environ.get(name, value) for name, value in needed.items()}


def run(wanted: str, port: int) -> int:
    """Serve until Ctrl-C; return uvicorn's exit code. Raises UsageFault if the port is taken."""
    course = current_course()
    lesson, _ = find_lesson(course, wanted)
    workspace = find_workspace(course, here())
    folder = workspace.exercise(lesson)
    if not (folder / "main.py").is_file():
        raise UsageFault(
            f"There is no {workspace.shown(folder / 'main.py')}.",
            f"Get the starter: `learn reset {lesson.number}`",
        )
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise UsageFault(
            f"Port {port} can't be used: {error.strerror or error}.",
            f"Stop what uses it, or take another: `learn run {lesson.number} --port {port + 1}`",
        ) from None
    environment = _environment(lesson)
    console = output()
    console.print(f"Serving {workspace.shown(folder / 'main.py')}, reloading when you save.")
    for name, value in environment.items():
        console.print(f"  with:  {name}={value}", markup=False, soft_wrap=True)
    console.print(f"  docs:  http://127.0.0.1:{port}/docs")
    console.print("  stop:  Ctrl-C\n")
    app = ["checker.offline_docs:learners_app", "--factory"]
    command = ["-m", "uvicorn", *app, "--reload", "--port", str(port)]
    for number in STOPPED_BY:
        signal.signal(number, signal.default_int_handler)
    server = subprocess.Popen([sys.executable, *command], cwd=folder, env=os.environ | environment)
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()  # it ends the app that it has started, and then itself
        server.wait()
        return 0

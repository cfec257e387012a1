"""`learn open`: the exercise in the user's editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

from checker.catalog import find_lesson
from checker.errors import UsageFault
from checker.render.console import output
from checker.workspace import current_course, find_workspace, here

USUAL = ("code", "pycharm", "subl", "nano", "vim", "vi", "notepad")
"""Editors to look for where neither VISUAL nor EDITOR is set."""


def open_exercise(wanted: str) -> None:
    """Open the file that the learner writes. Raises UsageFault if there is no editor."""
    course = current_course()
    lesson, _ = find_lesson(course, wanted)
    workspace = find_workspace(course, here())
    main = workspace.exercise(lesson) / lesson.entry
    command = editor_command()
    output().print(f"Opening {workspace.shown(main)}", markup=False)
    try:
        subprocess.run([*command, str(main)], check=False)
    except OSError as error:
        raise UsageFault(
            f"Your editor {command[0]!r} can't be started: {error.strerror or error}.",
            f"Set EDITOR to another, or open {workspace.shown(main)} yourself.",
        ) from None


def editor_command() -> list[str]:
    """Return the command line of the user's editor. Raises UsageFault if there is none."""
    for name in ("VISUAL", "EDITOR"):
        if command := os.environ.get(name, "").strip():
            return shlex.split(command)
    for name in USUAL:
        if found := shutil.which(name):
            return [found]
    raise UsageFault("No editor was found.", "Set EDITOR to yours: `export EDITOR=nano`.")

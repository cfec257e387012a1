"""`learn open`: the exercise in the user's editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from checker.catalog import find_lesson
from checker.errors import UsageFault
from checker.render.console import output
from checker.workspace import current_course, find_workspace, here

if TYPE_CHECKING:
    from checker.model import Lesson
    from checker.workspace import Workspace

USUAL = ("code", "pycharm", "subl", "nano", "vim", "vi", "notepad")
"""Editors to look for where neither VISUAL nor EDITOR is set."""


IN_WINDOWS = {
    "code", "codium", "cursor", "windsurf", "pycharm", "charm", "idea", "subl", "zed", "gedit",
    "gnome-text-editor", "kate", "mousepad", "xed", "geany", "gvim", "mate", "notepad",
}  # fmt: skip
"""Editors that open a window; all others may need the terminal for themselves."""


def open_exercise(wanted: str) -> None:
    """Open the file that the learner writes. Raises UsageFault if there is no editor."""
    course = current_course()
    lesson, _ = find_lesson(course, wanted)
    workspace = find_workspace(course, here())
    command = editor_command()
    output().print(f"Opening {workspace.shown(main_file(workspace, lesson))}", markup=False)
    edit(command, workspace, lesson)


def main_file(workspace: Workspace, lesson: Lesson) -> Path:
    """Return the file that the learner writes."""
    return workspace.exercise(lesson) / lesson.entry


def edit(command: list[str], workspace: Workspace, lesson: Lesson) -> None:
    """Run an editor on the learner's file, until it ends. Raises UsageFault if it can't start."""
    main = main_file(workspace, lesson)
    try:
        subprocess.run([*command, str(main)], check=False)
    except OSError as error:
        raise _cannot_start(command, error, workspace.shown(main)) from None


def edit_in_window(command: list[str], workspace: Workspace, lesson: Lesson) -> None:
    """Start an editor that opens a window, and leave it be.

    Raises UsageFault if it can't start.
    """
    main = main_file(workspace, lesson)
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            [*command, str(main)], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
    except OSError as error:
        raise _cannot_start(command, error, workspace.shown(main)) from None
    threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie


def opens_window(command: list[str]) -> bool:
    """Whether an editor is known to leave the terminal alone."""
    return Path(command[0]).stem.lower() in IN_WINDOWS


def _cannot_start(command: list[str], error: OSError, shown: str) -> UsageFault:
    return UsageFault(
        f"Your editor {command[0]!r} can't be started: {error.strerror or error}.",
        f"Set EDITOR to another, or open {shown} yourself.",
    )


def editor_command() -> list[str]:
    """Return the command line of the user's editor. Raises UsageFault if there is none."""
    for name in ("VISUAL", "EDITOR"):
        if command := os.environ.get(name, "").strip():
            try:
                return shlex.split(command)
            except ValueError as error:
                raise UsageFault(
                    f"{name} can't be read as a command: {error}.",
                    f"Set it to your editor: `export {name}=nano`.",
                ) from None
    for name in USUAL:
        if found := shutil.which(name):
            return [found]
    raise UsageFault("No editor was found.", "Set EDITOR to yours: `export EDITOR=nano`.")

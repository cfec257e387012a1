"""`learn start`: make a workspace, and show the first task."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markdown import Markdown

from checker.errors import UsageFault
from checker.render.console import output, put
from checker.workspace import Workspace, current_course, find_workspace, here, make_workspace

if TYPE_CHECKING:
    from checker.model import Course

DEFAULT = Path("fastapi-course")


def start(folder: Path | None) -> None:
    """Use the workspace that we are in, or make one in `folder`; show what comes first."""
    console = output()
    workspace, made = _workspace(folder)
    first = workspace.course.lessons[0]
    if made:
        console.print(f"Made a workspace in {workspace.root}", markup=False, soft_wrap=True)
    else:
        console.print(f"Your workspace is {workspace.root}", markup=False, soft_wrap=True)
    console.print()
    if first.steps:
        step = first.steps[0]
        console.print(
            f"Your first task, {step.id} {step.title}:\n",
            style="bold",
            markup=False,
            soft_wrap=True,
        )
        put(console, Markdown(step.task))
        console.print()
    where = workspace.shown(workspace.root)
    if where != ".":
        console.print(f"  cd {_quoted(where)}", markup=False, soft_wrap=True)
    console.print(f"  learn read {first.number}       the text, and the whole task")
    main = f"exercises/{first.name}/main.py"
    console.print(f"  learn open {first.number}       {main}", markup=False, soft_wrap=True)
    console.print(f"  learn check {first.number}      grade it, as often as you like")
    console.print("  learn watch         or let every save be graded")


def _workspace(folder: Path | None) -> tuple[Workspace, bool]:
    course = current_course()
    if folder is None:
        try:
            return find_workspace(course, here()), False
        except UsageFault:
            folder = DEFAULT
    root = folder.absolute()
    try:
        known = Workspace(root, course).starters.is_dir()
    except OSError as error:  # a name that is too long, for one
        raise UsageFault(
            f"No workspace can be made in {root}: {error.strerror or error}.",
            "Give another folder: `learn start DIR`.",
        ) from None
    if not known:
        _expect_no_workspace_around(root, course)
    return make_workspace(course, root), not known


def _expect_no_workspace_around(root: Path, course: Course) -> None:
    try:
        around = find_workspace(course, root.parent)
    except UsageFault:
        return
    if not around.is_clone:
        raise UsageFault(
            f"{root} lies in the workspace {around.root}.",
            "Work in that one, or name a folder outside of it.",
        )


def _quoted(folder: str) -> str:
    """Return a folder as it can be typed after `cd`."""
    return shlex.quote(f"./{folder}" if folder.startswith("-") else folder)

"""`learn start`: make a workspace, and show the first task."""

from __future__ import annotations

from pathlib import Path

from rich.markdown import Markdown

from checker.errors import UsageFault
from checker.render.console import output, put
from checker.workspace import Workspace, current_course, find_workspace, here, make_workspace

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
        console.print(f"  cd {where}", markup=False, soft_wrap=True)
    console.print(f"  learn read {first.number}       the text, and the whole task")
    main = f"exercises/{first.name}/main.py"
    console.print(f"  learn open {first.number}       {main}", markup=False, soft_wrap=True)
    console.print(f"  learn check {first.number}      grade it, as often as you like")


def _workspace(folder: Path | None) -> tuple[Workspace, bool]:
    course = current_course()
    if folder is None:
        try:
            return find_workspace(course, here()), False
        except UsageFault:
            folder = DEFAULT
    root = folder.absolute()
    known = (root / ".learn" / "starters").is_dir()
    return make_workspace(course, root), not known

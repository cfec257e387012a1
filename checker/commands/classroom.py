"""`learn class`: JupyterLab on the notebooks, with everything in place.

The class works on copies in the workspace's folder `class/`: what is typed during a lesson must
not change the course, and the copies hold no outputs, so that nobody reads an answer before they
have predicted it. A copy that was changed is never written over.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from checker.catalog import find_lesson
from checker.errors import UsageFault
from checker.files import write_whole
from checker.render.console import output
from checker.workspace import Workspace, current_course, find_workspace, here

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from checker.model import Lesson

FOLDER = "class"
NEEDED = {
    "jupyterlab": "JupyterLab",
    "matplotlib": "matplotlib",
    "jupyterlab_rise": "jupyterlab-rise",
}
"""What a lesson in JupyterLab imports or shows itself with: module, and name of the package."""

SWITCHED_OFF = {"@jupyterlab/apputils-extension:announcements": True}
"""Plug-ins of JupyterLab: this one asks about news before anything else can be done."""


def teach(wanted: str | None, options: Sequence[str] = ()) -> int:
    """Start JupyterLab, with more `options` of its own, and wait for its end; return its exit code.

    Raises UsageFault if something is missing; the message has the command to get it.
    """
    _refuse_if_missing()
    course = current_course()
    lesson = find_lesson(course, wanted)[0] if wanted else None
    workspace = find_workspace(course, here())
    console = output()
    taught = [lesson] if lesson else [one for one in course.lessons if one.notebook.is_file()]
    for kept in hand_out(workspace, taught):
        console.print(
            f"{workspace.shown(kept)} was changed, and stays as it is. The course has a newer "
            "one: move yours away to get it.",
            markup=False,
        )
    folder = workspace.root / FOLDER
    opened = f"/lab/tree/{lesson.name}.ipynb" if lesson else "/lab"
    console.print(f"The notebooks are in {workspace.shown(folder)}. To stop: Ctrl-C", markup=False)
    if lesson:
        console.print(f"This lesson: {workspace.shown(folder / f'{lesson.name}.ipynb')}")
    command = [sys.executable, *_jupyterlab(folder, opened), *options]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whatever ends us ends it too
    server = subprocess.Popen(command, cwd=folder, env=_environment(workspace))
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.send_signal(signal.SIGTERM)  # it ends its kernels, and they what they serve
        server.wait()
        return 0


def hand_out(workspace: Workspace, lessons: Sequence[Lesson]) -> list[Path]:
    """Copy the lessons' notebooks, without outputs, to where they are missing or were not changed.

    Returns the copies that differ from what was handed out while the course has a newer one.
    Raises UsageFault if there is no notebook, or no place for it.
    """
    kept = []
    for lesson in lessons:
        if not lesson.notebook.is_file():
            raise UsageFault(
                f"Lesson {lesson.number} has no notebook.",
                f"Read it instead: `learn read {lesson.number}`",
            )
        new = without_outputs(lesson.notebook.read_bytes())
        mine = workspace.root / FOLDER / lesson.notebook.name
        base = workspace.starters / FOLDER / lesson.notebook.name
        old = base.read_bytes() if base.is_file() else None
        try:
            if not mine.exists() or (new != old and _is_untouched(mine, old)):
                write_whole(mine, new)
                write_whole(base, new)
            elif new != old:
                kept.append(mine)
        except OSError as error:
            raise UsageFault(
                f"{workspace.shown(mine)} can't be written: {error.strerror or error}.",
                "Go to a workspace that you can write to, or make one: `learn start DIR`.",
            ) from None
    return kept


def without_outputs(notebook: bytes) -> bytes:
    """Return a notebook as it was before anything was run."""
    content = json.loads(notebook)
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _is_untouched(mine: Path, handed_out: bytes | None) -> bool:
    """Whether somebody has only run it: the sources are as they were handed out."""
    try:
        return handed_out is not None and _sources(mine.read_bytes()) == _sources(handed_out)
    except (ValueError, KeyError, TypeError):
        return False  # it is no notebook any more: not ours to write over


def _sources(notebook: bytes) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(notebook)["cells"]]


def _refuse_if_missing() -> None:
    missing = [name for module, name in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise UsageFault(
            f"A class needs {', '.join(missing)}, which is not installed here.",
            f"Get it, and then call `learn class` again:\n    {_installer()}",
        )


def _installer() -> str:
    """The one command that brings what is missing, to this very environment."""
    root = current_course().root
    clone = (root / "pyproject.toml").is_file()
    what = f"-e '{root}[class]'" if clone else "'fastapi-graded-course[class]'"
    return f"{sys.executable} -m pip install {what}"


def _jupyterlab(folder: Path, opened: str) -> list[str]:
    return [
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url={opened}",
    ]


def _environment(workspace: Workspace) -> dict[str, str]:
    """JupyterLab's own configuration stays the user's; for this server, ours stands before it."""
    config = workspace.state / "jupyter"
    place = config / "labconfig" / "page_config.json"
    write_whole(place, json.dumps({"disabledExtensions": SWITCHED_OFF}).encode())
    paths = [str(config), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    return os.environ | {"JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}

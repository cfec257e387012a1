"""Notebooks: run again as a class would, their outputs refreshed; what is wrong with one, found."""

from __future__ import annotations

import os
import re
from configparser import ConfigParser
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from checker.scratch import Scratch
from checker.workspace import make_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.model import Course, Lesson

LIMIT_S = 120
"""How long a cell may take."""
CHANGING = Path(__file__).with_name("notebook_outputs.cfg")
"""What differs from run to run, in the form that nbval's --nbval-sanitize-with reads."""
PICTURES = {"image/png"}
"""Measured plots: nbval does not compare them either. What they show is compared as text."""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
METADATA = {
    "kernelspec": KERNEL,
    "language_info": {"name": "python"},
    "rise": {"center": False, "scroll": True},
}
"""What a notebook says of itself: its kernel, and that a slide may be longer than the screen."""
SLIDE_TYPES = {"slide", "subslide", "fragment", "notes", "skip", "-"}


def refresh(course: Course, lesson: Lesson) -> bool:
    """Run a lesson's notebook in a new workspace and keep its outputs; return whether any changed.

    Outputs that differ only in what differs at every run stay as they are committed. Raises
    nbclient's CellExecutionError if a cell ends with an error.
    """
    notebook = nbformat.read(lesson.notebook, as_version=4)  # type: ignore[no-untyped-call]
    ran = _run(course, deepcopy(notebook))
    changed = False
    for old, new in zip(notebook.cells, ran.cells, strict=True):
        if new.cell_type != "code":
            continue
        if _comparable(old) != _comparable(new):
            old.outputs, changed = new.outputs, True
        old.execution_count = new.execution_count
        for output in old.outputs:
            if output.output_type == "execute_result":
                output.execution_count = new.execution_count
        old.metadata.pop("execution", None)
    notebook.metadata = METADATA
    text = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    lesson.notebook.write_text(text.rstrip() + "\n", encoding="utf-8")
    return changed


def _run(course: Course, notebook: Any) -> Any:
    from nbclient import NotebookClient

    with Scratch() as scratch:
        folder = make_workspace(course, scratch).root / "class"
        folder.mkdir()
        client = NotebookClient(
            notebook,
            timeout=LIMIT_S,
            kernel_name=KERNEL["name"],
            resources={"metadata": {"path": str(folder)}},
            coalesce_streams=True,
        )
        client.execute(env=os.environ | {"LEARN_COURSE": str(course.root)})
    return notebook


def _comparable(cell: Any) -> Any:
    """What of a cell's outputs must be the same at every run."""
    return [
        [output.output_type, _steady(output.get("text", "")), _data(output)]
        for output in cell.outputs
    ]


def _data(output: Any) -> dict[str, Any]:
    return {
        kind: _steady(value)
        for kind, value in output.get("data", {}).items()
        if kind not in PICTURES
    }


def _steady(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    for pattern, placeholder in changing_patterns():
        value = re.sub(pattern, placeholder, value)
    return value


def changing_patterns() -> list[tuple[str, str]]:
    """Return regular expressions of what differs from run to run, each with its placeholder."""
    parser = ConfigParser(interpolation=None)
    parser.read(CHANGING, encoding="utf-8")
    return [(parser[name]["regex"], parser[name]["replace"]) for name in parser.sections()]


def problems(lesson: Lesson) -> Iterator[str]:
    """Yield what is wrong with a lesson's notebook as it is committed."""
    path = lesson.notebook
    if not path.is_file():
        yield f"{path} is missing"
        return
    try:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
    except (ValueError, nbformat.ValidationError, nbformat.reader.NotJSONError) as error:
        yield f"{path} is no notebook: {str(error).partition(chr(10))[0]}"
        return
    if notebook.metadata != METADATA:
        yield f"{path}: its metadata is of one machine: run `learn dev notebooks`"
    for number, cell in enumerate(notebook.cells, 1):
        yield from (f"{path}, cell {number}: {problem}" for problem in _cell_problems(cell))
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    if not any(source.startswith("%load_ext checker.notebook") for source in code):
        yield f"{path} does not load the course: %load_ext checker.notebook"
    if not any(source.startswith(f"%%check {lesson.number}") for source in code):
        yield f"{path} has no exercise for the class: a cell with %%check {lesson.number}"


def _cell_problems(cell: Any) -> Iterator[str]:
    if cell.metadata.get("slideshow", {}).get("slide_type") not in SLIDE_TYPES:
        yield "it has no slide type"
    if set(cell.metadata) - {"slideshow", "tags"}:
        yield "its metadata says more than its place on the slides"
    if cell.cell_type == "code":
        if cell.execution_count is None:
            yield "it was not run: run `learn dev notebooks`"
        if any(output.output_type == "error" for output in cell.outputs):
            yield "it ends with an error"

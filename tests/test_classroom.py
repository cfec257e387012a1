"""`learn class` up to the start of JupyterLab: what is handed out, and what is missing."""

import json
import sys
from pathlib import Path

import pytest

from checker.commands import classroom
from checker.workspace import Workspace, current_course
from tests.conftest import TINY, Learn

COPY = Path("class/01-hello.ipynb")


@pytest.fixture
def room(workspace: Learn, own_course: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace, on a course that may be changed."""
    monkeypatch.setenv("LEARN_COURSE", str(own_course))
    return Workspace(workspace.folder, current_course())


def hand_out(room: Workspace) -> list[Path]:
    return classroom.hand_out(room, room.course.lessons)


def edit(notebook: Path, old: str, new: str) -> None:
    text = notebook.read_text()
    assert old in text
    notebook.write_text(text.replace(old, new))


def test_copies_hold_no_outputs(room: Workspace) -> None:
    assert hand_out(room) == []
    original = json.loads((TINY / "notebooks/01-hello.ipynb").read_text())
    copy = json.loads((room.root / COPY).read_text())
    assert any(cell.get("outputs") for cell in original["cells"])
    assert not any(cell.get("outputs") for cell in copy["cells"])
    assert [c["source"] for c in copy["cells"]] == [c["source"] for c in original["cells"]]


def test_a_changed_copy_is_never_written_over(room: Workspace) -> None:
    hand_out(room)
    edit(room.root / COPY, "An app that answers.", "My own words.")
    mine = (room.root / COPY).read_bytes()
    assert hand_out(room) == []  # nothing newer is there
    edit(room.course.lessons[0].notebook, "An app that answers.", "A newer course.")
    assert hand_out(room) == [room.root / COPY]
    assert (room.root / COPY).read_bytes() == mine


def test_a_copy_that_was_only_run_gets_the_newer_notebook(room: Workspace) -> None:
    hand_out(room)
    copy = json.loads((room.root / COPY).read_text())
    copy["cells"][1]["execution_count"] = 5
    copy["metadata"]["language_info"]["version"] = "3.99"
    (room.root / COPY).write_text(json.dumps(copy))
    assert hand_out(room) == []
    assert json.loads((room.root / COPY).read_text()) == copy
    edit(room.course.lessons[0].notebook, "An app that answers.", "A newer course.")
    assert hand_out(room) == []
    assert "A newer course." in (room.root / COPY).read_text()


def test_what_is_no_notebook_any_more_is_kept(room: Workspace) -> None:
    hand_out(room)
    (room.root / COPY).write_text("notes of mine")
    edit(room.course.lessons[0].notebook, "An app that answers.", "A newer course.")
    assert hand_out(room) == [room.root / COPY]
    assert (room.root / COPY).read_text() == "notes of mine"


def test_a_lesson_without_a_notebook_is_said(workspace: Learn, own_course: Path) -> None:
    (own_course / "notebooks/02-shelf.ipynb").unlink()
    workspace.course = own_course
    ran = workspace("class", "02")
    assert ran.code == 2
    assert "Lesson 02 has no notebook" in ran.err


def test_what_is_missing_is_said_with_the_command_that_gets_it(
    workspace: Learn, tmp_path: Path
) -> None:
    # An environment without JupyterLab: its place on the path is taken by nothing.
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'jupyterlab' else find(name, *a)\n"
    )
    ran = workspace("class", PYTHONPATH=str(hidden))
    assert ran.code == 2
    assert "A class needs JupyterLab, which is not installed here." in ran.err
    python, _, rest = ran.err.splitlines()[-1].strip().partition(" ")
    assert Path(python).parent == Path(sys.executable).parent
    assert rest == "-m pip install 'fastapi-graded-course[class]'"
    assert not (workspace.folder / "class").exists()

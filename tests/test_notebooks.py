"""The notebooks say what they say when they are run, and leave nothing behind."""

import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.authoring.notebooks import CHANGING
from checker.catalog import load_course
from tests.conftest import ROOT, TINY, Learn
from tests.notebooks import environment_in, wait_until_all_are_gone

LESSONS = load_course(ROOT).lessons
SMALLEST, LARGEST = 15, 25
"""Cells of a notebook that is taught from in 30 to 40 minutes."""


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="nb-") as name:
        yield Path(name)


def run_with_nbval(
    course: Path, notebooks: list[Path], folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run notebooks in a new workspace of a course, outputs compared.

    nbval kills each kernel outright, and every process behind it must end with it.
    """
    place, scratch = folder / "here", folder / "tmp"
    place.mkdir()
    scratch.mkdir()
    environment = {**environment_in(scratch), "LEARN_COURSE": str(course)}
    learn = Learn(place, course)
    assert learn("start", ".").code == 0
    copies = [shutil.copy(path, place / path.name) for path in notebooks]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no",
         "--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(CHANGING),
         "--rootdir", str(place), "-c", "/dev/null", *copies],
        cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    wait_until_all_are_gone(scratch)
    return ran


def test_every_notebook_prints_what_is_committed(short_folder: Path) -> None:
    notebooks = [lesson.notebook for lesson in LESSONS]
    random.shuffle(notebooks)
    ran = run_with_nbval(ROOT, notebooks, short_folder)
    assert ran.returncode == 0, f"in the order {[n.name for n in notebooks]}:\n{ran.stdout[-6000:]}"


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("text/plain", '{"answer": "pong"}', '{"answer": "ping"}'),
        ("text/html", "404 Not Found", "403 Forbidden"),
    ],
)
def test_another_output_is_red(
    short_folder: Path, tmp_path: Path, kind: str, old: str, new: str
) -> None:
    content = json.loads((TINY / "notebooks/01-hello.ipynb").read_text())
    changed = 0
    for cell in content["cells"]:
        for output in cell.get("outputs", []):
            lines = output.get("data", {}).get(kind, [])
            text = "".join(lines)
            if old in text and cell["id"] == "asked":
                output["data"][kind] = text.replace(old, new)
                changed += 1
    assert changed == 1
    wrong = tmp_path / "wrong.ipynb"
    wrong.write_text(json.dumps(content))
    ran = run_with_nbval(TINY, [wrong], short_folder)
    assert ran.returncode == 1
    assert f"mismatch '{kind}'" in ran.stdout
    assert "1 failed" in ran.stdout


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_can_be_taught_from(lesson) -> None:  # noqa: ANN001
    cells = json.loads(lesson.notebook.read_text())["cells"]
    prose = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    slides = [cell["metadata"]["slideshow"]["slide_type"] for cell in cells]
    assert SMALLEST <= len(cells) <= LARGEST
    assert "**Goal of this hour.**" in prose
    assert "**Predict" in prose
    assert "A failure on purpose" in prose
    assert f"Your turn: lesson {lesson.number}, step" in prose
    assert "What you take home" in prose
    assert slides.count("notes") >= 2
    assert slides.count("slide") >= 6
    exercise = next(
        c for c in cells if "".join(c["source"]).startswith(f"%%check {lesson.number}.")
    )
    shown = "".join(exercise["outputs"][0]["data"]["text/plain"])
    assert ": 0 of 1 point" in shown  # the class has still to solve it
    assert "checker failed" not in json.dumps(exercise["outputs"])


def test_no_notebook_names_a_place_of_the_authors_machine() -> None:
    for lesson in LESSONS:
        text = lesson.notebook.read_text()
        assert str(ROOT) not in text
        assert str(Path.home()) not in text
        assert "/tmp/" not in text


def test_refresh_keeps_outputs_that_say_the_same(learn: Learn, own_course: Path) -> None:
    learn.course = own_course
    notebook = own_course / "notebooks/01-hello.ipynb"
    committed = notebook.read_text()
    assert "01-hello.ipynb: as committed" in learn("dev", "notebooks", "01").out
    assert notebook.read_text() == committed
    changed = json.loads(committed)
    for cell in changed["cells"]:
        cell["source"] = [line.replace("pong", "gong") for line in cell["source"]]
    notebook.write_text(json.dumps(changed))
    assert "01-hello.ipynb: new outputs" in learn("dev", "notebooks", "01").out
    assert "gong" in notebook.read_text()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"slide_type": "slide"', '"slide_type": "page"', "cell 1: it has no slide type"),
        ('"execution_count": 2', '"execution_count": null', "cell 3: it was not run"),
        ("%%check 01", "%%grade 01", "has no exercise for the class"),
        ("%load_ext checker.notebook", "1 + 1", "does not load the course"),
        ('"nbformat": 4', '"nbformat": "four"', "is no notebook"),
        ('"name": "python"', '"name": "python", "version": "3.99"', "metadata is of one machine"),
    ],
)  # fmt: skip
def test_what_is_unsound_is_found(
    learn: Learn, own_course: Path, old: str, new: str, says: str
) -> None:
    learn.course = own_course
    notebook = own_course / "notebooks/01-hello.ipynb"
    text = notebook.read_text()
    assert old in text
    notebook.write_text(text.replace(old, new))
    assert says in learn("dev", "check", "01").out


def test_a_missing_notebook_is_found(learn: Learn, own_course: Path) -> None:
    learn.course = own_course
    (own_course / "notebooks/02-shelf.ipynb").unlink()
    assert "02-shelf.ipynb is missing" in learn("dev", "check", "02").out

"""Make a new lesson: one path in each place, each with a first line to go on from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from checker.catalog import LESSON_FOLDER
from checker.errors import UsageFault

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
# {number} {title}

What problem does the reader have? Begin with it.

```python examples/{module}.py
```

## Out of scope

What this lesson leaves out, and where it is taught.
"""

EXAMPLE = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/ping")
async def ping() -> dict[str, str]:
    return {{"answer": "pong"}}
"""

TASK = """\
# {number} {title}: your task

What the bookshop needs now, in two sentences.

## {number}.1 Answer a ping

`GET /ping` answers `200 OK` with `{{"answer": "pong"}}`.
"""

SETTINGS = """\
title = "{title}"

[covers]
"an answer to a ping" = [1]

[steps.1]
hints = [
    "Where to look.",
    "What to use.",
    '''
```python
@app.get("/ping")
async def ping():
    ...
```
''',
]
closing = \"\"\"
Why it works, and what a professional would add.
\"\"\"
"""

STARTER = """\
\"\"\"What the reader starts from. The task is in README.md, beside this file.\"\"\"

from fastapi import FastAPI

app = FastAPI()

# {number}.1: a function that answers GET /ping.
"""

SOLUTION = '''\
"""The reference for lesson {number}."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/ping")
async def ping() -> dict[str, str]:
    """Answer a ping."""
    return {{"answer": "pong"}}
'''

SUITE = '''\
"""Lesson {number}: what it is about."""

import pytest

pytestmark = pytest.mark.lesson("{number}")


@pytest.mark.step(1)
def test_answers_a_ping(app):
    """GET /ping answers pong."""
    app.get("/ping").expect(200, json={{"answer": "pong"}})
'''

NOTEBOOK = (
    (
        "markdown",
        "slide",
        """\
# {number} {title}

**Goal of this hour.** What the class can do at its end.""",
    ),
    ("markdown", "notes", "*Speaker notes.* How long it takes, and what to ask."),
    ("code", "-", "%load_ext checker.notebook"),
    (
        "code",
        "slide",
        """\
%%app
from fastapi import FastAPI

app = FastAPI()

@app.get("/soup")
async def serve_soup() -> str:
    return "pea soup\"""",
    ),
    ("code", "fragment", 'app.get("/soup")'),
    (
        "code",
        "slide",
        """\
%%check {number}.1 --seed 1
from fastapi import FastAPI

app = FastAPI()""",
    ),
)
"""Cells as kind, place on the slides, source. `learn dev notebooks` runs them."""


def _notebook(values: dict[str, str]) -> str:
    """Return the notebook of a new lesson, not run yet."""
    cells: list[dict[str, Any]] = []
    for index, (kind, slide_type, source) in enumerate(NOTEBOOK, 1):
        cell = {
            "cell_type": kind,
            "id": f"{values['number']}-{index}",
            "metadata": {"slideshow": {"slide_type": slide_type}},
            "source": source.format(**values).splitlines(keepends=True),
        }
        cells.append(cell | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def make_lesson(root: Path, name: str) -> list[Path]:
    """Write a one-step lesson called `NN-slug`; return the files.

    It is sound once its notebook has been run.

    Raises UsageFault if the name has another form, or the number is taken.
    """
    match = LESSON_FOLDER.fullmatch(name)
    if match is None:
        raise UsageFault(
            f"{name!r} is no name for a lesson.",
            "Two digits, a hyphen, lower-case words: `10-deployment`.",
        )
    number, slug = match["number"], match["slug"]
    taken = sorted(path.name for path in (root / "exercises").glob(f"{number}-*"))
    if taken:
        raise UsageFault(f"Number {number} is taken by {taken[0]}.", "Choose another number.")
    module = slug.replace("-", "_")
    values = {"number": number, "title": slug.replace("-", " ").capitalize(), "module": module}
    files = {
        root / "lessons" / name / "README.md": TEXT,
        root / "lessons" / name / "examples" / f"{module}.py": EXAMPLE,
        root / "exercises" / name / "README.md": TASK,
        root / "exercises" / name / "exercise.toml": SETTINGS,
        root / "exercises" / name / "main.py": STARTER,
        root / "solutions" / name / "main.py": SOLUTION,
        root / "checker" / "suites" / f"test_{number}_{module}.py": SUITE,
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(**values), encoding="utf-8")
    notebook = root / "notebooks" / f"{name}.ipynb"
    notebook.parent.mkdir(exist_ok=True)
    notebook.write_text(_notebook(values), encoding="utf-8")
    return [*files, notebook]

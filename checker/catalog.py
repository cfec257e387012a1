"""Folders -> Course, Lesson. Order and names come from the folders: there is no list to edit."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from checker.errors import GradingFault, UsageFault
from checker.model import Course, Lesson, Limits, Step

LESSON_FOLDER = re.compile(r"(?P<number>\d\d)-(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)")
STEP_HEADING = re.compile(r"^## (?P<id>\d\d\.\d+) (?P<title>.+)$", re.MULTILINE)


def course_folder() -> Path:
    """Return the folder of the course: LEARN_COURSE, the installed wheel's, or the clone's."""
    if chosen := os.environ.get("LEARN_COURSE"):
        return Path(chosen).resolve()
    package = Path(__file__).resolve().parent
    installed = package / "course"
    return installed if installed.is_dir() else package.parent


def load_course(root: Path) -> Course:
    """Read every lesson below `root`. Raises GradingFault if a part of a lesson is unsound."""
    exercises = root / "exercises"
    if not exercises.is_dir():
        raise GradingFault(
            f"There is no course in {root}: it has no folder `exercises`.",
            "Install the package again, or point LEARN_COURSE at a course.",
        )
    names = sorted(folder.name for folder in exercises.iterdir() if folder.is_dir())
    found = (LESSON_FOLDER.fullmatch(name) for name in names)
    return Course(root, tuple(_load_lesson(root, match) for match in found if match))


def find_lesson(course: Course, wanted: str) -> tuple[Lesson, Step | None]:
    """Find `04`, `4`, `04-dependencies`, or a step of it: `04.1`.

    Raises UsageFault if there is no such lesson or step.
    """
    name, dot, step_number = wanted.strip().partition(".")
    number = f"{int(name):02}" if name.isdecimal() else name
    lesson = next((one for one in course.lessons if number in (one.number, one.name)), None)
    if lesson is None:
        numbers = ", ".join(one.number for one in course.lessons)
        raise UsageFault(
            f"There is no lesson {wanted!r}. The lessons are {numbers}.",
            "Run `learn list` to see them.",
        )
    if not dot:
        return lesson, None
    try:
        return lesson, lesson.step(int(step_number))
    except (KeyError, ValueError):
        steps = ", ".join(step.id for step in lesson.steps)
        raise UsageFault(
            f"Lesson {lesson.number} has no step {wanted!r}. Its steps are {steps}.",
            f"Run `learn read {lesson.number}` to see what each asks for.",
        ) from None


def _load_lesson(root: Path, folder: re.Match[str]) -> Lesson:
    number, slug = folder["number"], folder["slug"]
    exercise = root / "exercises" / folder[0]
    settings = _read_settings(exercise / "exercise.toml")
    known = {limit.name for limit in fields(Limits)}
    limits = settings.get("limits", {})
    if unknown := set(limits) - known:
        raise GradingFault(
            f"{exercise / 'exercise.toml'} sets unknown limits: {', '.join(sorted(unknown))}.",
            f"The limits are {', '.join(sorted(known))}.",
        )
    return Lesson(
        number=number,
        slug=slug,
        title=settings.get("title", slug.replace("-", " ").capitalize()),
        text=root / "lessons" / folder[0] / "README.md",
        exercise=exercise,
        solution=root / "solutions" / folder[0],
        suite=root / "checker" / "suites" / f"test_{number}_{slug.replace('-', '_')}.py",
        mistakes=root / "checker" / "mistakes" / folder[0],
        variants=root / "checker" / "variants" / folder[0],
        notebook=root / "notebooks" / f"{folder[0]}.ipynb",
        steps=_read_steps(exercise / "README.md", settings.get("steps", {})),
        entry=settings.get("entry", "main.py"),
        limits=Limits(**limits),
        environment=settings.get("environment", {}),
        secrets=tuple(settings.get("secrets", ())),
        preload=tuple(settings.get("preload", ())),
        covers={words: tuple(steps) for words, steps in settings.get("covers", {}).items()},
        databases=tuple(settings.get("databases", ())),
    )


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise GradingFault(f"{path} is not valid TOML: {error}.", "Mend it.") from None


def _read_steps(task: Path, settings: dict[str, Any]) -> tuple[Step, ...]:
    """Take ids and titles from the task's headings, the rest from exercise.toml."""
    try:
        text = task.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    headings = list(STEP_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    steps = []
    for heading, end in zip(headings, ends, strict=True):
        extra = settings.get(heading["id"].partition(".")[2], {})
        steps.append(
            Step(
                id=heading["id"],
                title=heading["title"].strip(),
                task=text[heading.end() : end].strip(),
                points=extra.get("points", 1),
                needs=tuple(extra.get("needs", ())),
                hints=tuple(hint.strip() for hint in extra.get("hints", ())),
                closing=extra.get("closing", "").strip(),
            )
        )
    return tuple(steps)

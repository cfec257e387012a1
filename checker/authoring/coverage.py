"""Which check grades what: a table for authors, generated from `covers` in exercise.toml."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.model import Course, Lesson

HEAD = """\
# What is graded, and by which check

Made by `learn dev table` from `covers` in each exercise.toml and from the suites; don't edit it.
"""


def table(course: Course) -> str:
    """Return the page: for each lesson its requirements, their steps and their checks."""
    return "\n".join([HEAD, *(line for lesson in course.lessons for line in _lesson(lesson))])


def problems(lesson: Lesson) -> Iterator[str]:
    """Yield each requirement without a step, and each step that no requirement asks for."""
    numbers = {step.number for step in lesson.steps}
    for words, steps in lesson.covers.items():
        if not steps:
            yield f"nothing covers {words!r}"
        for number in sorted(set(steps) - numbers):
            yield f"{words!r} is covered by step {number}, which the task does not have"
    covered = {number for steps in lesson.covers.values() for number in steps}
    for number in sorted(numbers - covered):
        yield f"step {lesson.number}.{number} stands in no line of `covers`"


def checks(lesson: Lesson) -> dict[int, list[str]]:
    """Return the labels of the suite's checks, by step, from its syntax tree."""
    found: dict[int, list[str]] = {}
    for node in ast.parse(lesson.suite.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            for number in step_marks(node):
                label = " ".join((ast.get_docstring(node) or "").split())
                found.setdefault(number, []).append(label)
    return found


def step_marks(test: ast.FunctionDef) -> Iterator[int]:
    """Yield the numbers in a test's step marks."""
    for decorator in test.decorator_list:
        found = re.fullmatch(r"pytest\.mark\.step\((\d+)\)", ast.unparse(decorator))
        if found:
            yield int(found[1])


def _lesson(lesson: Lesson) -> Iterator[str]:
    by_step = checks(lesson)
    yield f"\n## {lesson.number} {lesson.title}\n"
    yield "| what must be graded | step | checks |"
    yield "|---|---|---|"
    for words, numbers in lesson.covers.items():
        ids = ", ".join(f"{lesson.number}.{number}" for number in numbers)
        labels = "<br>".join(label for number in numbers for label in by_step.get(number, []))
        yield f"| {_cell(words)} | {ids} | {_cell(labels)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("{", "\\{")

"""The proofs behind `learn dev check`: each finds what is wrong with a lesson, as sentences."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from checker.authoring import coverage, examples, notebooks, texts
from checker.errors import Fault
from checker.grading import Options, grade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.engine import Engine
    from checker.model import Lesson, Report

TIERS = 3
STRAY = {".pyc", ".orig", ".rej", ".bak", ".tmp"}


def problems(lesson: Lesson, engine: Engine) -> Iterator[str]:
    """Yield everything that is wrong with a lesson; nothing if it is sound."""
    yield from missing_parts(lesson)
    if not lesson.suite.is_file():
        return
    yield from step_problems(lesson)
    yield from suite_problems(lesson)
    yield from coverage.problems(lesson)
    yield from notebooks.problems(lesson)
    yield from text_problems(lesson, engine)
    try:
        yield from starter_problems(lesson, engine)
        yield from solution_problems(lesson, engine)
    except Fault as fault:
        yield f"{lesson.suite.name} can't be run: {fault.message}"


def missing_parts(lesson: Lesson) -> Iterator[str]:
    """Every part of a lesson is there, and nothing that was left lying about."""
    for path in (
        lesson.text,
        lesson.exercise / "README.md",
        lesson.exercise / "exercise.toml",
        lesson.exercise / "main.py",
        lesson.solution / "main.py",
        lesson.suite,
    ):
        if not path.is_file():
            yield f"{path} is missing"
    for folder in (lesson.text.parent, lesson.exercise, lesson.solution):
        for path in folder.rglob("*"):
            if path.suffix in STRAY - {".pyc"} or path.name.endswith("~"):
                yield f"{path} was left lying about"


def step_problems(lesson: Lesson) -> Iterator[str]:
    """Steps are numbered from 1, need only earlier ones, and have hints and a closing."""
    numbers = [step.number for step in lesson.steps]
    if numbers != list(range(1, len(numbers) + 1)) or not numbers:
        yield f"the headings of the task should be numbered 1, 2, 3..., but are {numbers}"
    for step in lesson.steps:
        if not step.id.startswith(f"{lesson.number}."):
            yield f"step {step.id} has another lesson's number"
        if len(step.hints) != TIERS or not all(step.hints):
            yield f"step {step.id} needs {TIERS} hints, none of them empty"
        if not step.closing:
            yield f"step {step.id} has no closing sentence"
        if not step.task:
            yield f"step {step.id} has no task"
        if any(need >= step.number for need in step.needs):
            yield f"step {step.id} needs a later step"


def suite_problems(lesson: Lesson) -> Iterator[str]:
    """Marks equal steps; every test has a docstring; every assert says what it wants."""
    tree = ast.parse(lesson.suite.read_text(encoding="utf-8"))
    tests = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    marked = {number for test in tests for number in coverage.step_marks(test)}
    numbers = {step.number for step in lesson.steps}
    for number in sorted(numbers - marked):
        yield f"step {lesson.number}.{number} has no test in {lesson.suite.name}"
    for number in sorted(marked - numbers):
        yield f"{lesson.suite.name} marks step {number}, which the task does not have"
    for test in tests:
        if not ast.get_docstring(test):
            yield f"{lesson.suite.name}: {test.name} has no docstring"
        if len(list(coverage.step_marks(test))) != 1:
            yield f"{lesson.suite.name}: {test.name} needs exactly one step mark"
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.msg is None:
            yield f"{lesson.suite.name}, line {node.lineno}: the assert says nothing to the learner"
        if isinstance(node, (ast.Import, ast.ImportFrom)) and _forbidden_import(node):
            yield f"{lesson.suite.name}, line {node.lineno}: suites import nothing of the course"
    yield from _unknown_lesson_mark(lesson, tree)


def text_problems(lesson: Lesson, engine: Engine) -> Iterator[str]:
    """The text's blocks are its examples; every example runs, and prints what is committed."""
    if not lesson.text.is_file():
        return
    folder, text = lesson.text.parent, lesson.text.read_text(encoding="utf-8")
    used = set()
    for block in texts.blocks(text):
        place = f"{lesson.text}, line {block.line}"
        if block.file is None:
            if block.language not in texts.FREE_LANGUAGES:
                yield f"{place}: the block names no file"
            continue
        used.add(Path(block.file.partition("#")[0]).stem)
        try:
            if texts.wanted_body(folder, block.file) != block.body:
                yield f"{place}: the block differs from {block.file}: run `learn dev sync`"
        except ValueError as error:
            yield f"{place}: {error}"
    for path in sorted((folder / "examples").glob("*")):
        if path.is_file() and path.stem not in used:
            yield f"{path} is not shown in the text"
    yield from output_problems(folder / "examples", engine)


def output_problems(folder: Path, engine: Engine) -> Iterator[str]:
    """Every example runs, and what it prints is what its .out file holds."""
    if not folder.is_dir():
        return
    try:
        printed = examples.outputs(folder, engine)
    except ValueError as error:
        yield str(error)
        return
    for path, text in printed.items():
        if not path.exists():
            yield f"{path} is missing: run `learn dev sync`"
        elif path.read_text(encoding="utf-8") != text:
            yield f"{path} is not what the example prints now: run `learn dev sync`"
    for path in folder.glob("*.out"):
        if path not in printed:
            yield f"{path} belongs to no example"


def starter_problems(lesson: Lesson, engine: Engine) -> Iterator[str]:
    """The starter can be served, and passes no step."""
    report = grade(lesson, lesson.exercise, engine=engine)
    if report.trouble:
        yield f"the starter can't be served: {report.trouble.message}"
    yield from _broken_checks(report)
    for result in report.steps:
        if result.status == "passed":
            yield f"the starter passes step {result.step.id}"


def solution_problems(
    lesson: Lesson, engine: Engine, options: Options | None = None
) -> Iterator[str]:
    """The solution passes every step."""
    report = grade(lesson, lesson.solution, options, engine)
    if report.trouble:
        yield f"the solution can't be graded (seed {report.seed}): {report.trouble.message}"
    for result in report.steps:
        for check in result.checks:
            if check.status != "passed":
                yield (
                    f"the solution does not pass {result.step.id} {check.name} "
                    f"(seed {report.seed}): {check.message}"
                )
        if not result.checks and not report.trouble:
            yield f"step {result.step.id} collected no check"


def _broken_checks(report: Report) -> Iterator[str]:
    for result in report.steps:
        for check in result.checks:
            if check.status == "error":
                yield f"the check {check.name} broke: {check.message}"


def _forbidden_import(node: ast.Import | ast.ImportFrom) -> bool:
    names = (
        [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    )
    return any(name.partition(".")[0] in {"checker", "main", "solutions"} for name in names)


def _unknown_lesson_mark(lesson: Lesson, tree: ast.Module) -> Iterator[str]:
    if f"pytest.mark.lesson('{lesson.number}')" not in ast.unparse(tree):
        yield f'{lesson.suite.name} does not say `pytest.mark.lesson("{lesson.number}")`'

"""A reference's text -> its mutants. A pure function; nothing is run here."""

from __future__ import annotations

import hashlib
import tomllib
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from checker.authoring.mutation.operators import Source, edits, statements

if TYPE_CHECKING:
    from pathlib import Path

    from checker.model import Lesson

ID_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file of a reference with one change that makes it wrong, or should."""

    id: str
    """Where, which operator, and a digest of the change and its line: it stays the same while
    that line does, whatever happens to the lines around it."""
    operator: str
    file: str
    line: int
    old: str
    new: str
    source: str
    """The whole text of the changed file."""


def mutants(text: str, file: str = "main.py", given: str = "", task: str = "") -> list[Mutant]:
    """Return the mutants of a file, from top to bottom.

    Left out are those that don't compile, and all but one of those that are the same. Statements at
    the top, and lines of classes, that stand in `given` (the starter) are not changed: the learner
    did not write them.
    What people read is changed if its words stand in the `task`; others are free.
    """
    source = Source(text, task)
    lines = text.splitlines()
    known = {text}
    seen: Counter[str] = Counter()
    found = []
    for edit in edits(source, statements(given)):
        span = edit.span
        changed = source.content[: span.start] + edit.text.encode() + source.content[span.end :]
        mutated = changed.decode()
        if mutated in known or not _compiles(mutated, file):
            continue
        known.add(mutated)
        what = f"{file}\n{lines[edit.line - 1].strip()}\n{edit.operator}\n{edit.old}\n{edit.new}"
        seen[what] += 1
        digest = hashlib.sha256(f"{what}\n{seen[what]}".encode()).hexdigest()[:ID_LENGTH]
        identity = f"{_scope(source, edit.line)}.{edit.operator}.{digest}"
        found.append(Mutant(identity, edit.operator, file, edit.line, edit.old, edit.new, mutated))
    return sorted(found, key=lambda mutant: mutant.line)


def mutants_of(lesson: Lesson) -> list[Mutant]:
    """Return the mutants of every file of a lesson's reference.

    Where the learner writes tests: those of the app that is tested, without what tests need not
    look at (`not_promised` in variants.toml).
    """
    task = _read(lesson.exercise / "README.md")
    if lesson.entry != "main.py":
        tested = _read(lesson.solution / "main.py")
        return mutants(tested, given=_not_promised(lesson, tested), task=task)
    found = []
    for path in sorted(lesson.solution.rglob("*.py")):
        name = path.relative_to(lesson.solution)
        found += mutants(_read(path), name.as_posix(), _read(lesson.exercise / name), task)
    return found


def _not_promised(lesson: Lesson, text: str) -> str:
    """Return the definitions of a file that make no promise, one after the other."""
    names = set(tomllib.loads(_read(lesson.variants / "variants.toml"))["not_promised"])
    source = cst.parse_module(text)
    found = [
        source.code_for_node(statement)
        for statement in source.body
        if (
            isinstance(statement, (cst.FunctionDef, cst.ClassDef)) and statement.name.value in names
        )
        or (isinstance(statement, cst.SimpleStatementLine) and _assigned(statement) in names)
    ]
    return "".join(found)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _compiles(text: str, file: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(text, file, "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _scope(source: Source, line: int) -> str:
    """Return the name of the function, class or variable that a line belongs to."""
    name = "module"
    for statement in source.module.body:
        first = statement
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)) and statement.decorators:
            first = statement.decorators[0]  # type: ignore[assignment]  # a node with a line
        if source.line(first) > line:
            break
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            name = statement.name.value
        elif isinstance(statement, cst.SimpleStatementLine):
            name = _assigned(statement)
    return name


def _assigned(statement: cst.SimpleStatementLine) -> str:
    match statement.body[0]:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return name
        case cst.AnnAssign(target=cst.Name(value=name)):
            return name
    return "module"

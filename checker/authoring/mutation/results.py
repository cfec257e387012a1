"""The figures of a run of the mutants, as a committed file; and the page that is made of them."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.authoring import coverage
from checker.diagnosis import known_mistakes
from checker.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from checker.authoring.mutation.mutants import Mutant
    from checker.model import Course, Lesson

HEAD = """\
# How good the suites are

A mutant is the lesson's reference with one small change that makes it wrong: `<` for `<=`, a
status code left out, an `await` dropped. `learn dev mutate` makes them, and grades each one as it
would grade a learner's app. *Killed* are those that the suite refuses. *Equivalent* are those that
still meet the task: `checker/mutants/NN-slug/equivalent.toml` gives the reason for each, and a test
sees to it that they are at most 5% of a lesson's mutants. *Survived* are the others: wrong apps
that would be accepted.

Only what the learner writes is changed, not what the starter gives; nor is what may be said in any
words: docstrings, descriptions, examples, refusals and other sentences, unless their words stand in
the task. Some changes are not made where they can do no harm:

- `except X` becomes `except Exception` only if the `try` runs code of the app that can raise more
  than X: a `yield`, a `raise`, or a function of the same file that has one.
- The type of an answer becomes `object` only if another class of the file inherits from it. Else
  there is nothing that the type leaves out.
- `len(BOOKS) + 1`, the next free number, stays: with 0 or 2 it is free as well.
- `lazy="raise"` stays: it stops who forgets to load something. So does the length in `String(13)`,
  which SQLite ignores.
- `x = x or y` does not become `x = x and y`, which is as good as `x = x`. That one is made.

*Right apps accepted* are correct submissions that are built differently from the reference
(`tests/lessons/`, beside the reference itself). *Wrong apps refused* lie there too: edits of a
right one with one mistake each, many of them written from the task alone. *Mistakes named* are
those of the bank (`checker/mistakes/`): each is told by its own message, and by no other's.

In lesson 09 the learner writes tests. There the mutants are of the shop that is tested, and
*killed* are those on which the reference's tests fail. What the task promises nothing of is not
changed (`not_promised` in `checker/variants/09-testing/variants.toml`). The *checks* of that lesson
try a learner's tests on correct shops and on planted bugs.

Made by `learn dev table` from the results of the last run; a lesson without figures was not run.
"""
BEGINS, ENDS = "<!-- made by `learn dev table` -->", "<!-- end of what was made -->"
"""What stands around the table of the lessons in the README."""


@dataclass(frozen=True, slots=True)
class Result:
    """How the mutants of a lesson ended."""

    of: str
    """A digest of the suite, the task and the reference that were run."""
    killed: int
    equivalent: int
    survived: int
    operators: Mapping[str, int]
    """How many mutants each operator has made."""

    @property
    def mutants(self) -> int:
        """All of them."""
        return self.killed + self.equivalent + self.survived


def folder(course: Course, lesson: Lesson) -> Path:
    """Return where a lesson's results and equivalents lie: by the suites, not by the task."""
    return course.root / "checker" / "mutants" / lesson.name


def write(path: Path, result: Result) -> None:
    """Write a result. Raises OSError."""
    lines = [
        "# Written by `learn dev mutate`; don't edit it.",
        f'of = "{result.of}"',
        f"killed = {result.killed}",
        f"equivalent = {result.equivalent}",
        f"survived = {result.survived}",
        "",
        "[operators]",
        *(f"{name} = {count}" for name, count in sorted(result.operators.items())),
    ]
    write_whole(path, "\n".join([*lines, ""]).encode())


def read(path: Path) -> Result | None:
    """Return a result that was written before; None if there is none."""
    if not path.is_file():
        return None
    return Result(**tomllib.loads(path.read_text(encoding="utf-8")))


def made_by(mutants: Sequence[Mutant]) -> Mapping[str, int]:
    """Count mutants by operator."""
    return Counter(mutant.operator for mutant in mutants)


def table(course: Course) -> str:
    """Return the page docs/mutants.md: a line for each lesson, and one for each operator."""
    operators: Counter[str] = Counter()
    for lesson in course.lessons:
        if result := read(folder(course, lesson) / "result.toml"):
            operators.update(result.operators)
    lines = ["| operator | mutants |", "|---|--:|"]
    for name, count in sorted(operators.items(), key=lambda item: (-item[1], item[0])):
        lines.append(f"| {name} | {count} |")
    return "\n".join([HEAD, figures(course), *lines, ""])


def figures(course: Course) -> str:
    """Return the table of the lessons, which stands in the README too."""
    columns = (
        "checks", "mutants", "killed", "equivalent", "survived",
        "right apps accepted", "wrong apps refused", "mistakes named",
    )  # fmt: skip
    lines = [f"| lesson | {' | '.join(columns)} |", f"|---|{'--:|' * len(columns)}"]
    for lesson in course.lessons:
        result = read(folder(course, lesson) / "result.toml")
        of_mutants: tuple[int | str, ...] = ("", "", "", "")
        if result:
            of_mutants = (result.mutants, result.killed, result.equivalent, result.survived)
        checks = sum(len(labels) for labels in coverage.checks(lesson).values())
        cases = course.root / "tests" / "lessons" / lesson.name
        right = [path for path in cases.glob("right/*") if path.name != "__pycache__"]
        wrong = [
            case
            for path in cases.glob("*.toml")
            for case in tomllib.loads(path.read_text(encoding="utf-8"))["wrong"]
        ]
        others = (len(right), len(wrong), len(list(known_mistakes(lesson))))
        cells = " | ".join(map(str, (checks, *of_mutants, *others)))
        lines.append(f"| {lesson.number} {lesson.title} | {cells} |")
    return "\n".join([*lines, ""])


def in_readme(text: str, course: Course) -> str:
    """Return the README with the table of the lessons made anew, if it has the marks for it."""
    before, _, rest = text.partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    return f"{before}{BEGINS}\n{figures(course)}{ENDS}{after}" if ends else text

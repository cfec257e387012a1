"""The bank of known mistakes: each is named by its own message, and by no other's.

A wrong diagnosis is worse than none, so all right apps and all other wrong ones are looked at too:
`tests/test_lessons.py`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.catalog import load_course
from checker.diagnosis import Known, known_mistakes
from checker.engine import Engine
from checker.grading import grade
from checker.model import Lesson
from tests.conftest import ROOT, edited, told

LESSONS = {lesson.name: lesson for lesson in load_course(ROOT).lessons}
BANK = {name: list(known_mistakes(lesson)) for name, lesson in LESSONS.items()}


def bank() -> Iterator[Any]:
    for name, mistakes in BANK.items():
        for known in mistakes:
            yield pytest.param(LESSONS[name], known, id=f"{name}-{known.id}")


@pytest.mark.parametrize("name", [name for name in LESSONS if BANK[name]])
def test_every_mistake_can_be_read_about(name: str) -> None:
    headings = [
        line.removeprefix("## ")
        for line in LESSONS[name].text.read_text(encoding="utf-8").splitlines()
        if line.startswith("## ")
    ]
    assert len(BANK[name]) >= 10
    assert {known.read for known in BANK[name]} <= set(headings)


@pytest.mark.proof
@pytest.mark.parametrize(("lesson", "known"), list(bank()))
def test_it_is_named_by_its_own_message(
    lesson: Lesson, known: Known, engine: Engine, tmp_path: Path
) -> None:
    submission = edited(lesson.solution, tmp_path / "submission", known.edits, lesson.entry)
    report = grade(lesson, submission, engine=engine)
    named = {result.mistake.id for result in report.steps if result.mistake}
    assert named == {known.id}, told(report)

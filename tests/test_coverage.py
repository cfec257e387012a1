"""What is graded, by which check: none missing, and the page is the one that is committed."""

from dataclasses import replace

import pytest

from checker.authoring import coverage
from checker.catalog import load_course
from checker.model import Course, Lesson
from tests.conftest import ROOT

LESSONS = load_course(ROOT).lessons


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert page == coverage.table(load_course(ROOT)), "run `learn dev table`"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_everything_that_a_lesson_must_grade_has_a_check(lesson: Lesson) -> None:
    assert list(coverage.problems(lesson)) == []
    by_step = coverage.checks(lesson)
    for words, steps in lesson.covers.items():
        assert any(by_step.get(step) for step in steps), f"no check for {words!r}"


@pytest.mark.parametrize(
    ("covers", "says"),
    [
        ({"a": (1, 2, 3), "b": ()}, "nothing covers 'b'"),
        ({"a": (1, 2, 3, 9)}, "step 9, which the task does not have"),
        ({"a": (1, 3)}, "step 01.2 stands in no line"),
    ],
)
def test_gaps_are_found(tiny: Course, covers: dict[str, tuple[int, ...]], says: str) -> None:
    lesson = replace(tiny.lessons[0], covers=covers)
    assert [line for line in coverage.problems(lesson) if says in line]

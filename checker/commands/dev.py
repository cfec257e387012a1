"""`learn dev`: scaffold a lesson, prove that lessons are sound, keep texts and examples one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from checker.authoring import coverage, examples, scaffold, soundness, texts
from checker.authoring.mutation import results
from checker.catalog import course_folder, find_lesson, load_course
from checker.engine import Engine
from checker.files import write_whole
from checker.grading import Options
from checker.render.console import output

if TYPE_CHECKING:
    from checker.model import Lesson

AT_ONCE = 2


def new(name: str) -> None:
    """Scaffold the lesson `NN-slug`. Raises UsageFault if it can't be called so."""
    from checker.authoring import notebooks as running  # needs the extra `class`

    console = output()
    for path in scaffold.make_lesson(course_folder(), name):
        console.print(f"made {path}", markup=False)
    course = load_course(course_folder())
    running.refresh(course, find_lesson(course, name)[0])
    console.print(f"Fill them in, and run `learn dev check {name[:2]}` until it is quiet.")


def check(wanted: str | None, repeat: int) -> int:
    """Print every problem; return 1 if there is any, else 0."""
    console = output()
    lessons = _lessons(wanted)
    found = 0
    with Engine.for_many() as engine, ThreadPoolExecutor(AT_ONCE) as threads:
        proofs = threads.map(lambda lesson: list(_problems(lesson, engine, repeat)), lessons)
        for lesson, problems in zip(lessons, proofs, strict=True):
            verdict = "sound" if not problems else f"{len(problems)} problems"
            console.print(f"{lesson.name}: {verdict}", markup=False)
            for problem in problems:
                console.print(f"  - {problem}", markup=False, soft_wrap=True)
            found += len(problems)
    return 1 if found else 0


def sync(wanted: str | None) -> None:
    """Write what the examples print into their .out files, and the files into the texts."""
    with Engine.for_many() as engine:
        for lesson in _lessons(wanted):
            folder = lesson.text.parent
            for path, text in examples.outputs(folder / "examples", engine).items():
                path.write_text(text, encoding="utf-8")
            text = lesson.text.read_text(encoding="utf-8")
            lesson.text.write_text(texts.synced(text, folder), encoding="utf-8")


def notebooks(wanted: str | None) -> None:
    """Run the notebooks and write their outputs into them."""
    from checker.authoring import notebooks as running  # needs the extra `class`

    course, console = load_course(course_folder()), output()
    for lesson in _lessons(wanted):
        changed = running.refresh(course, lesson)
        console.print(f"{lesson.notebook.name}: {'new outputs' if changed else 'as committed'}")


def table() -> None:
    """Write docs/coverage.md, which check grades what, docs/mutants.md, how well, and README.md."""
    course = load_course(course_folder())
    pages = {
        course.root / "docs" / "coverage.md": coverage.table(course),
        course.root / "docs" / "mutants.md": results.table(course),
    }
    readme = course.root / "README.md"
    if readme.is_file():
        pages[readme] = results.in_readme(readme.read_text(encoding="utf-8"), course)
    for path, text in pages.items():
        write_whole(path, text.encode())
        output().print(f"made {path}", markup=False, soft_wrap=True)


def _lessons(wanted: str | None) -> list[Lesson]:
    course = load_course(course_folder())
    return [find_lesson(course, wanted)[0]] if wanted else list(course.lessons)


def _problems(lesson: Lesson, engine: Engine, repeat: int) -> list[str]:
    problems = list(soundness.problems(lesson, engine))
    for _ in range(repeat):
        problems += soundness.solution_problems(lesson, engine, Options(shuffle=True))
    return problems

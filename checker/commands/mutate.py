"""`learn dev mutate`: every reference is made wrong in small ways; its suite must refuse that.

Where the learner writes tests, the app is made wrong, and the reference's tests must fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.catalog import course_folder, find_lesson, load_course
from checker.errors import UsageFault
from checker.render.console import errors, output

try:
    from checker.authoring.mutation import equivalents, results, trials
    from checker.authoring.mutation.mutants import mutants_of
except ModuleNotFoundError as error:
    raise UsageFault(
        f"`learn dev mutate` needs {error.name}, which is not installed.",
        "Install what authors need: pip install -e '.[dev]'",
    ) from None

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from checker.authoring.mutation.mutants import Mutant
    from checker.engine import Engine
    from checker.model import Course, Lesson


def mutate(wanted: str | None, engine: Engine) -> int:
    """Grade the mutants of one lesson, or of all; print and write down how they ended.

    Return 1 if a mutant survived without being listed as equivalent, or an entry of that list
    is stale; else 0.
    """
    course = load_course(course_folder())
    return max(_mutate(course, lesson, engine) for lesson in _lessons(course, wanted))


def _lessons(course: Course, wanted: str | None) -> list[Lesson]:
    return list(course.lessons) if wanted is None else [find_lesson(course, wanted)[0]]


def _mutate(course: Course, lesson: Lesson, engine: Engine) -> int:
    folder = results.folder(course, lesson)
    entries = equivalents.read(folder / "equivalent.toml")
    mutants = mutants_of(lesson)
    endings = _endings(course, lesson, mutants, engine)
    by_id = dict(zip((mutant.id for mutant in mutants), endings, strict=True))
    killed = {name for name, ending in by_id.items() if ending.killed_by}
    listed = {entry.id for entry in entries}
    survivors = [one for one in mutants if one.id not in killed | listed]
    broken = [one for one in mutants if by_id[one.id].broken]
    stale = list(equivalents.problems(entries, mutants, killed))
    equivalent = len(mutants) - len(killed) - len(survivors)
    console = output()
    console.print(
        f"{lesson.name}: {len(mutants)} mutants, {len(killed)} killed, {equivalent} equivalent, "
        f"{len(survivors)} survived",
        markup=False,
        soft_wrap=True,
    )
    _list(console, lesson, "survived", survivors)
    _list(console, lesson, "breaks the suite", broken)
    for problem in stale:
        console.print(f"  equivalent.toml: {problem}", markup=False, soft_wrap=True)
    results.write(
        folder / "result.toml",
        results.Result(
            of=trials.course_fingerprint(lesson),
            killed=len(killed),
            equivalent=equivalent,
            survived=len(survivors),
            operators=results.made_by(mutants),
        ),
    )
    return 1 if survivors or broken or stale else 0


def _endings(
    course: Course, lesson: Lesson, mutants: Sequence[Mutant], engine: Engine
) -> Sequence[trials.Ending]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    cache = course.root / ".learn" / "mutants" / lesson.name
    columns = (TextColumn(lesson.name), BarColumn(), MofNCompleteColumn())
    console = errors()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=len(mutants))
        return trials.endings(lesson, mutants, engine, cache, lambda: bar.advance(task))


def _list(console: Console, lesson: Lesson, verdict: str, mutants: Sequence[Mutant]) -> None:
    for mutant in mutants:
        place = f"solutions/{lesson.name}/{mutant.file}:{mutant.line}"
        console.print(
            f"  {verdict} {place} {mutant.operator}: {mutant.old} -> {mutant.new}\n"
            f"    id {mutant.id}",
            markup=False,
            soft_wrap=True,
        )

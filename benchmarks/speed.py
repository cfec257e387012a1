"""The speed of the checker against bare pytest, as ratios, for docs/speed.md and docs/speed.svg.

Usage: python benchmarks/speed.py [ROUNDS]

Everything is timed in turn in one run, so that what slows the machine slows all alike. "Bare
pytest" runs the same hidden suite in its own process, against an app in a thread of it (see
inprocess.py): the way of grading that isolates nothing. It loads what plugins its environment has,
as pytest does by itself: with the tools of an author these cost more than the suite. So a second
ratio is to the same run without them, which is what a learner's environment has.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import matplotlib as mpl
from timing import Command, time_once

from checker.catalog import load_course
from checker.engine import Engine
from checker.grading import grade
from checker.isolation.choice import Wanted
from checker.model import Lesson
from checker.trials.builds import read_builds

mpl.use("svg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).resolve().parent.parent
LEARN = str(Path(sys.executable).with_name("learn"))
LESSONS = load_course(ROOT).lessons
AUTOLOAD_OFF = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
LEAN = "the same, plugin autoload off"
"""The row that a second ratio is taken to: an author's environment has plugins, a learner's few."""
Times = dict[str, list[float]]


def bare(lesson: Lesson) -> Command:
    """Bare pytest on a lesson's suite; in lesson 09, on the tests that its learner writes."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider"]
    if lesson.entry != "main.py":
        pytest += ["-p", "anyio.pytest_plugin", "--rootdir", str(lesson.solution)]
        return Command(
            f"bare {lesson.number}", [*pytest, str(lesson.solution)], AUTOLOAD_OFF, in_scratch=True
        )
    variables = {"SUBMISSION": str(lesson.solution), "PYTHONPATH": str(ROOT / "benchmarks")}
    # Of some suites, a check or two needs what only a process of its own can show.
    return Command(
        f"bare {lesson.number}", [*pytest, "-p", "inprocess", str(lesson.suite)], variables, (0, 1)
    )


def lean(lesson: Lesson) -> Command:
    """Bare pytest without the plugins of its environment."""
    loaded = bare(lesson)
    return replace(loaded, env=dict(loaded.env) | AUTOLOAD_OFF)


def in_turn(tasks: dict[str, Callable[[], float]], rounds: int) -> Times:
    """Run all tasks one after the other, `rounds` times after a warm-up; return their times."""
    for task in tasks.values():
        task()
    times: Times = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            times[name].append(task())
    return times


def cold(rounds: int) -> Times:
    """A single check of lesson 01, everything started for it."""
    first, without_plugins = bare(LESSONS[0]), lean(LESSONS[0])
    check = Command("check", [LEARN, "check", "01", "--solution"], {})
    floor = Command("floor", [sys.executable, "-c", "import fastapi"], {})
    return in_turn(
        {
            "bare pytest, lesson 01": lambda: time_once(first),
            LEAN: lambda: time_once(without_plugins),
            "`learn check 01 --solution`": lambda: time_once(check),
            "`import fastapi` alone": lambda: time_once(floor),
        },
        rounds,
    )


def warm(rounds: int) -> Times:
    """From a save to the verdict, in `learn watch` and by its engine alone."""
    first, without_plugins = bare(LESSONS[0]), lean(LESSONS[0])
    with watched() as save_and_read, engine_at_work() as save_and_grade:
        return in_turn(
            {
                "bare pytest, lesson 01": lambda: time_once(first),
                LEAN: lambda: time_once(without_plugins),
                "`learn watch`: from the save to the line with the verdict": save_and_read,
                "the same without the wait for the end of a burst of saves": save_and_grade,
            },
            rounds,
        )


@contextmanager
def watched() -> Iterator[Callable[[], float]]:
    """Keep a `learn watch` running; yield what saves the reference and waits for the verdict."""
    with tempfile.TemporaryDirectory() as workspace:
        subprocess.run([LEARN, "start", "."], cwd=workspace, check=True, capture_output=True)
        main = Path(workspace, "exercises", LESSONS[0].name, "main.py")
        source = (LESSONS[0].solution / "main.py").read_text(encoding="utf-8")
        saves = iter(range(10**6))
        with subprocess.Popen(
            [LEARN, "watch", LESSONS[0].number, "--plain"],
            cwd=workspace,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as watch:
            assert watch.stdin
            assert watch.stdout
            lines = iter(watch.stdout)
            next(line for line in lines if line.startswith("  failed:"))

            def save_and_read() -> float:
                began = time.perf_counter()
                main.write_text(f"{source}\n# {next(saves)}\n", encoding="utf-8")
                next(line for line in lines if line.startswith("All steps pass"))
                return time.perf_counter() - began

            yield save_and_read
            watch.stdin.write("q\n")


@contextmanager
def engine_at_work(level: Wanted = "auto") -> Iterator[Callable[[], float]]:
    """Keep the engine of `learn watch`; yield what saves the reference and grades it."""
    with tempfile.TemporaryDirectory() as name, Engine.for_watching(level) as engine:
        work = Path(shutil.copytree(LESSONS[0].solution, Path(name) / "work"))
        source = (work / "main.py").read_text(encoding="utf-8")
        saves = iter(range(10**6))

        def save_and_grade() -> float:
            began = time.perf_counter()
            (work / "main.py").write_text(f"{source}\n# {next(saves)}\n", encoding="utf-8")
            report = grade(LESSONS[0], work, engine=engine)
            took = time.perf_counter() - began
            if report.status != "passed":
                raise RuntimeError("the reference should pass")
            return took

        yield save_and_grade


def listing(rounds: int) -> Times:
    """A command that grades nothing, against the libraries that any such command loads."""
    libraries = Command("import", [sys.executable, "-c", "import click, rich.console"], {})
    command = Command("list", [LEARN, "list"], {})
    return in_turn(
        {
            '`python -c "import click, rich.console"`': lambda: time_once(libraries),
            "`learn list`": lambda: time_once(command),
        },
        rounds,
    )


def confined(rounds: int) -> Times:
    """What the strongest isolation costs, on a check from nothing and on a warm one."""

    def check(level: str) -> Command:
        return Command(level, [LEARN, "check", "01", "--solution", "--isolation", level], {})

    with engine_at_work("process") as process, engine_at_work("strict") as strict:
        return in_turn(
            {
                "`learn check 01 --solution --isolation process`": partial(
                    time_once, check("process")
                ),
                "`... --isolation strict`": partial(time_once, check("strict")),
                "a warm check at `process`": process,
                "a warm check at `strict`": strict,
            },
            rounds,
        )


def everything(rounds: int) -> Times:
    """All lessons: `learn check --all` against as many runs of bare pytest."""
    suites = [bare(lesson) for lesson in LESSONS]
    without_plugins = [lean(lesson) for lesson in LESSONS]
    check = Command("all", [LEARN, "check", "--all", "--solution"], {})
    return in_turn(
        {
            f"bare pytest, {len(suites)} lessons, one after the other": lambda: sum(
                time_once(suite) for suite in suites
            ),
            LEAN: lambda: sum(time_once(suite) for suite in without_plugins),
            "`learn check --all --solution`": lambda: time_once(check),
        },
        rounds,
    )


def tests_of_tests(rounds: int) -> Times:
    """Lesson 09, warm: the reference's tests on every build, against one run of them."""
    once, lesson = bare(LESSONS[-1]), LESSONS[-1]
    with Engine.for_many() as engine:

        def on_every_build() -> float:
            began = time.perf_counter()
            if grade(lesson, lesson.solution, engine=engine).status != "passed":
                raise RuntimeError("the reference should pass")
            return time.perf_counter() - began

        return in_turn(
            {
                "bare pytest on the tests of lesson 09, once, plugin autoload off": lambda: (
                    time_once(once)
                ),
                "a warm check of lesson 09: on all its builds": on_every_build,
            },
            rounds,
        )


def tests_on_every_build() -> Times:
    """Lesson 09: what its check does, and the same by bare pytest. Once, for it takes minutes."""
    once, lesson = bare(LESSONS[-1]), LESSONS[-1]
    check = Command("check", [LEARN, "check", lesson.number, "--solution"], {})
    with builds_with_tests(lesson) as folders:
        runs = [
            replace(once, argv=[*once.argv[:-2], path, "-x", path], ends=(0, 1))
            for path in map(str, folders)
        ]
        return {
            f"bare pytest -x on each of its {len(runs)} builds, plugin autoload off": [
                sum(time_once(run) for run in runs)
            ],
            f"`learn check {lesson.number} --solution`": [time_once(check)],
        }


@contextmanager
def builds_with_tests(lesson: Lesson) -> Iterator[list[Path]]:
    """Make a folder for each build that tests are tried on, with the reference's tests in it."""
    with tempfile.TemporaryDirectory() as parent:
        folders = []
        for number, build in enumerate(read_builds(lesson.solution, lesson.variants).values()):
            folder = shutil.copytree(lesson.solution, Path(parent) / str(number))
            (folder / "main.py").write_text(build.source, encoding="utf-8")
            folders.append(folder)
        yield folders


def table(times: Times) -> str:
    """Return a Markdown table; ratios are medians of the ratios to the first row, in pairs."""
    bases = [next(iter(times.values()))] + ([times[LEAN]] if LEAN in times else [])
    heads = ["ratio", "ratio to the row without plugins"][: len(bases)]
    lines = [f"| what | median s | min-max s | {' | '.join(heads)} |"]
    lines.append(f"|---{'|--:' * (2 + len(bases))}|")
    for name, taken in times.items():
        ratios = " | ".join(f"{ratio(taken, base):.2f}" for base in bases)
        lines.append(
            f"| {name} | {statistics.median(taken):.3f} "
            f"| {min(taken):.3f}-{max(taken):.3f} | {ratios} |"
        )
    return "\n".join(lines)


def ratio(taken: Sequence[float], base: Sequence[float]) -> float:
    """Return the median of the ratios, pair by pair."""
    return statistics.median(a / b for a, b in zip(taken, base, strict=True))


def plot(groups: dict[str, Times], path: Path) -> None:
    """Draw every row's ratio to its bare pytest."""
    rows = [
        (name.replace("`", ""), ratio(taken, next(iter(times.values()))))
        for times in groups.values()
        for name, taken in times.items()
    ]
    mpl.rcParams["svg.hashsalt"] = "speed"
    figure, axes = plt.subplots(figsize=(8, 0.4 * len(rows) + 1), layout="constrained")
    colours = ["#555555" if value == 1 else "#00796b" for _, value in rows]
    bars = axes.barh([name for name, _ in rows], [value for _, value in rows], color=colours)
    axes.bar_label(bars, [f"{value:.2f}" for _, value in rows], padding=3)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.1 * max(value for _, value in rows))
    axes.set_xlabel("time, as a ratio to bare pytest in process (less is better)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measure, print, and write the page and the picture."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    groups = {
        "One check, from nothing": cold(rounds),
        "From a save to the verdict": warm(rounds),
        "A command that grades nothing": listing(rounds),
        "What confinement costs": confined(rounds),
        "The whole course": everything(max(1, rounds // 2)),
        "Tests that are graded": tests_of_tests(rounds),
        "Tests that are graded, on every build": tests_on_every_build(),
    }
    parts = ["# How fast it is", __doc__.partition("\n\n")[2].partition("\n\n")[2].strip()]
    for title, times in groups.items():
        parts += [f"## {title}", table(times)]
    parts += [
        f"Made on {os.cpu_count()} processors by `python benchmarks/speed.py {rounds}`.",
        "![The same ratios as bars](speed.svg)",
    ]
    text = "\n\n".join(parts) + "\n"
    (ROOT / "docs" / "speed.md").write_text(text, encoding="utf-8")
    plot(groups, ROOT / "docs" / "speed.svg")
    print(text)


if __name__ == "__main__":
    main()

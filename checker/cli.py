"""argv -> exit code. Thin: every command imports what it needs when it runs.

On click and not typer: typer loads pydantic for its parameters, which alone takes longer than
`learn list` may.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from checker.isolation.choice import Wanted
    from checker.model import Database

LESSON = "NN"
STEP = "NN[.S]"
SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

yes = click.option("--yes", "-y", is_flag=True, help="Don't ask.")


@click.group(invoke_without_command=True, context_settings=SETTINGS)
@click.version_option(package_name="fastapi-graded-course", prog_name="learn")
@click.pass_context
def learn(context: click.Context) -> None:
    """An interactive FastAPI course, graded from outside.

    NN is a lesson: `04`, `4` or `04-dependencies`; NN.S is a step of it: `04.2`. Without a
    command: where you are, how far you have come, and the one next thing to do.
    """
    if context.invoked_subcommand is None:
        from checker.commands import status

        status.show()


@learn.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
def start(folder: Path | None) -> None:
    """Make a workspace, and show the first task."""
    from checker.commands import start

    start.start(folder)


@learn.command("list")
def list_lessons() -> None:
    """List the lessons, with your progress."""
    from checker.commands import listing

    listing.show()


@learn.command()
@click.argument("lesson", metavar=STEP)
def read(lesson: str) -> None:
    """Read a lesson's text and its task."""
    from checker.commands import read

    read.show(lesson)


@learn.command("open")
@click.argument("lesson", metavar=LESSON)
def open_(lesson: str) -> None:
    """Open a lesson's file in your editor."""
    from checker.commands import editor

    editor.open_exercise(lesson)


@learn.command()
@click.argument("lesson", metavar=f"[{STEP}]", required=False)
@click.argument("path", metavar="[PATH]", required=False, type=click.Path(path_type=Path))
@click.option("--all", "every", is_flag=True, help="Grade all lessons.")
@click.option("--solution", is_flag=True, help="Grade the reference solution.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit", "github", "html"]),
    default="text",
    help="Form of the report.",
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Write the report to this file."
)
@click.option(
    "--isolation",
    type=click.Choice(["auto", "process", "confined", "strict"]),
    default="auto",
    help="How strongly to confine the app; auto: as strongly as works here.",
)
@click.option(
    "--database",
    type=click.Choice(["sqlite", "postgresql", "mysql"]),
    help="Database to grade on (lesson 08).",
)
@click.option("--seed", type=int, help="Draw the same random data as a past report.")
def check(
    lesson: str | None,
    path: Path | None,
    *,
    every: bool,
    solution: bool,
    form: str,
    output: Path | None,
    isolation: Wanted,
    database: Database | None,
    seed: int | None,
) -> None:
    """Grade your app: serve it, and let the hidden suite talk to it.

    PATH is an app to grade instead of your workspace's: a file, or a folder with a main.py.

    Exit code: 0 all graded steps pass; 1 not yet; 2 wrong usage; 3 the checker could not grade.
    """
    from checker.engine import Engine

    start_engine = Engine.for_many if every else Engine.for_one_check
    with start_engine(isolation) as engine:
        from checker.commands import check  # while the engine's processes load

        wish = check.Wish(lesson, path, every, solution, form, output, database, seed)
        sys.exit(check.check(wish, engine))


@learn.command()
@click.argument("lesson", metavar=f"[{LESSON}]", required=False)
@click.option("--plain", is_flag=True, help="Line by line: for screen readers and dumb terminals.")
@click.option("--poll", is_flag=True, help="Look for saves where the system does not tell of them.")
@click.option("--auto", is_flag=True, help="Go on to the next lesson when one passes.")
def watch(lesson: str | None, *, plain: bool, poll: bool, auto: bool) -> None:
    """Grade your app whenever you save it."""
    from checker.engine import Engine

    with Engine.for_watching() as engine:
        from checker.commands import watch  # while the engine's processes load

        watch.watch(lesson, engine, plain=plain, poll=poll, moves_on=auto)


@learn.command()
@click.argument("step", metavar=STEP)
def hint(step: str) -> None:
    """Show the next hint for a step, one tier at a time."""
    from checker.commands import hint

    hint.show(step)


@learn.command()
@click.argument("lesson", metavar=LESSON)
@yes
def diff(lesson: str, *, yes: bool) -> None:
    """Compare your app with the reference."""
    from checker.commands import solution

    solution.show_diff(lesson, sure=yes)


@learn.command()
@click.argument("lesson", metavar=LESSON)
@yes
def solution(lesson: str, *, yes: bool) -> None:
    """Show the reference solution."""
    from checker.commands import solution

    solution.show(lesson, sure=yes)


@learn.command()
@click.argument("lesson", metavar=LESSON)
def reset(lesson: str) -> None:
    """Go back to the starter; your files are kept in a backup."""
    from checker.commands import reset

    reset.reset(lesson)


@learn.command()
@click.argument("lesson", metavar=LESSON)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def run(lesson: str, port: int) -> None:
    """Serve your app, reloading when you save."""
    from checker.commands import run

    sys.exit(run.run(lesson, port))


@learn.command("class", context_settings={"ignore_unknown_options": True})
@click.argument("lesson", metavar=f"[{LESSON}]", required=False)
@click.argument("options", metavar="[OPTIONS OF JUPYTERLAB]", nargs=-1)
def class_(lesson: str | None, options: tuple[str, ...]) -> None:
    """Teach: start JupyterLab on the notebooks.

    Options of JupyterLab are passed on: `learn class 04 --no-browser --port 9000`.
    """
    from checker.commands import classroom

    if lesson and lesson.startswith("-"):  # no lesson is named, and options are
        options, lesson = (lesson, *options), None
    sys.exit(classroom.teach(lesson, options))


@learn.command()
def update() -> None:
    """Bring a newer course in; what you changed stays as it is."""
    from checker.commands import update

    update.update()


@learn.command()
def doctor() -> None:
    """Say what works on this machine, and how to get the rest."""
    from checker.commands import doctor

    sys.exit(doctor.examine())


@learn.group()
def dev() -> None:
    """For authors of lessons."""


@dev.command("new")
@click.argument("name", metavar="NN-slug")
def dev_new(name: str) -> None:
    """Scaffold a lesson in all its places."""
    from checker.commands import dev

    dev.new(name)


@dev.command("check")
@click.argument("lesson", metavar=f"[{LESSON}]", required=False)
@click.option(
    "--repeat",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Also grade the solution N times, the checks in random order.",
)
def dev_check(lesson: str | None, repeat: int) -> None:
    """Prove that the course is sound.

    Starters pass no step, solutions pass all, headings equal steps equal marks, no hint is
    empty, every example runs and prints what the text says.
    """
    from checker.commands import dev

    sys.exit(dev.check(lesson, repeat))


@dev.command("sync")
@click.argument("lesson", metavar=f"[{LESSON}]", required=False)
def dev_sync(lesson: str | None) -> None:
    """Run the examples, and put code and output into the texts."""
    from checker.commands import dev

    dev.sync(lesson)


@dev.command("mutate")
@click.argument("lesson", metavar=f"[{LESSON}]", required=False)
def dev_mutate(lesson: str | None) -> None:
    """Make references wrong in small ways, and show what a suite lets pass.

    Exit code: 0 every mutant is refused, or listed as equivalent with a reason; 1 some are not.
    """
    from checker.engine import Engine

    with Engine.for_many() as engine:
        from checker.commands import mutate  # while the engine's processes load

        sys.exit(mutate.mutate(lesson, engine))


@dev.command("notebooks")
@click.argument("lesson", metavar=f"[{LESSON}]", required=False)
def dev_notebooks(lesson: str | None) -> None:
    """Run the notebooks, and put their outputs into them."""
    from checker.commands import dev

    dev.notebooks(lesson)


@dev.command("table")
def dev_table() -> None:
    """Write docs/coverage.md, what is graded by which check, and docs/mutants.md, how well."""
    from checker.commands import dev

    dev.table()


def main() -> NoReturn:
    """Run the command line; faults become a message and an exit code, never a traceback."""
    from checker.errors import Fault

    try:
        learn(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Fault as fault:
        sys.exit(_tell(fault.message, fault.remedy, fault.exit_code))
    except (KeyboardInterrupt, click.Abort):
        sys.exit(_tell("Stopped.", "", 130))
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left: nothing more to say
        sys.exit(1)
    except Exception:  # noqa: BLE001 (a bug of ours: the user gets a sentence, not a traceback)
        sys.exit(_tell_bug())
    sys.exit(0)


def _tell_bug() -> int:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="learn-bug-", suffix=".txt", delete=False) as file:
        traceback.print_exc(file=file)
    return _tell("The checker has a bug.", f"Please report it, with the file {file.name}", 3)


def _tell(message: str, remedy: str, code: int) -> int:
    from checker.render.console import errors

    console = errors()
    console.print(message, style="bold red", markup=False)
    for line in remedy.splitlines():
        # An indented line is a command to paste: a narrow window must not break it.
        console.print(line, markup=False, soft_wrap=line.startswith("    "))
    return code

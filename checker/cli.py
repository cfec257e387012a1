"""argv -> exit code. Thin: every command imports what it needs when it runs."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

app = typer.Typer(
    name="learn",
    help="An interactive FastAPI course, graded from outside.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    add_completion=False,
)
dev = typer.Typer(help="For authors of lessons.", no_args_is_help=True)
app.add_typer(dev, name="dev")


class Format(StrEnum):
    """Forms of a report."""

    text = "text"
    json = "json"
    junit = "junit"
    github = "github"
    html = "html"


class Level(StrEnum):
    """Isolation levels; `auto` takes the strongest that works here."""

    auto = "auto"
    process = "process"
    confined = "confined"
    strict = "strict"


class Engine(StrEnum):
    """Databases that lesson 08 is graded on."""

    sqlite = "sqlite"
    postgresql = "postgresql"
    mysql = "mysql"


LessonName = Annotated[
    str, typer.Argument(metavar="NN", help="A lesson: `04`, `4` or `04-dependencies`.")
]
StepName = Annotated[
    str, typer.Argument(metavar="NN[.S]", help="A lesson, or a step of it: `04.2`.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]


@app.callback(invoke_without_command=True)
def where_am_i(context: typer.Context) -> None:
    """Show where you are, how far you have come, and the one next thing to do."""
    if context.invoked_subcommand is None:
        from checker.commands import status

        status.show()


@app.command()
def start(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where to make the workspace.")
    ] = None,
) -> None:
    """Make a workspace, and show the first task."""
    from checker.commands import start

    start.start(folder)


@app.command("list")
def list_lessons() -> None:
    """List the lessons, with your progress."""
    from checker.commands import listing

    listing.show()


@app.command()
def read(lesson: LessonName) -> None:
    """Read a lesson's text and its task in the terminal."""
    from checker.commands import read

    read.show(lesson)


@app.command("open")
def open_(lesson: LessonName) -> None:
    """Open a lesson's main.py in your editor."""
    from checker.commands import editor

    editor.open_exercise(lesson)


@app.command()
def check(
    lesson: Annotated[
        str | None, typer.Argument(metavar="[NN[.S]]", help="A lesson, or a step of it.")
    ] = None,
    path: Annotated[
        Path | None,
        typer.Argument(help="An app to grade instead of the workspace's: a file or a folder."),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Grade all lessons.")] = False,
    solution: Annotated[
        bool, typer.Option("--solution", help="Grade the reference solution.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="Form of the report.")] = Format.text,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the report to this file.")
    ] = None,
    isolation: Annotated[
        Level, typer.Option("--isolation", help="How strongly to confine the app.")
    ] = Level.auto,
    database: Annotated[
        Engine | None, typer.Option("--database", help="Database to grade on (lesson 08).")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Draw the same random data as a past report.")
    ] = None,
) -> None:
    """Grade your app: serve it, and let the hidden suite talk to it."""
    from checker.commands import check

    wish = check.Wish(
        lesson=lesson,
        path=path,
        every=every,
        solution=solution,
        form=form.value,
        output=output,
        isolation=isolation.value,
        database=database.value if database else None,
        seed=seed,
    )
    raise typer.Exit(check.check(wish))


@app.command()
def hint(step: StepName) -> None:
    """Show the next hint for a step, one tier at a time."""
    from checker.commands import hint

    hint.show(step)


@app.command()
def diff(lesson: LessonName, *, yes: Yes = False) -> None:
    """Compare your app with the reference solution."""
    from checker.commands import solution

    solution.show_diff(lesson, sure=yes)


@app.command()
def solution(lesson: LessonName, *, yes: Yes = False) -> None:
    """Show the reference solution."""
    from checker.commands import solution

    solution.show(lesson, sure=yes)


@app.command()
def reset(lesson: LessonName) -> None:
    """Go back to the starter; your files are kept in a backup."""
    from checker.commands import reset

    reset.reset(lesson)


@app.command()
def run(
    lesson: LessonName,
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8000,
) -> None:
    """Serve your app, reloading when you save, and say where its docs are."""
    from checker.commands import run

    raise typer.Exit(run.run(lesson, port))


@app.command()
def update() -> None:
    """Bring a newer course into the workspace; what you changed stays as it is."""
    from checker.commands import update

    update.update()


@app.command()
def doctor() -> None:
    """Say what works on this machine, and how to get the rest."""
    from checker.commands import doctor

    raise typer.Exit(doctor.examine())


@dev.command("new")
def dev_new(
    name: Annotated[str, typer.Argument(metavar="NN-slug", help="As in `10-deployment`.")],
) -> None:
    """Scaffold a lesson in all its places."""
    from checker.commands import dev

    dev.new(name)


@dev.command("check")
def dev_check(
    lesson: Annotated[str | None, typer.Argument(metavar="[NN]", help="Only this one.")] = None,
    repeat: Annotated[
        int,
        typer.Option("--repeat", min=0, help="Also grade the solution so often, in random order."),
    ] = 0,
) -> None:
    """Prove that the course is sound: starters fail, solutions pass, examples run."""
    from checker.commands import dev

    raise typer.Exit(dev.check(lesson, repeat))


@dev.command("sync")
def dev_sync(
    lesson: Annotated[str | None, typer.Argument(metavar="[NN]", help="Only this one.")] = None,
) -> None:
    """Run the examples, and put code and output into the lesson texts."""
    from checker.commands import dev

    dev.sync(lesson)


def main() -> NoReturn:
    """Run the command line; faults become a message and an exit code, never a traceback."""
    from checker.errors import Fault

    try:
        app()
    except Fault as fault:
        sys.exit(_tell(fault.message, fault.remedy, fault.exit_code))
    except KeyboardInterrupt:
        sys.exit(_tell("Stopped.", "", 130))
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left: nothing more to say
        sys.exit(1)
    sys.exit(0)


def _tell(message: str, remedy: str, code: int) -> int:
    from checker.render.console import errors

    console = errors()
    console.print(message, style="bold red", markup=False, highlight=False)
    if remedy:
        console.print(remedy, markup=False, highlight=False)
    return code

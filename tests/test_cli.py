"""argv -> exit code, and what is said on the way."""

import signal
import time
from pathlib import Path

import pytest

from tests.conftest import Learn


def test_help_names_every_command(learn: Learn) -> None:
    ran = learn("--help")
    assert ran.code == 0
    for command in [
        "check",
        "diff",
        "doctor",
        "hint",
        "list",
        "open",
        "read",
        "reset",
        "run",
        "solution",
        "start",
        "update",
    ]:
        assert f"  {command} " in ran.out


@pytest.mark.parametrize(
    ("arguments", "says", "remedy"),
    [
        (["check", "77"], "no lesson '77'", "learn list"),
        (["check", "01.9"], "no step '01.9'", "learn read 01"),
        (["check", "01.x"], "no step '01.x'", "learn read 01"),
        (["check", "--all", "01"], "--all", "Leave one"),
        (["check", "01", "main.py", "--solution"], "--solution", "Leave one"),
        (["check", "--solution"], "No lesson is named", "learn check 01"),
        (["check", "01", "nowhere.py"], "no file or folder nowhere.py", "main.py"),
        (["check", "01", "--database", "mysql", "--solution"], "database", "--database"),
        (["read", "77"], "no lesson '77'", "learn list"),
        (["frobnicate"], "frobnicate", "learn --help"),
        (["check", "01", "--format", "yaml"], "yaml", "json"),
    ],
)
def test_wrong_usage_is_exit_2(learn: Learn, arguments: list[str], says: str, remedy: str) -> None:
    ran = learn(*arguments)
    assert ran.code == 2
    said = " ".join(ran.err.split())
    assert says in said
    assert remedy in said
    assert ran.out == ""


@pytest.mark.parametrize("command", ["check", "open", "hint", "diff", "solution", "reset", "run"])
def test_outside_of_a_workspace_says_how_to_make_one(learn: Learn, command: str) -> None:
    ran = learn(command, "01")
    assert ran.code == 2
    assert "learn start" in ran.err


def test_a_bug_of_ours_is_a_sentence_and_a_file(learn: Learn, own_course: Path) -> None:
    (own_course / "exercises" / "01-hello" / "exercise.toml").write_text("secrets = 5\n")
    learn.course = own_course
    ran = learn("list")
    assert ran.code == 3
    assert "The checker has a bug" in ran.err
    report = Path(ran.err.rpartition("the file ")[2].replace("\n", "").strip())
    assert "TypeError" in report.read_text()
    report.unlink()


def test_broken_course_is_exit_3(learn: Learn, own_course: Path) -> None:
    (own_course / "exercises" / "01-hello" / "exercise.toml").write_text("title = \n")
    learn.course = own_course
    ran = learn("list")
    assert ran.code == 3
    assert "not valid TOML" in ran.err


@pytest.mark.parametrize("graded", ["01", "--all"])
def test_ctrl_c_stops_quietly_and_at_once(workspace: Learn, own_course: Path, graded: str) -> None:
    settings = own_course / "exercises" / "01-hello" / "exercise.toml"
    settings.write_text(settings.read_text().replace("start_s = 4", "start_s = 200"))
    workspace.course = own_course
    main = workspace.folder / "exercises" / "01-hello" / "main.py"
    main.write_text("while True:\n    pass\n")
    running = workspace.start("check", graded)
    time.sleep(2)  # any moment will do: it takes 200 s to give up by itself
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "Stopped" in err
    assert "Traceback" not in err


def test_a_closed_pipe_is_no_error(learn: Learn) -> None:
    running = learn.start("list")
    assert running.stdout
    running.stdout.close()
    assert running.stderr
    assert "Traceback" not in running.stderr.read()
    running.wait(timeout=30)
    running.stderr.close()

"""The smaller commands, as a learner types them."""

import os
import signal
import socket
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import Learn


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_bare_learn_says_where_you_are_and_what_is_next(workspace: Learn) -> None:
    ran = workspace()
    assert ran.code == 0
    assert "Passed: 0 of 5 steps in 2 lessons" in ran.out
    assert "Next: Begin lesson 01 Hello" in ran.out
    assert "learn check 01" in ran.out


def test_bare_learn_outside_of_a_workspace(learn: Learn) -> None:
    assert "learn start" in learn().out


def test_list_shows_progress(workspace: Learn) -> None:
    (workspace.folder / "exercises/01-hello/main.py").write_text(
        "from fastapi import FastAPI\napp = FastAPI()\n"
        "@app.get('/hello')\ndef hello():\n    return {'message': 'hello'}\n"
    )
    workspace("check", "01")
    assert workspace("list").out.splitlines()[0] == "01  Hello   1 of  3 steps"


def test_read_shows_text_and_task_or_one_step(workspace: Learn) -> None:
    whole = workspace("read", "01").out
    assert "An app that answers." in whole
    assert "01.3 Say your secret" in whole
    step = workspace("read", "01.2").out
    assert "Say whom you greet" in step
    assert "Say your secret" not in step


def test_a_picture_is_its_caption_in_a_terminal(learn: Learn, own_course: Path) -> None:
    text = own_course / "lessons/01-hello/README.md"
    text.write_text(text.read_text() + "\n```mermaid\ngraph LR\n    %% Two boxes\n    a-->b\n```\n")
    learn.course = own_course
    out = learn("read", "01").out
    assert "Picture: Two boxes." in out
    assert "a-->b" not in out


def test_open_starts_the_editor_on_the_exercise(workspace: Learn) -> None:
    editor = workspace.folder / "editor.py"
    editor.write_text("import sys\nopen('opened', 'w').write(sys.argv[1])\n")
    ran = workspace("open", "01", EDITOR=f"{sys.executable} {editor}")
    assert ran.code == 0
    opened = (workspace.folder / "opened").read_text()
    assert opened.endswith("exercises/01-hello/main.py")


def test_open_without_an_editor_says_how_to_have_one(workspace: Learn) -> None:
    ran = workspace("open", "01", PATH="/nonexistent")
    assert ran.code == 2
    assert "export EDITOR" in ran.err
    ran = workspace("open", "01", EDITOR="no-such-editor")
    assert ran.code == 2
    assert "no-such-editor" in ran.err
    ran = workspace("open", "01", EDITOR="'vi")
    assert ran.code == 2
    assert "EDITOR can't be read as a command: No closing quotation." in ran.err


def test_run_serves_with_the_variables_of_a_check(workspace: Learn, own_course: Path) -> None:
    solution = own_course / "solutions/01-hello/main.py"
    (workspace.folder / "exercises/01-hello/main.py").write_text(solution.read_text())
    port = free_port()
    running = workspace.start("run", "01", "--port", str(port), SECRET="mine")
    try:
        url = f"http://127.0.0.1:{port}"
        assert answer(f"{url}/secret") == '{"secret":"mine"}'
        assert answer(f"{url}/hello") == '{"message":"hello"}'
        page = answer(f"{url}/docs")  # works without a network
        assert "https://" not in page
        assert "SwaggerUIBundle" in answer(f"{url}/_docs-files/swagger-ui-bundle.js")
    finally:
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=20)
    assert f"{url}/docs" in out
    assert "SECRET=mine" in out
    assert running.returncode == 0


def test_run_leaves_no_server_behind_when_it_is_ended(workspace: Learn) -> None:
    port = free_port()
    running = workspace.start("run", "01", "--port", str(port))
    answer(f"http://127.0.0.1:{port}/docs")
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=20)  # until nobody holds its output any more
    socket.create_server(("127.0.0.1", port)).close()


def answer(url: str, timeout_s: float = 30) -> str:
    end = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(url) as response:
                return str(response.read().decode())
        except OSError:
            assert time.monotonic() < end, f"{url} does not answer"
            time.sleep(0.1)


def test_run_on_a_taken_port_says_which_to_take(workspace: Learn) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = workspace("run", "01", "--port", str(port))
    assert ran.code == 2
    assert f"--port {port + 1}" in ran.err


def test_doctor_says_what_works(workspace: Learn) -> None:
    ran = workspace("doctor")
    assert ran.code == 0, ran.out
    for word in ("isolation", "process", "postgresql", "mysql", "grading", "works"):
        assert word in ran.out


def test_doctor_ends_with_3_if_grading_does_not_work(learn: Learn, own_course: Path) -> None:
    (own_course / "checker/suites/test_01_hello.py").write_text("import nothing_of_that_name\n")
    learn.course = own_course
    ran = learn("doctor")
    assert ran.code == 3
    assert "does not work" in ran.out


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_window(workspace: Learn, width: int) -> None:
    ran = workspace("check", "01", COLUMNS=str(width))
    copied = ("curl", "learn run", "exercises/")
    lines = [line for line in ran.out.splitlines() if not any(word in line for word in copied)]
    assert [line for line in lines if len(line) > width] == []
    assert "\x1b" not in ran.out


def test_colour_only_where_it_is_wanted(workspace: Learn) -> None:
    assert "\x1b[" in workspace("check", "01", FORCE_COLOR="1").out
    assert "\x1b[3" not in workspace("check", "01", FORCE_COLOR="1", NO_COLOR="1").out


def test_a_terminal_without_unicode_gets_ascii_marks(workspace: Learn) -> None:
    ran = workspace("check", "01", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert "x 01.1" in ran.out
    assert "Traceback" not in ran.err
    assert os.linesep in ran.out

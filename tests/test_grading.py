"""Verdicts on apps that cheat, die, hang and lie; each is graded for real."""

import os
import signal
import time
from pathlib import Path

import pytest

from checker.engine import Engine
from checker.errors import GradingFault
from checker.grading import Options, grade
from checker.model import Course, Report
from tests.conftest import ROOT, Grade, Learn, processes, wait_for

MIDDLEWARE = (
    "from fastapi import FastAPI\nfrom starlette.datastructures import Headers, MutableHeaders\n"
    "class Middle:\n"
    "    def __init__(self, app):\n        self.app = app\n"
    "    async def __call__(self, scope, receive, send):\n"
)
SERVED = (
    "app = FastAPI()\n@app.get('/hello')\ndef hello():\n    return 1\napp.add_middleware(Middle)\n"
)
BROKEN_MIDDLEWARE = (
    f"{MIDDLEWARE}        Headers(scope=scope)\n"
    f"        await self.app(scope, receive, send)\n{SERVED}"
)
LATE_HEADER = (
    f"{MIDDLEWARE}        async def late(message):\n"
    "            if message['type'] == 'http.response.body':\n"
    "                MutableHeaders(scope=message)['x'] = 'y'\n"
    "            await send(message)\n"
    f"        await self.app(scope, receive, late)\n{SERVED}"
)
BROKEN_LIFESPAN = (
    "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\n"
    "@asynccontextmanager\nasync def lifespan(app):\n    raise OSError('no database')\n"
    "    yield\napp = FastAPI(lifespan=lifespan)\n"
)
APP = "from fastapi import FastAPI\napp = FastAPI()\n"


def statuses(report: Report) -> list[str]:
    return [result.status for result in report.steps]


def first_message(report: Report) -> str:
    return next(c.message for r in report.steps for c in r.checks if c.status == "failed")


# ------------------------------------------------------------------------------------- cheats


def test_a_patched_test_client_passes_nothing(grade_main: Grade) -> None:
    cheat = (ROOT / "tests" / "cheats" / "patched_client.py").read_text()
    assert statuses(grade_main(cheat)) == ["failed", "not_run", "failed"]


def test_the_patched_test_client_does_fool_a_suite_in_process(tmp_path: Path) -> None:
    """Shows that the cheat is real: in process it passes what it did not solve."""
    import subprocess
    import sys

    (tmp_path / "main.py").write_text((ROOT / "tests" / "cheats" / "patched_client.py").read_text())
    (tmp_path / "test_it.py").write_text(
        "from main import app\nfrom fastapi.testclient import TestClient\n\n\n"
        "def test_hello():\n"
        "    answer = TestClient(app).get('/hello')\n"
        "    assert answer.status_code == 200\n"
        "    assert answer.json() == {'message': 'hello'}\n"
    )
    ran = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=tmp_path, check=False)
    assert ran.returncode == 0


@pytest.mark.parametrize("code", [0, 1])
def test_exit_at_import_passes_nothing(grade_main: Grade, code: int) -> None:
    report = grade_main(f"import os\nos._exit({code})\n")
    assert statuses(report) == ["not_run"] * 3
    assert report.trouble
    assert report.trouble.kind == "crashed"
    assert f"exit code {code}" in report.trouble.message


def test_the_suite_is_not_in_the_apps_process(grade_main: Grade) -> None:
    # The host that tests share may have run learners' tests before, and then has pytest itself.
    with Engine.for_many() as grade_main.engine:
        report = grade_main(
            APP + "import os, sys\n\n\n@app.get('/hello')\ndef hello():\n"
            "    loaded = [m for m in sys.modules if 'pytest' in m or 'suite' in m]\n"
            "    return [sorted(os.environ), loaded]\n"
        )
    body = report.steps[0].checks[0].exchanges[-1].response
    assert body
    assert body["body"] == '[["GREETING","LANG","PATH","PYTHONUTF8","SECRET"],[]]'


# ------------------------------------------------------------------- apps that can't be served


@pytest.mark.parametrize(
    ("main", "kind", "says"),
    [
        ("import nonexistent_package\n", "import_error", "pip install nonexistent_package"),
        ("import yaml_\nfrom jose import jwt\n", "import_error", "'yaml_'"),
        ("from jose import jwt\n", "import_error", "pip install PyJWT"),
        ("from fastpi import FastAPI\n", "import_error", "Do you mean 'fastapi'?"),
        ("app = FastAPI()\n", "import_error", "Add `from fastapi import FastAPI` at the top."),
        ("app = Fast()\n", "import_error", "A name must stand above"),
        ("x = 1\n", "no_app", "Add `app = FastAPI()`"),
        ("from fastapi import FastAPI\napi = FastAPI()\n", "no_app", "rename it to `app`"),
        (
            "from fastapi import FastAPI\nmine = FastAPI()\nasync def add(a): pass\n",
            "no_app",
            "You have `mine`",
        ),
        ("async def asgi(scope, receive, send): pass\n", "no_app", "You have `asgi`"),
        ("app = 5\n", "no_app", "of type int"),
        ("def app(environ, start_response):\n    return []\n", "no_app", "of type function"),
        ("import sys\nsys.exit('bye')\n", "exited", "SystemExit: bye"),
        ("exit()\n", "exited", "main.py, line 1"),
        ("raise ValueError('no luck')\n", "import_error", "ValueError: no luck"),
        ("import helper\n", "syntax_error", "helper.py, line 1"),
        ("x = ' ' * 10**11\n", "memory", "more memory"),
        ("import os, signal\nos.kill(os.getpid(), 11)\n", "crashed", "SIGSEGV"),
        ("while True:\n    pass\n", "timeout", "after 4 seconds"),
        ("import threading\nthreading.Event().wait()\n", "timeout", "`uvicorn.run(app)`"),
        (BROKEN_LIFESPAN, "startup_error", "OSError: no database"),
        (BROKEN_MIDDLEWARE, "startup_error", "the type `lifespan`, which has no headers"),
    ],
)
def test_trouble_is_named_with_its_fix(grade_main: Grade, main: str, kind: str, says: str) -> None:
    report = grade_main(main, helper="def broken(:\n")
    assert report.trouble
    assert report.trouble.kind == kind
    assert says in report.trouble.message
    assert "Traceback" not in report.trouble.message
    assert statuses(report) == ["not_run"] * 3
    assert report.status == "failed"


# ------------------------------------------------------------------------ handlers that misbehave


def with_hello(body: str) -> str:
    return APP + f"import os, time\n\n\n@app.get('/hello')\nasync def hello():\n    {body}\n"


def test_what_breaks_an_answer_is_shown(grade_main: Grade) -> None:
    """A header that is set too late: the answer has begun, and its end never comes."""
    report = grade_main(LATE_HEADER)
    check = report.steps[0].checks[0]
    assert "no proper HTTP answer" in check.message
    assert [raised.type for raised in check.exceptions] == ["KeyError"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("os._exit(0)", "ended by itself (exit code 0)"),
        ("os.kill(os.getpid(), 6)", "crashed (SIGABRT)"),
        ("os.abort()", "crashed (SIGABRT)"),
        ("raise SystemExit(0)", "/hello"),
        ("time.sleep(60)", "no answer within 2 seconds"),
        ("while True: pass", "no answer within 2 seconds"),
        ("await __import__('asyncio').sleep(60)", "no answer within 2 seconds"),
        ("return 'x' * 20_000_000", "more than 8,388,608 bytes"),
    ],
)
def test_a_handler_that_misbehaves_fails_its_own_check_only(
    grade_main: Grade, body: str, says: str
) -> None:
    secret = "\n\n@app.get('/secret')\ndef secret():\n    return {'secret': os.environ['SECRET']}\n"
    report = grade_main(with_hello(body) + secret)
    assert says in first_message(report)
    assert statuses(report) == ["failed", "not_run", "passed"]


def test_an_unhandled_exception_is_shown_with_the_learners_frames(grade_main: Grade) -> None:
    report = grade_main(
        APP + "def deep():\n    return {}['x']\n\n\n"
        "@app.get('/hello')\ndef hello():\n    return deep()\n"
    )
    check = report.steps[0].checks[0]
    assert "500 Internal Server Error" in check.message
    (raised,) = check.exceptions
    assert (raised.type, raised.during) == ("KeyError", "GET /hello")
    assert [(f.file, f.function) for f in raised.frames] == [
        ("main.py", "hello"),
        ("main.py", "deep"),
    ]
    assert raised.frames[-1].code == "return {}['x']"


def test_of_a_group_of_exceptions_the_one_inside_is_shown(grade_main: Grade) -> None:
    report = grade_main(
        APP + "import asyncio\n\nasync def deep():\n    raise KeyError('x')\n\n\n"
        "@app.get('/hello')\nasync def hello():\n"
        "    async with asyncio.TaskGroup() as tasks:\n"
        "        tasks.create_task(deep())\n"
    )
    (raised,) = report.steps[0].checks[0].exceptions
    assert raised.type == "KeyError"
    assert raised.message == "'x' (inside an ExceptionGroup)"
    assert raised.frames[-1].code == "raise KeyError('x')"


def test_exceptions_of_earlier_checks_are_not_shown(grade_main: Grade, reference: str) -> None:
    report = grade_main(
        reference.replace('return {"message": os.environ["GREETING"]}', "raise OSError").replace(
            'os.environ["SECRET"]', "'wrong'"
        )
    )
    assert report.steps[0].checks[0].exceptions
    assert not report.steps[2].checks[0].exceptions


def test_huge_output_is_cut_and_harmless(grade_main: Grade, reference: str) -> None:
    report = grade_main(reference + "\nprint('x' * 10_000_000)\nprint('the end')\n")
    assert report.status == "passed"
    assert len(report.log) <= 64 * 1024
    assert report.log.endswith("the end\n")


def test_state_is_fresh_for_every_check(grade_main: Grade, reference: str) -> None:
    marker = (
        "\nimport pathlib\nassert not pathlib.Path('mark').exists()\npathlib.Path('mark').touch()\n"
    )
    for _ in range(2):
        assert grade_main(reference + marker).status == "passed"


def test_several_files_and_a_changed_one(grade_main: Grade, reference: str) -> None:
    main = reference.replace('os.environ["GREETING"]', "parts.WORD").replace(
        "import os", "import os\n\nimport parts"
    )
    assert grade_main(main, parts="WORD = 'bye'\n").steps[0].status == "failed"
    assert grade_main(main, parts="WORD = 'hello'\n").status == "passed"


# ------------------------------------------------------------------------------ what is left over


def test_background_processes_are_ended(grade_main: Grade, reference: str) -> None:
    mark = f"600.{time.time_ns()}"
    report = grade_main(
        reference + f"\nimport subprocess\nchild = subprocess.Popen(['sleep', {mark!r}])\n"
        "print('started', child.pid)\n"
    )
    assert report.status == "passed"
    assert "started" in report.log
    wait_for(lambda: not processes(mark))


def test_an_app_that_is_overdue_ends_the_lesson(
    tiny: Course, engine: Engine, tmp_path: Path
) -> None:
    from dataclasses import replace

    lesson = replace(tiny.lessons[0], limits=replace(tiny.lessons[0].limits, lesson_s=1.0))
    (tmp_path / "main.py").write_text("import time\ntime.sleep(60)\n")
    report = grade(lesson, tmp_path, Options(), engine)
    assert report.trouble
    assert report.trouble.kind == "timeout"
    assert "longer than 1 seconds" in report.trouble.message
    assert report.status == "failed"


def test_a_broken_suite_is_never_blamed_on_the_learner(own_course: Path, engine: Engine) -> None:
    from checker.catalog import load_course

    lesson = load_course(own_course).lessons[0]
    lesson.suite.write_text("import nothing_of_that_name\n")
    with pytest.raises(GradingFault, match="did not run to its end"):
        grade(lesson, lesson.solution, Options(), engine)


def test_a_check_that_breaks_is_an_error_of_ours(own_course: Path, engine: Engine) -> None:
    from checker.catalog import load_course

    lesson = load_course(own_course).lessons[0]
    lesson.suite.write_text(lesson.suite.read_text().replace("rng.choice", "rng.chooose"))
    report = grade(lesson, lesson.solution, Options(), engine)
    assert report.status == "error"
    assert report.steps[1].status == "error"


def test_killing_learn_leaves_no_process(learn: Learn) -> None:
    mark = f"mark-{os.getpid()}-{time.time_ns()}"
    (learn.folder / "main.py").write_text(
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', "
        f"'import time; time.sleep(60)', {mark!r}])\nwhile True: pass\n"
    )
    running = learn.start("check", "01", "main.py")
    wait_for(lambda: bool(processes(mark)))
    running.send_signal(signal.SIGKILL)
    running.communicate()
    wait_for(lambda: not processes(mark))

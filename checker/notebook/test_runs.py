"""`%%tests`: run a cell's tests with pytest, in a process of their own, as on a command line."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from checker import sandbox
from checker.errors import UsageFault
from checker.notebook.serving import write_cell
from checker.render.safe import plain
from checker.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT_S = 60.0
OPTIONS = ("-q", "--tb=short", "--no-header", "-p", "no:cacheprovider", "--color=no")
TIMING = re.compile(r" in [\d.]+s\b")


class TestRun:
    """What pytest has printed."""

    __test__ = False  # no test itself, whatever its name begins with

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def run_tests(main: str, tests: str, arguments: Sequence[str]) -> TestRun:
    """Run `tests` as test_main.py beside `main` as main.py; return what pytest prints.

    Raises UsageFault if the tests do not end within a minute.
    """
    with Scratch() as scratch:
        folder = write_cell(scratch / "tests", main, "main.py")
        (folder / "test_main.py").write_text(f"\n{tests}", encoding="utf-8")
        with subprocess.Popen(
            [sys.executable, "-m", "pytest", *OPTIONS, *arguments, "test_main.py"],
            cwd=folder,
            env=sandbox.clean_environment() | {"COLUMNS": "80"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as running:
            try:
                printed, _ = running.communicate(timeout=LIMIT_S)
            except subprocess.TimeoutExpired:
                sandbox.end_group(running.pid)
                raise UsageFault(
                    f"The tests took longer than {LIMIT_S:g} seconds, and were ended.",
                    "Look for a test that waits for ever.",
                ) from None
        text = printed.decode(errors="replace").replace(f"{folder}/", "")
    return TestRun(plain(TIMING.sub("", text)).strip())

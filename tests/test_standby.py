"""A run of pytest that stands still: what it leaves as it was, and what goes on from it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker.rehearsal.standby import is_plain

STATE = """
import builtins, logging, os, signal, sys, threading, warnings
from pathlib import Path

def leads_to(descriptor):
    try:
        return os.readlink(descriptor)
    except FileNotFoundError:
        return ""  # the one that the folder itself was read by

def state():
    return {
        "stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr,
        "excepthook": sys.excepthook, "unraisablehook": sys.unraisablehook,
        "threading.excepthook": threading.excepthook,
        "filters": list(warnings.filters), "showwarning": warnings.showwarning,
        "logging": (list(logging.root.handlers), logging.root.level, logging.lastResort),
        "path": list(sys.path), "meta_path": list(sys.meta_path),
        "builtins": dict(vars(builtins)) | {"_": None}, "cwd": os.getcwd(),
        "signals": {one: signal.getsignal(one) for one in signal.valid_signals()},
        "open files": {path.name: leads_to(path) for path in Path("/proc/self/fd").iterdir()
                       if leads_to(path) not in ("", os.devnull)},
        "threads": threading.enumerate(),
        "written": sorted(str(path) for path in Path.cwd().rglob("*")),
    }

import checker.rehearsal.standby as rehearsal
before = state()
rehearsal.standby(str(Path("tests").absolute()), str(Path("temporary").absolute()))
after = state()
print(*[name for name in before if before[name] != after[name]])
"""
GO_ON = """
import os, sys
from checker.rehearsal.standby import standby
from checker.testing import Order

standing = standby(os.getcwd(), os.path.join(os.getcwd(), "temporary"))
for name in sys.argv[1:]:
    pid = os.fork()
    if pid == 0:
        with open("test_it.py", "w") as file:
            file.write(f"import os\\ndef test_a(): assert '{name}' != 'wrong'\\n"
                       "def test_b(): print(os.environ['PYTEST_VERSION'])\\n"
                       "def test_c(tmp_path, capsys):\\n    print('c')\\n"
                       "    assert capsys.readouterr().out\\n")
        os._exit(standing.go_on(Order("reversed")))
    print("ended with", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""

TRIAL = """
import json, os
from pathlib import Path
import pytest
from checker import host, testing
from checker.forks import Request

class Level:
    places = {"folder": str(Path("tests").absolute()), "temporary": str(Path("tmp").absolute())}
    def confine(self, start): pass

configured = []
main = pytest.main
pytest.main = lambda *arguments: configured.append(os.getpid()) or main(*arguments)
start = {"kind": "tests", "environment": {}, "brief": True, "order": {}, **Level.places}
host.prepare(Level(), Request(None, json.dumps(start).encode(), []))
assert testing.run(start, Level()) == 0
print(len(configured))
"""


def run(script: str, folder: Path, *arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-B", "-c", script, *arguments],
        cwd=folder, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    assert not ran.stderr
    return ran.stdout


def test_a_host_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    assert run(STATE, tmp_path).split() == []


def test_each_fork_goes_on_by_itself(tmp_path: Path) -> None:
    printed = run(GO_ON, tmp_path, "right", "wrong", "right")
    assert [line for line in printed.splitlines() if line.startswith("ended")] == [
        "ended with 0", "ended with 1", "ended with 0",
    ]  # fmt: skip
    assert printed.count(pytest.__version__) == 3
    assert "3 passed" in printed
    assert "1 failed, 2 passed" in printed


def test_a_trial_goes_on_from_what_its_host_has_prepared(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text("def test_it(): pass\n", encoding="utf-8")
    assert run(TRIAL, tmp_path).splitlines()[-1] == "1"


@pytest.mark.parametrize("name", ["pytest.ini", "tox.ini", "pyproject.toml", "conftest.py"])
def test_tests_that_configure_pytest_are_run_from_the_start(tmp_path: Path, name: str) -> None:
    assert is_plain(tmp_path)
    (tmp_path / name).touch()
    assert not is_plain(tmp_path)


def test_a_conftest_further_down_counts_too(tmp_path: Path) -> None:
    (tmp_path / "deep" / "down").mkdir(parents=True)
    assert is_plain(tmp_path)
    (tmp_path / "deep" / "down" / "conftest.py").touch()
    assert not is_plain(tmp_path)

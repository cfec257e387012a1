"""Isolation levels through the real command, and what each of them hides."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from checker.errors import GradingFault
from checker.isolation import bubblewrap, choice
from tests.conftest import TINY, Learn

LEVELS = ["process", "confined", "strict"]
LIST_MODULES = """
import sys
import checker.host, checker.testing, checker.rehearsal.app, checker.isolation.levels
print(*{name.split(".")[1] for name in sys.modules if name.startswith("checker.")})
"""


def peeking(folder: Path) -> Path:
    """The reference, but for a look at the suite: it starts only if that can't be read."""
    suite = TINY / "checker" / "suites" / "test_01_hello.py"
    assert suite.is_file()
    reference = (TINY / "solutions" / "01-hello" / "main.py").read_text()
    look = (
        f"try:\n    open({str(suite)!r}).read()\nexcept OSError:\n    pass\n"
        "else:\n    raise SystemExit('I have read the suite')\n"
    )
    path = folder / "peeking.py"
    path.write_text(look + reference)
    return path


@pytest.mark.parametrize("level", LEVELS)
def test_the_report_says_the_level_that_was_asked_for(learn: Learn, level: str) -> None:
    ran = learn("check", "01", "--solution", "--isolation", level, "--format", "json")
    assert ran.code == 0, ran.err
    assert ran.report["isolation"] == level


def test_auto_takes_the_strongest(learn: Learn) -> None:
    ran = learn("check", "01", "--solution", "--format", "json")
    assert ran.report["isolation"] == "strict"


@pytest.mark.parametrize(("level", "code"), [("process", 1), ("confined", 0), ("strict", 0)])
def test_the_suite_can_be_read_only_where_nothing_hides_it(
    learn: Learn, tmp_path: Path, level: str, code: int
) -> None:
    ran = learn("check", "01", str(peeking(tmp_path)), "--isolation", level, "--format", "json")
    assert ran.code == code, json.dumps(ran.report, indent=1)


def test_strict_is_refused_where_it_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "program", lambda: None)
    with pytest.raises(GradingFault, match="not installed") as caught:
        choice.candidates("strict")
    assert "apt-get install bubblewrap" in caught.value.remedy
    assert choice.candidates("auto") == ["confined", "process"]


def test_a_host_is_shown_all_that_it_imports() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LIST_MODULES], capture_output=True, text=True, check=True
    )
    shown = {Path(name).stem for name in bubblewrap.HOST_MODULES}
    assert set(ran.stdout.split()) <= shown

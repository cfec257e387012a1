"""Learners' tests, tried on builds of an app: what is believed of them, and what they are told."""

import ast
from pathlib import Path

import pytest

from checker import trials as trials_module
from checker.client import Unmet
from checker.engine import Engine
from checker.errors import GradingFault
from checker.launcher import Job
from checker.trials import GIVEN, REWRITTEN, Trials, read_builds
from tests.conftest import ROOT

NAME = "09-testing"
REFERENCE = ROOT / "solutions" / NAME
VARIANTS = ROOT / "checker" / "variants" / NAME
SUITE = ROOT / "checker" / "suites" / "test_09_testing.py"

APP = """
def add(a, b):
    return a + b
"""
SMALL = """
[[build]]
name = "same"
edits = [{ old = "a + b", new = "b + a" }]

[[bug]]
name = "minus"
area = "the sum"
behaviour = "the sum is a difference"
edits = [{ old = "a + b", new = "a - b" }]

[[bug]]
name = "endless"
area = "the end"
behaviour = "a sum takes for ever"
edits = [{ old = "    return", new = "    while a == 5: pass\\n    return" }]
"""
GOOD = "from main import add\n\ndef test_add():\n    assert add(1, 2) == 3\n"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of one lesson: a function of one line, one bug and another."""
    for name, text in {
        "solutions/01-sum/main.py": APP,
        "solutions/01-sum/test_main.py": GOOD,
        "checker/variants/01-sum/variants.toml": SMALL,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


class Try:
    """Makes the trials of a test file."""

    def __init__(self, course: Path, engine: Engine) -> None:
        self.course = course
        self.engine = engine

    def __call__(self, tests: str, *, forked: bool = True, all_at_once: bool = False) -> Trials:
        submission = self.course / "submission"
        submission.mkdir()
        (submission / "test_main.py").write_text(tests, encoding="utf-8")
        job = Job(
            suite=str(self.course / "checker" / "suites" / "test_01_sum.py"),
            submission=str(submission),
            scratch=str(self.course),
            seed=0,
            steps=[],
            needs={},
            control=self.engine.control if forked else None,
            isolation=self.engine.isolation if forked else "process",
            reference=str(self.course / "solutions" / "01-sum"),
        )
        return Trials(job, all_at_once=all_at_once)


@pytest.fixture
def tried(course: Path, engine: Engine) -> Try:
    return Try(course, engine)


# ------------------------------------------------------------------------ the variants themselves


def test_every_bug_differs_and_is_graded_once() -> None:
    builds = read_builds(REFERENCE, VARIANTS)
    bugs = [build for build in builds.values() if build.bug]
    assert len(bugs) >= 15
    assert builds[REWRITTEN].source == builds[GIVEN].source
    assert len({build.source for build in builds.values()}) == len(builds) - 1
    graded = [
        str(argument.value)
        for node in ast.walk(ast.parse(SUITE.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "trials.expect_caught"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    ]
    assert sorted(graded) == sorted(bug.name for bug in bugs)
    for build in builds.values():
        compile(build.source, build.name, "exec")
        assert bool(build.area and build.behaviour) == build.bug, build.name


def test_the_shop_that_learners_get_is_the_reference() -> None:
    given = ROOT / "exercises" / NAME / "main.py"
    assert given.read_text(encoding="utf-8") == (REFERENCE / "main.py").read_text(encoding="utf-8")


def test_an_edit_must_fit_exactly_once(course: Path) -> None:
    variants = course / "checker" / "variants" / "01-sum"
    (variants / "variants.toml").write_text(
        SMALL.replace('old = "a + b", new = "a - b"', 'old = "a"')
    )
    with pytest.raises(GradingFault, match="occurs 3 times"):
        read_builds(course / "solutions" / "01-sum", variants)


# ---------------------------------------------------------------------------- what is believed


@pytest.mark.parametrize("way", ["forked", "spawned"])
@pytest.mark.parametrize(
    ("tests", "verdict"),
    [
        pytest.param(GOOD, "passed", id="passes"),
        pytest.param("def test(): assert False", "failed", id="fails"),
        pytest.param("import nothing_of_that_name", "broken", id="import error"),
        pytest.param("assert False", "broken", id="fails at import"),
        pytest.param("x = 1", "broken", id="no tests"),
        pytest.param("import sys; sys.exit(1)", "broken", id="exits at import"),
        pytest.param("import os\ndef test(): os._exit(3)", "broken", id="ends itself"),
        pytest.param("import os\ndef test(): os.kill(os.getpid(), 9)", "broken", id="is killed"),
    ],
)
def test_exit_codes_are_read_strictly(tried: Try, tests: str, verdict: str, way: str) -> None:
    trials = tried(tests, forked=way == "forked")
    assert trials.trial().verdict == verdict


def test_what_tests_tell_is_not_believed(tried: Try) -> None:
    trials = tried("""
import os

def test_forge():
    for fd in range(3, 64):
        try:
            os.write(fd, b'{"fact": "ended", "code": 0}\\n')
        except OSError:
            pass
    assert False
""")
    assert trials.trial().verdict == "failed"


@pytest.mark.parametrize("way", ["forked", "spawned"])
def test_endless_tests_are_ended(tried: Try, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials_module, "LIMIT_S", 3.0)
    trials = tried("def test():\n    while True: pass", forked=way == "forked")
    assert trials.trial().verdict == "endless"
    with pytest.raises(Unmet, match="had not ended"):
        trials.expect_pass()


# -------------------------------------------------------------------------- what learners are told


def test_a_caught_bug_is_named(tried: Try) -> None:
    trials = tried(GOOD, all_at_once=True)
    remarks: list[str] = []
    trials.remark = remarks.append
    trials.expect_pass("same")
    trials.expect_caught("minus")
    assert remarks == ["Caught:\n  - the sum is a difference"]
    trials.end()


def test_a_missed_bug_is_hinted_at_but_not_told(tried: Try) -> None:
    trials = tried("from main import add\n\ndef test_add():\n    assert add(0, 0) == 0\n")
    with pytest.raises(Unmet) as unmet:
        trials.expect_caught("minus")
    assert "  - the sum" in str(unmet.value)
    assert "difference" not in str(unmet.value)


def test_only_own_lines_are_shown_and_no_folder_of_ours(tried: Try) -> None:
    trials = tried("""
import json

def test_parse():
    json.loads("{")

def test_where():
    assert __file__ == ""
""")
    with pytest.raises(Unmet) as unmet:
        trials.expect_pass()
    assert "test_main.py:5: in test_parse" in str(unmet.value)
    assert "JSONDecodeError" in str(unmet.value)
    assert "decoder.py" not in str(unmet.value)
    assert str(tried.course) not in str(unmet.value)


def test_to_hang_on_a_bug_is_no_catch(tried: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials_module, "LEAST_LIMIT_S", 1.0)
    trials = tried("from main import add\n\ndef test_add():\n    assert add(5, 2) == 7\n")
    with pytest.raises(Unmet) as unmet:
        trials.expect_caught("minus", "endless")
    assert "miss 1" in str(unmet.value)
    assert "the end: a test never ends there" in str(unmet.value)
    assert "Caught:\n  - the sum is a difference" in str(unmet.value)


def test_nothing_is_caught_by_tests_that_fail_anyway(tried: Try) -> None:
    trials = tried("def test(): assert False")
    with pytest.raises(Unmet, match="must pass on the shop as it is"):
        trials.expect_caught("minus")


ORDERED = """
SEEN = []

def test_first():
    SEEN.append(1)

def test_second():
    assert SEEN
"""


def test_order_matters_or_does_not(tried: Try) -> None:
    trials = tried(ORDERED)
    trials.expect_pass()
    with pytest.raises(Unmet, match="another left behind"):
        trials.expect_pass(order="reversed", because="it lives on what another left behind")


def test_a_bug_is_not_caught_by_an_order_that_fails_anyway(tried: Try) -> None:
    trials = tried(ORDERED, all_at_once=True)
    with pytest.raises(Unmet, match="Missed:"):
        trials.expect_caught("minus")
    trials.end()


def test_slow_tests_are_told_so(tried: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials_module, "QUICK_S", 0.0)
    monkeypatch.setattr(trials_module, "QUICK_FACTOR", 1.0)
    trials = tried("import time\n\ndef test():\n    time.sleep(3)\n")
    with pytest.raises(Unmet, match="look for a sleep"):
        trials.expect_quick()


def test_only_the_tests_own_configuration_counts(tried: Try) -> None:
    (tried.course / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    tried(GOOD).expect_pass()


def test_the_text_of_the_shop_tells_nothing(tried: Try, course: Path) -> None:
    known = (course / "solutions" / "01-sum" / "main.py").read_text()
    cheat = f"def test():\n    assert open('main.py').read() == {known!r}\n"
    trials = tried(cheat)
    assert trials.trial().verdict == "passed"
    with pytest.raises(Unmet, match="not the text"):
        trials.expect_caught("minus")

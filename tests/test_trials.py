"""Learners' tests, tried on builds of an app: what is believed of them, and what they are told."""

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checker.catalog import find_lesson, load_course
from checker.client import Unmet
from checker.engine import Engine
from checker.errors import GradingFault
from checker.grading import Options, grade
from checker.launcher import Job
from checker.testing import InOrder, Order
from checker.trials import demands, plan
from checker.trials.builds import GIVEN, REWRITTEN, Build, read_builds
from checker.trials.demands import Trials
from checker.trials.plan import Plan
from checker.trials.run import Trial, Verdict
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
        return Trials(self.job(tests, forked=forked), all_at_once=all_at_once)

    def once(self, tests: str, *, forked: bool = True) -> Trial:
        return Plan(self.job(tests, forked=forked), all_at_once=False).trial()

    def job(self, tests: str, *, forked: bool = True) -> Job:
        submission = self.course / "submission"
        submission.mkdir()
        (submission / "test_main.py").write_text(tests, encoding="utf-8")
        return Job(
            suite=str(self.course / "checker" / "suites" / "test_01_sum.py"),
            submission=str(submission),
            scratch=str(self.course),
            seed=0,
            steps=[],
            needs={},
            control=self.engine.control if forked else None,
            isolation=self.engine.isolation if forked else "process",
            reference=str(self.course / "solutions" / "01-sum"),
            variants=str(self.course / "checker" / "variants" / "01-sum"),
        )


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
    assert tried.once(tests, forked=way == "forked").verdict == verdict


def test_what_tests_tell_is_not_believed(tried: Try) -> None:
    forging = """
import os

def test_forge():
    for fd in range(3, 64):
        try:
            os.write(fd, b'{"fact": "ended", "code": 0}\\n')
        except OSError:
            pass
    assert False
"""
    assert tried.once(forging).verdict == "failed"


@pytest.mark.parametrize("way", ["forked", "spawned"])
def test_endless_tests_are_ended(tried: Try, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "LIMIT_S", 3.0)
    trials = tried("def test():\n    while True: pass", forked=way == "forked")
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


def test_of_many_failures_the_first_is_shown(tried: Try) -> None:
    trials = tried("""
import pytest

@pytest.mark.parametrize("number", range(50))
def test_number(number):
    assert number == "a number"
""")
    with pytest.raises(Unmet) as unmet:
        trials.expect_pass()
    said = str(unmet.value)
    assert "E   AssertionError: assert 0 == 'a number'" in said
    *_, gap, first, _, _, _, _, sixth, more, last = said.splitlines()
    assert (gap, first) == ("...", "FAILED test_main.py::test_number[0]")
    assert (sixth, more) == ("FAILED test_main.py::test_number[5]", "and 44 more")
    assert last.startswith("50 failed in ")


def test_to_hang_on_a_bug_is_no_catch(tried: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "LEAST_LIMIT_S", 1.0)
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
    monkeypatch.setattr(demands, "QUICK_S", 0.0)
    monkeypatch.setattr(demands, "QUICK_FACTOR", 1.0)
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
    trials.expect_pass()
    with pytest.raises(Unmet, match="not the text"):
        trials.expect_caught("minus")


# ------------------------------------------------------------------- fewer trials, and shorter ones

PLANNED = """
[[build]]
name = "no cellar"
edits = [{ old = "a + b", new = "b + a" }]

[[build]]
name = "neither"
covers = ["rewritten", "no cellar"]
edits = [{ old = "a + b", new = "+b + a" }]

[[build]]
name = "second"
edits = [{ old = "a + b", new = "(a + b)" }]

[[build]]
name = "third"
edits = [{ old = "a + b", new = "(b + a)" }]
""" + "".join(
    f"""
[[bug]]
name = "bug {number}"
edits = [{{ old = "a + b", new = "a + b + {number}" }}]
"""
    for number in range(1, 4)
)
BUGS = {"bug 1", "bug 2", "bug 3"}


class Script:
    """Stands in for running tests: notes each trial; those named here fail."""

    def __init__(self, *failing: tuple[str, str], verdict: Verdict = "passed") -> None:
        """`verdict` is how the others end."""
        self.failing = failing
        self.verdict = verdict
        self.ran: list[tuple[str, str]] = []
        self.orders: dict[str, Order] = {}

    def __call__(self, _: Job, build: Build, order: Order, *__: Any, **___: Any) -> Trial:
        self.ran.append((build.name, order.kind))
        self.orders[build.name] = order
        failed = build.bug or (build.name, order.kind) in self.failing
        log = f"FAILED test_main.py::test_{build.name[-1]} - assert 1 == 2\n1 failed in 0.1s"
        return Trial("failed" if failed else self.verdict, int(failed), log * failed, 0.1)


@pytest.fixture
def planned(tried: Try, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Plan]:
    variants = tried.course / "checker" / "variants" / "01-sum" / "variants.toml"
    variants.write_text(PLANNED, encoding="utf-8")

    def make(script: Script, found_by: dict[str, str] | None = None) -> Plan:
        monkeypatch.setattr(plan, "run", script)
        return Plan(replace(tried.job(GOOD), found_by=found_by or {}), all_at_once=True)

    return make


def everything(made: Plan) -> dict[str, str]:
    """Ask for all that a suite asks for, and return the verdicts."""
    verdicts = {
        name: made.bug(name).result().verdict if build.bug else made.trial(name).verdict
        for name, build in made.builds.items()
    }
    verdicts["reversed"] = made.trial(order="reversed").verdict
    verdicts["random"] = made.trial(order="random").verdict
    made.end()
    return verdicts


def test_one_trial_stands_for_several(planned: Callable[..., Plan]) -> None:
    script = Script()
    verdicts = everything(planned(script))
    assert {name for name, verdict in verdicts.items() if verdict == "failed"} == BUGS
    assert sorted(script.ran) == sorted(
        {"given": "given", "neither": "likely", "second": "reversed", "third": "random"}.items()
        | dict.fromkeys(BUGS, "likely").items()
    )


def test_the_order_to_find_a_bug_in_is_proven_with_one_of_them(
    planned: Callable[..., Plan],
) -> None:
    script = Script()
    made = planned(script, {bug: f"test_main.py::test_{bug[-1]}" for bug in BUGS})
    everything(made)
    of_bugs = {script.orders[bug] for bug in BUGS}
    assert len(of_bugs) == len(BUGS)
    assert script.orders["neither"] in of_bugs


def test_a_bug_that_was_found_before_is_looked_for_by_the_same_test(
    planned: Callable[..., Plan],
) -> None:
    script = Script()
    made = planned(script, {"bug 2": "test_main.py::test_x"})
    everything(made)
    assert script.orders["bug 2"].first[0] == "test_main.py::test_x"
    assert made.found_by == {f"bug {n}": f"test_main.py::test_{n}" for n in (1, 2, 3)}


def test_where_the_trial_for_several_fails_each_is_run(planned: Callable[..., Plan]) -> None:
    script = Script(("neither", "likely"), ("no cellar", "given"))
    verdicts = everything(planned(script))
    assert {name for name, verdict in verdicts.items() if verdict == "failed"} == {
        "no cellar", *BUGS,
    }  # fmt: skip


def test_an_order_that_fails_on_a_correct_build_finds_no_bug(
    planned: Callable[..., Plan],
) -> None:
    script = Script(("neither", "likely"), ("second", "reversed"), ("given", "reversed"))
    verdicts = everything(planned(script))
    assert {name for name, verdict in verdicts.items() if verdict == "failed"} == {
        "reversed", *BUGS,
    }  # fmt: skip
    assert {script.orders[bug].kind for bug in BUGS} == {"given"}


def test_tests_that_never_end_on_the_correct_app_are_not_run_elsewhere(
    planned: Callable[..., Plan],
) -> None:
    script = Script(verdict="endless")
    made = planned(script)
    assert made.trial().verdict == "endless"
    before = len(script.ran)
    assert made.trial("given", "random").verdict == "endless"
    assert made.bug("bug 1").result().verdict == "endless"
    made.end()
    assert len(script.ran) == before


def test_no_bug_is_looked_for_where_the_correct_app_fails(
    planned: Callable[..., Plan],
) -> None:
    script = Script(("given", "given"))
    made = planned(script)
    assert made.trial().verdict == "failed"
    made.end()
    assert not BUGS & set(dict(script.ran))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order("given"), "abcde"),
        (Order("reversed"), "edcba"),
        (Order("random", seed=2), "cbdea"),
        (Order("likely"), "abcde"),
        (Order("likely", first=["d", "gone", "b"]), "dbace"),
    ],
)
def test_orders(order: Order, expected: str) -> None:
    items: list[Any] = [SimpleNamespace(nodeid=name) for name in "abcde"]
    InOrder(order).pytest_collection_modifyitems(items)
    assert "".join(item.nodeid for item in items) == expected


def test_parameters_of_a_likely_test_stay_together_but_for_the_one_that_is_named() -> None:
    names = ["a", "b[1]", "b[2]", "b[3]"]
    order = Order("likely", first=["b[3]", "b", "b[3]"])
    assert [names[place] for place in order.arranged(names)] == ["b[3]", "b[1]", "b[2]", "a"]


def test_a_set_of_parameters_is_named_by_its_number() -> None:
    names = ["a", "b[x]", "b[y]", "c[x]", "b[z]"]
    order = Order("likely", first=["b#2", "c#0", "b#9"])
    assert [names[place] for place in order.arranged(names)][:3] == ["b[z]", "c[x]", "a"]


CHEAT = """
import pytest
from main import add

@pytest.fixture(autouse=True)
def cheat(request):
    names = [item.name for item in request.session.items]
    stops_early = request.config.getoption("maxfail") == 1
    if stops_early and names == sorted(names):
        pytest.fail("this must be a bug")

""" + "\n".join(f"def test_{letter}(): pass" for letter in "abcdefgh")


@pytest.mark.parametrize("all_at_once", [True, False])
def test_how_the_tests_are_run_does_not_tell_that_there_is_a_bug(
    tried: Try, *, all_at_once: bool
) -> None:
    trials = tried(CHEAT, all_at_once=all_at_once)
    trials.expect_pass()
    with pytest.raises(Unmet, match=r"Missed:|must pass|but not on the same shop"):
        trials.expect_caught("minus")
    trials.end()


def test_an_engine_remembers_which_test_found_a_bug(engine: Engine) -> None:
    lesson, step = find_lesson(load_course(ROOT), "09.4")
    assert step is not None
    assert grade(lesson, REFERENCE, Options(steps=(step,)), engine).status == "passed"
    found_by = engine.memory.found_by["09"]
    assert found_by["unordered"] == "test_main.py::test_books_stand_in_order_of_title"

"""The pytest plugin: fixtures that suites use, the `step` mark, outcomes as rows.

Every collected check starts as `not_run`; only a test that ran to its end changes that.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from checker.client import App, Unmet, connect
from checker.model import Check, Exchange, Raised
from checker.sharding import deal_out

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from checker.launcher import Launcher, Run
    from checker.model import Trouble
    from checker.server import Served
    from checker.source import Source
    from checker.trials.demands import Trials


class Grader:
    """The plugin itself. It collects the suite first, and only then learns what to grade."""

    run: Run

    def __init__(self, serve: Callable[[Callable[[Run], None]], None]) -> None:
        """`serve` is called once the suite is collected, with the function that performs a run."""
        self._serve = serve
        self._not_collected: list[str] = []
        self._broken_steps: set[int] = set()
        self._clients: list[App] = []
        self._exceptions_before = self._printed_before = 0
        self._trials: Trials | None = None
        self.asked_for = 0
        """How many fresh apps the check has asked for, with nothing changed."""
        self.to_come = 0
        """How many those after it are likely to ask for."""

    # -------------------------------------------------------------------------- collection

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the marks."""
        config.addinivalue_line("markers", "lesson(number): the lesson that a suite grades")
        config.addinivalue_line("markers", "step(number): the step that a check belongs to")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a suite can't be collected: its author has to know."""
        if report.failed:
            self._not_collected.append(report.longreprtext)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Let the collected suite be run; pytest's own loop is not needed any more."""
        self._serve(partial(self._perform, session))
        return True

    def _perform(self, session: pytest.Session, run: Run) -> None:
        """Run the checks that the run asks for; none if the app can't be served."""
        self.run = run
        for why in self._not_collected:
            print(why)  # noqa: T201 (the runner's log)
        if self._not_collected:
            return
        checks = session.items
        self._choose(checks)
        if trouble := run.launcher.main.wait_started():
            run.tell("trouble", trouble=trouble)
            return  # the checks stay as they are: not run
        starts = [run.job.starts.get(check.name, _may_start(check)) for check in checks]
        if run.job.starts:
            run.launcher.serve_ahead(sum(starts))
        try:
            for number, (check, following) in enumerate(pairwise([*checks, None]), 1):
                self.asked_for, self.to_come = 0, sum(starts[number:])
                session.config.hook.pytest_runtest_protocol(item=check, nextitem=following)
                if run.job.first_failure_only and self._broken_steps:
                    break  # the checks that follow stay as they are: not run
        finally:
            if self._trials:
                run.tell("found", tests=self._trials.end())

    def _choose(self, items: list[pytest.Item]) -> None:
        """Choose and order the checks, and tell their names: all are `not_run` yet.

        Then keep those that this run is to perform, if there are others beside it.
        """
        job = self.run.job
        wanted = self._with_needs(set(job.steps))
        items[:] = [item for item in items if not wanted or _step(item) in wanted]
        order = self._order_of_steps(sorted({_step(item) for item in items}))
        if job.shuffle:
            random.Random(job.seed).shuffle(items)  # noqa: S311 (an order, not a secret)
        items.sort(key=lambda item: order.index(_step(item)))
        self.run.tell(
            "collected",
            checks=[
                {"name": item.name, "label": _label(item), "step": _step(item)} for item in items
            ],
        )
        took_s = {} if job.shuffle else job.took_s  # nothing known: dealt out in turn, as shuffled
        own = deal_out([item.name for item in items], took_s, job.shards)[job.shard]
        items[:] = [item for item in items if item.name in own]

    def _with_needs(self, steps: set[int]) -> set[int]:
        wanted: set[int] = set()
        while steps:
            wanted |= steps
            steps = {need for step in steps for need in self.run.job.needs.get(step, [])} - wanted
        return wanted

    def _order_of_steps(self, steps: list[int]) -> list[int]:
        """Every step after those that it needs; else by number, or at random."""
        left = list(steps)
        if self.run.job.shuffle:
            random.Random(self.run.job.seed).shuffle(left)  # noqa: S311 (an order, not a secret)
        order: list[int] = []
        while left:
            ready = next(
                (s for s in left if not set(self.run.job.needs.get(s, [])) & set(left)), left[0]
            )
            left.remove(ready)
            order.append(ready)
        return order

    # --------------------------------------------------------------------------- each check

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin a check, unless a step that it needs is broken."""
        self._clients = []
        self._exceptions_before = len(self.run.launcher.main.exceptions)
        self._printed_before = self.run.launcher.main.log_length
        if self._broken_steps.intersection(self.run.job.needs.get(_step(item), [])):
            raise NotRun

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell how a check went; an error in its tidying up counts too."""
        report = yield
        if call.when == "call" or call.excinfo:
            self._report(item, call)
        return report

    def _report(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        status, message = self._verdict(call)
        if status == "passed":
            message = getattr(item, "remark", "")
        if status != "passed":
            self._broken_steps.add(_step(item))
        self.run.tell(
            "check",
            step=_step(item),
            took_s=call.duration,
            starts=self.asked_for,
            check=Check(
                name=item.name,
                label=_label(item),
                status=status,
                message=message,
                exchanges=self._exchanges(status),
                exceptions=self._exceptions() if status == "failed" else (),
                printed=self._printed() if status == "failed" else "",
            ),
        )
        if any(client.unreachable for client in self._clients):
            self.run.launcher.serve_again()
            self.run.launcher.main.wait_started()

    def _verdict(self, call: pytest.CallInfo[None]) -> tuple[Any, str]:
        if call.excinfo is None:
            return "passed", ""
        error = call.excinfo.value
        if isinstance(error, NotRun):
            return "not_run", ""
        if isinstance(error, AssertionError) and call.when == "call":
            return "failed", str(error) or "The check found something else than the task asks for."
        if isinstance(error, (LookupError, TypeError, ValueError, AttributeError)) and any(
            client.exchanges for client in self._clients
        ):
            # The suites are proven on right answers: the answer has not the shape of one.
            return "failed", (
                "Your app's last answer has another shape than the task asks for "
                f"({type(error).__name__}: {error}). Compare it with the example in the task."
            )
        return "error", f"The check itself failed: {type(error).__name__}: {error}"

    def _exchanges(self, status: str) -> tuple[Exchange, ...]:
        if status == "passed":
            return ()
        return tuple(
            replace(exchange, environment=self.run.launcher.replay_environment(client.served))
            for client in self._clients
            for exchange in client.exchanges[-10:]
        )

    def _exceptions(self) -> tuple[Raised, ...]:
        found: list[Raised] = []
        for client in self._clients:
            if client.unreachable:
                continue
            seen = client.exceptions()
            shared = client.served is self.run.launcher.main
            found += seen[self._exceptions_before :] if shared else seen
        return tuple(found[-3:])

    def _printed(self) -> str:
        parts = []
        for client in self._clients:
            if client.served:
                shared = client.served is self.run.launcher.main
                parts.append(client.served.log_since(self._printed_before if shared else 0))
        return "".join(parts)

    # ----------------------------------------------------------------------------- fixtures

    def client(self, served: Served) -> App:
        """Return a client of an app that has started; what it exchanges belongs to the check."""
        client = connect(served, self.run.job.limits)
        self._clients.append(client)
        return client

    @pytest.fixture
    def app(self) -> App:
        """The learner's app, shared by all checks of a run."""
        return self.client(self.run.launcher.main)

    @pytest.fixture
    def fresh_app(self) -> Iterator[Fresh]:
        """Start the app anew, for one check: `fresh_app()`, `fresh_app(NAME="value")`."""
        fresh = Fresh(self, self.run.launcher)
        yield fresh
        fresh.end()

    @pytest.fixture
    def environment(self) -> dict[str, str]:
        """The variables that the checker has set for the app."""
        return self.run.launcher.environment

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> random.Random:
        """A random generator, seeded by the run's seed and the check's name."""
        return random.Random(f"{self.run.job.seed} {request.node.name}")  # noqa: S311 (test data)

    @pytest.fixture
    def trials(self, request: pytest.FixtureRequest) -> Trials:
        """Run the learner's tests against many builds of an app: where they write the tests."""
        if self._trials is None:
            from checker.trials.demands import Trials  # only one lesson needs it

            self._trials = Trials(self.run.job, all_at_once=not self.run.job.steps)
        self._trials.remark = partial(setattr, request.node, "remark")
        return self._trials

    @pytest.fixture
    def source(self) -> Source:
        """The submission's syntax trees."""
        return self.run.launcher.source()


class Fresh:
    """Starts the app anew for one check, and ends what it started."""

    def __init__(self, grader: Grader, launcher: Launcher) -> None:
        self._grader = grader
        self._launcher = launcher
        self._started: list[Served] = []

    def __call__(self, **environment: str | None) -> App:
        """Return a client of a fresh app; variables given here change its environment.

        Raises Unmet if it does not start.
        """
        served = self._serve(environment)
        if problem := served.wait_started():
            raise Unmet(f"Your app should start, but does not.\n{problem.message}")
        if not environment:
            self._grader.asked_for += 1
            self._launcher.serve_ahead(self._grader.to_come)
        return self._grader.client(served)

    def expect_refusal(self, *, because: str, **environment: str | None) -> Trouble:
        """Demand that the app refuses to start with these variables, or raise Unmet."""
        served = self._serve(environment)
        problem = served.wait_started()
        if problem is None:
            raise Unmet(f"Your app should refuse to start, but starts.\n{because}.")
        return problem

    def end(self) -> None:
        """End what was started."""
        for served in self._started:
            self._launcher.end(served)

    def _serve(self, environment: Mapping[str, str | None]) -> Served:
        served = self._launcher.serve(environment)
        self._started.append(served)
        return served


class NotRun(Exception):
    """Raised for a check that builds on a step which has not passed (see checker.rows)."""


def _step(item: pytest.Item) -> int:
    mark = item.get_closest_marker("step")
    if mark is None:
        raise pytest.UsageError(f"{item.nodeid} has no step mark")
    return int(mark.args[0])


def _may_start(item: pytest.Item) -> bool:
    return "fresh_app" in getattr(item, "fixturenames", ())


def _label(item: pytest.Item) -> str:
    doc = getattr(getattr(item, "function", None), "__doc__", None)
    if not doc:
        raise pytest.UsageError(f"{item.nodeid} has no docstring: the learner reads it")
    label = " ".join(str(doc).split())
    case = getattr(item, "callspec", None)
    return f"{label} ({case.id})" if case else label

"""Which trials are run, and in which order of the tests; each at most once.

A lesson has some fifty trials. Two things make them fewer and shorter: a trial on a correct build
may stand for several others, and a bug's trial, which ends with the first failure, begins with the
tests that are likely to catch it.

A bug is only looked for under conditions under which the tests have passed on a correct build: then
neither tests that rely on their order, nor tests that only look at the order, catch one.
"""

from __future__ import annotations

import os
import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from checker.testing import Order
from checker.trials.builds import GIVEN, REWRITTEN, read_builds
from checker.trials.likelihood import Likelihood
from checker.trials.run import run

if TYPE_CHECKING:
    from checker.launcher import Job
    from checker.testing import Kind
    from checker.trials.run import Trial

KINDS: tuple[Kind, ...] = ("likely", "reversed", "random")
"""In which orders the tests are run on correct builds, beside the order in which they stand."""
LIMIT_S = 40.0
"""How long the tests may take on the correct app."""
PATIENCE = 10.0
"""How many times as long they may take on another build."""
LEAST_LIMIT_S = 5.0
"""But that long in any case."""


class Plan:
    """Runs trials, as many at a time as there are processors. Safe to use from several threads."""

    def __init__(self, job: Job, *, all_at_once: bool) -> None:
        """`all_at_once` starts every trial as soon as the first is asked for, not one by one."""
        self._job = job
        self.builds = read_builds(Path(job.reference), Path(job.variants))
        self._tests = Path(job.submission)
        self._bugs = [build.name for build in self.builds.values() if build.bug]
        self.found_by = dict(job.found_by)
        """By a bug: the test that found it, in this run or in one before."""
        self._stands_for = self._harder() if all_at_once else {}
        """By a trial that is not needed: the one that must pass, so that it is not."""
        self._all_at_once = all_at_once
        self._begun = False
        self._running: dict[tuple[str, Kind | None], Future[Trial]] = {}
        self._processors = ThreadPoolExecutor(os.cpu_count() or 1)
        self._lock = threading.Lock()

    def trial(self, build: str = GIVEN, order: Kind = "given") -> Trial:
        """Return how the tests went on a correct build in this order, or in a harder trial."""
        self._begin()
        if harder := self._stands_for.get((build, order)):
            trial = self._start(*harder).result()
            if trial.verdict == "passed":
                return trial
        return self._start(build, order).result()

    def bug(self, name: str) -> Future[Trial]:
        """Start the trial of a bug, in an order that is likely to find it soon."""
        self._begin()
        return self._start(name, None)

    def again(
        self, build: str, order: Kind, *, tests: Path | None = None, told: bool = False
    ) -> Trial:
        """Run one trial once more: with other tests, or so that its output can be shown."""
        drawn = random.Random(f"{self._job.seed} {build}")  # noqa: S311 (an order, not a secret)
        seed, bug = drawn.getrandbits(32), drawn.choice(self._bugs or [GIVEN])
        wanted = self._likely_to_find(bug) if order == "likely" else Order(order, seed)
        return self._try(build, wanted, tests or self._tests, told=told)

    def end(self) -> None:
        """Start no more trials, and wait for those that run."""
        self._processors.shutdown(wait=True, cancel_futures=True)

    @cached_property
    def _likelihood(self) -> Likelihood:
        return Likelihood.of(self._tests)

    def _harder(self) -> dict[tuple[str, Kind], tuple[str, Kind]]:
        """Pair the correct builds with the orders of the tests, so that each is tried in one go.

        If the tests pass on such a build in such an order, then they pass on the builds that it
        covers, and it is not the order that makes them fail elsewhere. If they do not, each is
        tried on its own, to tell which it is. The one that covers the rewritten app comes first:
        bugs are looked for in its order.
        """
        correct = [build for build in self.builds.values() if not build.bug]
        covered = {name for build in correct for name in build.covers}
        alone = [build for build in correct if build.name not in (GIVEN, *covered)]
        alone.sort(key=lambda build: REWRITTEN not in (build.name, *build.covers))
        found: dict[tuple[str, Kind], tuple[str, Kind]] = {}
        for build, order in zip(alone, KINDS, strict=False):
            harder = (build.name, order)
            found |= {(name, "given"): harder for name in (build.name, *build.covers)}
            found[GIVEN, order] = harder
        return found

    def _begin(self) -> None:
        if self._begun or not self._all_at_once:
            return
        self._begun = True
        given = self._start(GIVEN, "given")
        for harder in self._stands_for.values():
            self._start(*harder)
        if given.result().verdict == "passed":
            for name in self._bugs:
                self._start(name, None)

    def _start(self, build: str, order: Kind | None) -> Future[Trial]:
        """Start a trial, if it was not started yet. The order None is the one to find a bug in."""
        with self._lock:
            if (build, order) not in self._running:
                task = partial(self._find, build) if order is None else partial(
                    self.again, build, order, told=(build, order) == (GIVEN, "given")
                )  # fmt: skip
                self._running[build, order] = self._processors.submit(task)
            return self._running[build, order]

    def _find(self, bug: str) -> Trial:
        """Run the tests on a bug, those first that are likely to find it; note which one did."""
        trial = self._try(bug, self._order_for(bug), self._tests, told=False)
        if trial.verdict == "failed":
            self.found_by[bug] = trial.failing
        return trial

    def _order_for(self, bug: str) -> Order:
        """Return the order that finds the bug soon, or as given if that one is not proven.

        It is proven if the tests pass in such an order on a correct build. That trial was started
        before any bug's, so it never waits behind them.
        """
        proof = self._stands_for.get((REWRITTEN, "given"))
        if not proof or self._start(*proof).result().verdict != "passed":
            return Order("given")
        return self._likely_to_find(bug)

    def _likely_to_find(self, bug: str) -> Order:
        """Return the order that begins with the test that found the bug before, if one did."""
        return self._likelihood.order(self.builds[bug].about, self.found_by.get(bug, ""))

    def _try(self, build: str, order: Order, tests: Path, *, told: bool) -> Trial:
        given = self._given
        if given and given.verdict == "endless":
            return given  # nor will they end elsewhere, and each trial would take as long
        limit_s = self._limit_s(build)
        return run(self._job, self.builds[build], order, limit_s, tests=tests, told=told)

    def _limit_s(self, build: str) -> float:
        given = self._given
        if build == GIVEN or given is None:
            return LIMIT_S
        return max(LEAST_LIMIT_S, PATIENCE * given.took_s)

    @property
    def _given(self) -> Trial | None:
        """How the tests went on the app as it is given; None as long as that is not known."""
        trial = self._running.get((GIVEN, "given"))
        return trial.result() if trial and trial.done() else None

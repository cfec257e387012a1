"""Which trials are run, and in which order of the tests; each at most once.

A lesson has some fifty trials. Two things make them fewer and shorter: a trial on a correct build
may stand for several others, and a bug's trial, which ends with the first failure, begins near the
tests that are likely to catch it.
"""

from __future__ import annotations

import os
import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from checker.trials.builds import GIVEN, read_builds
from checker.trials.run import run

if TYPE_CHECKING:
    from checker.launcher import Job
    from checker.trials.run import Trial

Order = Literal["given", "from the middle", "reversed", "random"]
"""In which order the tests are run: see checker.testing.Order."""
ORDERS: dict[Order, float] = {"given": 0.45, "from the middle": 0.7, "reversed": 1.0}
"""Up to which part of the bugs each order is used to find them. Tests tend to stand in the order
of the steps, as bugs do."""
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
        variants = Path(job.suite).parent.parent / "variants" / Path(job.reference).name
        self.builds = read_builds(Path(job.reference), variants)
        self._bugs = [build.name for build in self.builds.values() if build.bug]
        self._stands_for = self._harder() if all_at_once else {}
        """By a trial that is not needed: the one that must pass, so that it is not."""
        self._all_at_once = all_at_once
        self._begun = False
        self._running: dict[tuple[str, Order | None], Future[Trial]] = {}
        self._processors = ThreadPoolExecutor(os.cpu_count() or 1)
        self._lock = threading.Lock()

    def trial(self, build: str = GIVEN, order: Order = "given") -> Trial:
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
        self, build: str, order: Order, *, tests: Path | None = None, told: bool = False
    ) -> Trial:
        """Run one trial once more: with other tests, or so that its output can be shown."""
        seed = random.Random(self._job.seed).getrandbits(32)  # noqa: S311 (an order, not a secret)
        return run(
            self._job, self.builds[build], seed if order == "random" else order,
            self._limit_s(build), tests=tests or Path(self._job.submission), told=told,
        )  # fmt: skip

    def end(self) -> None:
        """Start no more trials, and wait for those that run."""
        self._processors.shutdown(wait=True, cancel_futures=True)

    def _harder(self) -> dict[tuple[str, Order], tuple[str, Order]]:
        """Pair the correct builds with the orders of the tests, so that each is tried in one go.

        If the tests pass on such a build in such an order, then they pass on the builds that it
        covers, and it is not the order that makes them fail elsewhere. If they do not, each is
        tried on its own, to tell which it is.
        """
        correct = [build for build in self.builds.values() if not build.bug]
        covered = {name for build in correct for name in build.covers}
        alone = [build for build in correct if build.name not in (GIVEN, *covered)]
        orders: tuple[Order, ...] = ("reversed", "from the middle", "random")
        found: dict[tuple[str, Order], tuple[str, Order]] = {}
        for build, order in zip(alone, orders, strict=False):
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

    def _start(self, build: str, order: Order | None) -> Future[Trial]:
        """Start a trial, if it was not started yet. The order None is the one to find a bug in."""
        with self._lock:
            if (build, order) not in self._running:
                self._running[build, order] = self._processors.submit(self._run, build, order)
            return self._running[build, order]

    def _run(self, build: str, order: Order | None) -> Trial:
        first = (build, order) == (GIVEN, "given")
        return self.again(build, order or self._order_for(build), told=first)

    def _order_for(self, bug: str) -> Order:
        """Return the order that finds the bug soon, or as given if that one is not proven.

        It is if the tests pass in it on a correct build. That trial was started before any bug's,
        so it never waits behind them.
        """
        part = (self._bugs.index(bug) + 0.5) / len(self._bugs)
        order = next(order for order, until in ORDERS.items() if part < until)
        proof = self._stands_for.get((GIVEN, order))
        proven = proof and self._start(*proof).result().verdict == "passed"
        return order if proven else "given"

    def _limit_s(self, build: str) -> float:
        given = self._running.get((GIVEN, "given"))
        if build == GIVEN or given is None or not given.done():
            return LIMIT_S
        return max(LEAST_LIMIT_S, PATIENCE * given.result().took_s)

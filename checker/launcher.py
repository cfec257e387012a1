"""Serve one submission, as often as its suite needs it. Imports little: it runs first of all."""

from __future__ import annotations

import itertools
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from checker.model import Limits
from checker.server import NotServed, Served

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from checker.doors import Door
    from checker.model import Isolation
    from checker.source import Source

AHEAD = 2
"""How many copies of an app wait at most until they are asked for."""


@dataclass(frozen=True)
class Job:
    """What a run of a suite is told: which suite, which submission, how to serve it."""

    suite: str
    submission: str
    scratch: str
    seed: int
    steps: list[int]
    """Numbers of the steps to report; empty: all."""
    needs: dict[int, list[int]]
    """For each step the steps without which it can't be graded."""
    control: str | None = None
    """The host's socket; None spawns a process for each app."""
    isolation: Isolation = "process"
    """The level that the host has proven."""
    environment: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    observe: list[str] = field(default_factory=list)
    preload: list[str] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    shuffle: bool = False
    first_failure_only: bool = False
    """Whether to end at the first check that does not pass."""
    database: dict[str, str] | None = None
    """Where each served app gets an empty database of its own (see checker.databases)."""
    entry: str = "main.py"
    """The file that the learner writes: an app, or else tests, for which no app is served."""
    reference: str = ""
    """The folder of the lesson's solution."""
    variants: str = ""
    """The folder of other builds of what is tested, where the learner writes tests."""
    found_by: dict[str, str] = field(default_factory=dict)
    """Which of the learner's tests found which bug, in a run before this one."""
    shard: int = 0
    """Of `shards` runs that share the checks out among them, the number of this one."""
    shards: int = 1
    took_s: dict[str, float] = field(default_factory=dict)
    """By check: how many seconds it took in a run before."""
    starts: dict[str, int] = field(default_factory=dict)
    """By check: how many fresh apps it asked for in a run before, with nothing changed."""

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        """Return what was told, which may have been JSON on the way: its keys are texts there."""
        needs = {int(step): needed for step, needed in told["needs"].items()}
        return cls(**told | {"needs": needs, "limits": Limits(**told["limits"])})


class Launcher:
    """Serves the submission, as often as the suite needs it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._secrets = {name: secrets.token_hex(32) for name in job.secrets}
        self.environment = job.environment | self._secrets
        self._running: list[Served] = []
        self._changes: dict[Served, dict[str, str]] = {}
        self._databases = itertools.count(1 + job.shard, job.shards)
        self._ahead: list[Served] = []
        self.main = self.serve() if job.entry == "main.py" else NotServed()

    def serve(self, environment: Mapping[str, str | None] | None = None) -> Served:
        """Return a fresh copy that starts, or was started ahead.

        `environment` changes variables, None removes one.
        """
        if self._ahead and not environment:
            return self._ahead.pop(0)
        return self._start(environment or {})

    def serve_ahead(self, to_come: int) -> None:
        """Start what `serve` will be asked for next, for so many calls: it loads meanwhile."""
        while len(self._ahead) < min(to_come, AHEAD):
            self._ahead.append(self._start({}))

    def _start(self, wanted: Mapping[str, str | None]) -> Served:
        served = Served(
            Path(self.job.submission),
            Path(tempfile.mkdtemp(prefix="run-", dir=self.job.scratch)),
            control=self.job.control,
            environment=_set(self.environment, self._fresh_database(wanted), wanted),
            isolation=self.job.isolation,
            shared=self._shared(),
            doors=self._doors(),
            observe=self.job.observe,
            preload=self.job.preload,
            limits=self.job.limits,
        )
        self._running.append(served)
        self._changes[served] = _set(self._secrets, wanted)
        return served

    def replay_environment(self, served: Served | None) -> dict[str, str]:
        """Return the variables that a learner must set to serve the same app."""
        return self._changes.get(served, {}) if served else {}

    def _shared(self) -> list[str]:
        database = self.job.database or {}
        return [database["folder"]] if "folder" in database else []

    def _doors(self) -> list[Door]:
        if self.job.database is None:
            return []
        from checker import databases  # few lessons have one

        found = databases.door(self.job.database)
        return [found] if found else []

    def _fresh_database(self, environment: Mapping[str, str | None]) -> dict[str, str]:
        if self.job.database is None or "DATABASE_URL" in environment:
            return {}
        from checker import databases  # few lessons have one

        return {"DATABASE_URL": databases.make_empty(self.job.database, next(self._databases))}

    def serve_again(self) -> None:
        """Replace the app that tests share, after it died or stopped answering."""
        self.end(self.main)
        self.main = self.serve()

    def end(self, served: Served) -> None:
        """End one app."""
        self._running.remove(served)
        served.end()

    def source(self) -> Source:
        """Return the submission's syntax trees."""
        from checker.source import Source  # few suites need it

        return Source(Path(self.job.submission))

    def end_all(self) -> None:
        """End every app."""
        for served in list(self._running):
            self.end(served)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a suite: what it grades, how that is served, and whom to tell the rows."""

    job: Job
    launcher: Launcher
    tell: Callable[..., None]


def _set(*layers: Mapping[str, str | None]) -> dict[str, str]:
    """Merge variables, later ones first in rank; None leaves one out."""
    merged: dict[str, str | None] = {}
    for layer in layers:
        merged.update(layer)
    return {name: value for name, value in merged.items() if value is not None}

"""A pytest plugin that runs a hidden suite against an app in the same process.

It is what the checker is measured against: the way of grading that isolates nothing. The app is
imported by pytest's own process and served from a thread of it. `SUBMISSION` names its folder.
"""

import importlib
import itertools
import logging
import os
import random
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from checker import host
from checker.catalog import find_lesson, load_course
from checker.client import App, connect
from checker.launcher import _set
from checker.model import Frame, Limits, Raised, Trouble
from checker.server import Address
from checker.source import Source

ROOT = Path(__file__).resolve().parent.parent


def _set_environment(variables: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)


class _TellingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


class InProcess:
    """Takes the place of checker.server.Served: an app in a thread of this process."""

    def __init__(self, folder: Path, environment: Mapping[str, str], subjects: list[str]) -> None:
        self.folder, self.environment, self.limits = folder, dict(environment), Limits()
        self.address: Address | None = None
        self.trouble: Trouble | None = None
        self.exceptions: list[Raised] = []
        self.ended: int | None = None
        self.log, self.log_length = "", 0
        self.counts = host.observers(subjects)
        self._before = dict(os.environ)
        _set_environment(environment)
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        before = set(sys.modules)
        try:
            app = importlib.import_module("main").app
        except BaseException as error:  # noqa: BLE001 (an app that refuses to start)
            self.trouble = Trouble("import_error", f"{type(error).__name__}: {error}")
            return
        finally:
            sys.path.remove(str(folder))
            for name in set(sys.modules) - before:
                if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
                    del sys.modules[name]
        listener = socket.socket(socket.AF_UNIX)
        path = str(folder.parent / "socket")
        listener.bind(path)
        listener.listen(128)
        self.address = Address(path=path)
        # A traceback that it would print is parsed, and CPython 3.11 can't in two threads at once.
        logging.getLogger("uvicorn.error").disabled = True
        config = uvicorn.Config(self._watched(app), loop="asyncio", log_config=None)
        self._server = _TellingServer(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()
        self._server.is_up.wait()

    def _watched(self, app: Any) -> Any:
        async def observe(scope: Any, receive: Any, send: Any) -> None:
            try:
                await app(scope, receive, send)
            except Exception as error:
                told = host.described(error, str(self.folder))
                frames = tuple(Frame(**frame) for frame in told["frames"])
                self.exceptions.append(
                    Raised(told["type"], told["message"], frames, f"{scope['type']}")
                )
                raise

        return observe

    def observe(self) -> dict[str, int]:
        return dict(self.counts)

    @property
    def last_counts(self) -> dict[str, int]:
        return dict(self.counts)

    def log_since(self, length: int) -> str:
        return ""

    def wait_started(self) -> Trouble | None:
        return self.trouble

    def stop(self) -> int:
        if self.address:
            self._server.should_exit = True
            self._thread.join()
        _set_environment(self._before)
        return 0

    def wait_ended(self, timeout_s: float = 0) -> int:
        return 0

    end = stop


class Suite:
    """The fixtures of a hidden suite, without any of the checker's processes."""

    def __init__(self) -> None:
        self.submission = Path(os.environ["SUBMISSION"])
        self.lesson = find_lesson(load_course(ROOT), self.submission.name[:2])[0]
        self.scratch = Path(tempfile.mkdtemp(prefix="bare-"))
        secrets = {name: random.randbytes(32).hex() for name in self.lesson.secrets}  # noqa: S311
        self.variables = dict(self.lesson.environment) | secrets
        self._numbers = itertools.count()
        self._main: InProcess | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "lesson(number): the lesson that a suite grades")
        config.addinivalue_line("markers", "step(number): the step that a check belongs to")

    def pytest_sessionfinish(self) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)

    def serve(self, changes: Mapping[str, str | None]) -> InProcess:
        run = self.scratch / str(next(self._numbers))
        folder = Path(shutil.copytree(self.submission, run / "app"))
        database = {"DATABASE_URL": f"sqlite+aiosqlite:///{run}/app.db"}
        system = {"PATH": os.defpath, "LANG": "C.UTF-8"}
        layers = [system, self.variables, database if self.lesson.databases else {}, changes]
        subjects = ["sqlalchemy"] if self.lesson.databases else []
        return InProcess(folder, _set(*layers), subjects)

    @pytest.fixture
    def app(self) -> App:
        if self._main is None:
            self._main = self.serve({})
        return connect(self._main, self.lesson.limits)  # type: ignore[arg-type]

    @pytest.fixture
    def fresh_app(self) -> Iterator[Any]:
        started: list[InProcess] = []

        def fresh(**changes: str | None) -> App:
            started.append(self.serve(changes))
            assert started[-1].trouble is None, started[-1].trouble
            return connect(started[-1], self.lesson.limits)  # type: ignore[arg-type]

        def expect_refusal(*, because: str, **changes: str | None) -> Trouble:
            started.append(self.serve(changes))
            assert started[-1].trouble, because
            return started[-1].trouble

        fresh.expect_refusal = expect_refusal  # type: ignore[attr-defined]
        yield fresh
        for served in started:
            served.end()

    @pytest.fixture
    def environment(self) -> dict[str, str]:
        return self.variables

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> random.Random:
        return random.Random(request.node.name)  # noqa: S311 (test data)

    @pytest.fixture
    def source(self) -> Source:
        return Source(self.submission)


def pytest_configure(config: pytest.Config) -> None:
    suite = Suite()
    suite.pytest_configure(config)
    config.pluginmanager.register(suite)

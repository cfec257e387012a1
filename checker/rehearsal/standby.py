"""A run of pytest that stands still before it collects: to go on from there is all a trial does.

What comes before is the same for all trials of tests that bring no configuration of their own, and
takes as long as to run three tests.
"""

from __future__ import annotations

import contextlib
import gc
import os
import warnings
from functools import cache
from typing import TYPE_CHECKING

import anyio.pytest_plugin
import greenlet
import pytest

from checker.testing import BRIEF, NO_CONFIGURATION, InOrder, common_arguments, is_configured

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from checker.testing import Order

OFF = ("faulthandler", "threadexception", "unraisableexception")
"""Plugins that change this process before a test runs."""


def is_plain(folder: Path) -> bool:
    """Whether the tests in a folder bring nothing that pytest reads before it collects."""
    return not is_configured(folder) and not any(folder.rglob("conftest.py"))


class Standby:
    """The run. In each process that has it, it can go on once."""

    def __init__(self, folder: str, temporary: str) -> None:
        """Configure pytest for tests in `folder`, whose temporary files go to `temporary`."""
        arguments = [
            *common_arguments(folder, temporary), *NO_CONFIGURATION, *BRIEF, "-s",
            *(word for name in OFF for word in ("-p", f"no:{name}")), ".",
        ]  # fmt: skip
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        self._origin = greenlet.getcurrent()
        self._run = greenlet.greenlet(lambda: pytest.main(arguments, [self, anyio.pytest_plugin]))
        with contextlib.chdir(folder), warnings.catch_warnings():
            self._run.switch()
        gc.freeze()  # as in checker.forks: what is loaded stays as it is

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Add the plugin that stands still, after all others: then its wrapper is the outermost."""
        session.config.pluginmanager.register(_StandStill(self._origin))

    def go_on(self, order: Order) -> int:
        """Collect the tests, and run them in this order up to the first failure.

        Returns pytest's exit code.
        """
        os.environ["PYTEST_VERSION"] = pytest.__version__  # as pytest.main has set it
        return int(self._run.switch(order))


class _StandStill:
    """A plugin that lets nothing happen until it is told the order of the tests."""

    def __init__(self, origin: greenlet.greenlet) -> None:
        self._origin = origin

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, object, object]:
        """Stand still, before another plugin prepares for learner code, then take the order."""
        session.config.pluginmanager.register(InOrder(self._origin.switch()))
        return (yield)


@cache
def standby(folder: str, temporary: str, /) -> Standby:
    """Return the run for a folder, made when it is first asked for.

    Where all tests lie in the same folder, the host asks before it forks, and every trial finds
    the run as it was left.
    """
    return Standby(folder, temporary)

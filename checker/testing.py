"""Runs the learner's tests with pytest, in a process of their own. Only the host imports it.

The trusted side (checker.trials.run) believes one thing only: how that process ended.
"""

from __future__ import annotations

import os
import random
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from checker.isolation.levels import Level

BROKEN = 70
"""The exit code if pytest could not even be run: none of its own, and not 0 or 1."""

MIDDLE = 0.4
"""Where the middle begins: early, so that tests which stand a little before it are run soon."""
CONFIGURATION = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml")


def run(start: dict[str, Any], level: Level) -> int:
    """Run the tests in the folder that `start` names; return pytest's exit code."""
    try:
        folder = start["folder"]
        os.environ.clear()
        os.environ.update(start["environment"])
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        os.chdir(folder)
        level.confine(start)
        import pytest  # preloaded, where there is a host

        return int(pytest.main(_arguments(Path(folder), start), [Order(start["order"])]))
    except BaseException:  # noqa: BLE001 (the learner's code runs in here)
        traceback.print_exc()
        return BROKEN


def _arguments(folder: Path, start: dict[str, Any]) -> list[str]:
    arguments = [
        "-q", "--no-header", "--color=no", "--tb=short", "-p", "no:cacheprovider",
        "-p", "anyio.pytest_plugin", "--rootdir", str(folder), "--confcutdir", str(folder),
        "--basetemp", start["temporary"],
    ]  # fmt: skip
    if not any((folder / name).is_file() for name in CONFIGURATION):
        arguments += ["-c", os.devnull]  # none of a folder further up
    if start["brief"]:
        arguments += ["-x", "--tb=no", "--assert=plain"]
    return [*arguments, "."]


class Order:
    """A plugin that runs the tests in another order than that in which they stand.

    `reversed`; `from the middle`, and then from the beginning; or shuffled by a seed. `given`
    leaves them as they stand.
    """

    def __init__(self, order: str | int) -> None:
        self._order = order

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the collected tests in order."""
        if self._order == "reversed":
            items.reverse()
        elif self._order == "from the middle":
            middle = int(len(items) * MIDDLE)
            items[:] = items[middle:] + items[:middle]
        elif isinstance(self._order, int):
            random.Random(self._order).shuffle(items)  # noqa: S311 (an order, not a secret)

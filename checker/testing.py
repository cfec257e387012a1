"""Runs the learner's tests with pytest, in a process of their own: the host calls `run`.

The trusted side (checker.trials.run) believes one thing only: how that process ended.
"""

from __future__ import annotations

import os
import random
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from checker.isolation.levels import Level

BROKEN = 70
"""The exit code if pytest could not even be run: none of its own, and not 0 or 1."""
Kind = Literal["given", "reversed", "random", "likely"]
"""As they stand; the last one first; shuffled; or those first that are likely to find a bug."""
BRIEF = ("-x", "--tb=no", "--assert=plain")
"""What pytest is told where only the exit code counts."""
NO_CONFIGURATION = ("-c", os.devnull)
CONFIGURATION = (
    "pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini",
    "setup.cfg",
)  # fmt: skip
"""Files that may configure pytest: docs.pytest.org/en/stable/reference/customize.html"""


def run(start: dict[str, Any], level: Level) -> int:
    """Run the tests in the folder that `start` names; return pytest's exit code."""
    try:
        folder = start["folder"]
        os.environ.clear()
        os.environ.update(start["environment"])
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        os.chdir(folder)
        level.confine(start)
        import anyio.pytest_plugin  # preloaded, where there is a host
        import pytest

        from checker.rehearsal.standby import is_plain, standby

        order = Order(**start["order"])
        if start["brief"] and is_plain(Path(folder)):
            return standby(folder, start["temporary"]).go_on(order)
        plugins = [InOrder(order), anyio.pytest_plugin]
        return int(pytest.main(_arguments(Path(folder), start), plugins))
    except BaseException:  # noqa: BLE001 (the learner's code runs in here)
        traceback.print_exc()
        return BROKEN


def common_arguments(folder: str, temporary: str) -> list[str]:
    """Return what pytest is always told about tests in `folder`."""
    return [
        "-q", "--no-header", "--color=no", "-p", "no:cacheprovider", "--rootdir", folder,
        "--confcutdir", folder, "--basetemp", temporary,
    ]  # fmt: skip


def _arguments(folder: Path, start: dict[str, Any]) -> list[str]:
    arguments = [*common_arguments(str(folder), start["temporary"]), "--tb=short"]
    if not is_configured(folder):
        arguments += NO_CONFIGURATION  # none of a folder further up
    return [*arguments, *(BRIEF if start["brief"] else ()), "."]


def is_configured(folder: Path) -> bool:
    """Whether a folder has a file that may configure pytest."""
    return any((folder / name).is_file() for name in CONFIGURATION)


@dataclass(frozen=True, slots=True)
class Order:
    """In which order the tests are run."""

    kind: Kind = "given"
    seed: int = 0
    """What they are shuffled by."""
    first: Sequence[str] = ()
    """Ids of the tests that are likely; the others follow. Without its parameters, an id is that of
    a test with any; `test_it#2` with the third of its sets."""

    def arranged(self, names: Sequence[str]) -> list[int]:
        """Return the places that tests with these ids have now, in the order to run them in."""
        places = list(range(len(names)))
        match self.kind:
            case "reversed":
                return places[::-1]
            case "random":
                random.Random(self.seed).shuffle(places)  # noqa: S311 (an order, not a secret)
            case "likely":
                rank = {name: number for number, name in reversed([*enumerate(self.first)])}
                ranks = [min(rank.get(one, len(rank)) for one in ids) for ids in _all_ids(names)]
                places.sort(key=ranks.__getitem__)
        return places


def _all_ids(names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield all ids that `Order.first` may have for each of these tests."""
    sets: Counter[str] = Counter()
    for name in names:
        function, _, _ = name.partition("[")
        yield name, function, f"{function}#{sets[function]}"
        sets[function] += 1


class InOrder:
    """A plugin that runs the tests in an order."""

    def __init__(self, order: Order) -> None:
        self._order = order

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the collected tests in order."""
        items[:] = [items[place] for place in self._order.arranged([one.nodeid for one in items])]

"""Deal the checks of a suite out to runs that go on side by side.

A suite waits much: for apps that start, for a courier, for a socket that closes. Two runs of one
half each, with an app of their own, wait at the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def deal_out(checks: Sequence[str], took_s: Mapping[str, float], shards: int) -> list[set[str]]:
    """Return the names of the checks for each of `shards` runs, which should take equally long.

    `took_s` says how many seconds a check took before, if it was run before. The longest is dealt
    out first, always to whom has least (R. L. Graham, "Bounds on multiprocessing timing anomalies",
    1969); so every run that is told the same deals out the same.
    """
    usual_s = sum(took_s.values()) / len(took_s) if took_s else 1.0
    expected_s = {check: took_s.get(check, usual_s) for check in checks}
    dealt: list[set[str]] = [set() for _ in range(shards)]
    load_s = [0.0] * shards
    for check in sorted(checks, key=lambda check: -expected_s[check]):
        least = load_s.index(min(load_s))
        dealt[least].add(check)
        load_s[least] += expected_s[check]
    return dealt

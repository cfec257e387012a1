"""What earlier runs of a suite have shown: it makes the next one quicker, and changes no verdict.

A guess that is out of date costs time, nothing else. So what can't be read is simply not known.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from checker.rows import Rows


@dataclass(frozen=True, slots=True)
class Memory:
    """By lesson: what was seen of it last."""

    took_s: dict[str, dict[str, float]] = field(default_factory=dict)
    """Of each check, how many seconds it took."""
    starts: dict[str, dict[str, int]] = field(default_factory=dict)
    """Of each check, how many fresh apps it asked for, with nothing changed."""
    found_by: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of each planted bug, the learner's test that found it. The next run begins there."""

    def of(self, lesson: str) -> dict[str, Any]:
        """Return what is known of a lesson now, by the names that checker.launcher.Job has for it.

        Runs that share a submission must all be told the same, whatever is added meanwhile.
        """
        return {
            "took_s": dict(self.took_s.get(lesson, {})),
            "starts": dict(self.starts.get(lesson, {})),
            "found_by": dict(self.found_by.get(lesson, {})),
        }

    def add(self, lesson: str, rows: Rows) -> None:
        """Take in what a run has told."""
        self.took_s.setdefault(lesson, {}).update(rows.took_s)
        self.starts.setdefault(lesson, {}).update(rows.starts)
        self.found_by.setdefault(lesson, {}).update(rows.found_by)


def recall(file: Path) -> Memory:
    """Read a memory; an empty one if there is none, or none that makes sense."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        took_s = _of_each(told["took_s"], float)
        return Memory(took_s, _of_each(told["starts"], int), _of_each(told["found_by"], str))
    except Exception:  # noqa: BLE001 (a learner may have written anything there: no check shall fail)
        return Memory()


def keep(memory: Memory, file: Path) -> None:
    """Write a memory, if that can be."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(memory)), encoding="utf-8")


def _of_each(told: Any, kind: type) -> dict[str, Any]:
    return {
        lesson: {name: kind(value) for name, value in seen.items()} for lesson, seen in told.items()
    }

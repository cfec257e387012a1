"""Failing checks -> the known mistake that they look like.

The bank is `checker/mistakes/NN-slug/`, a file for each mistake: what its maker probably did, how
that looks from outside, where to read; and the evidence without which it is not named. A wrong
diagnosis is worse than none: all of the evidence must be there, and for one mistake only.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from checker.errors import GradingFault
from checker.model import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.model import CheckStatus, Lesson, StepResult
    from checker.source import Source


@dataclass(frozen=True, slots=True)
class Evidence:
    """What must be seen of a failing step. What is empty is not asked for."""

    failed: frozenset[str] = frozenset()
    """Checks that must have failed."""
    passed: frozenset[str] = frozenset()
    """Checks that must have passed: they show that it is not something else."""
    says: str = ""
    """Searched in what the failed checks say, exceptions included."""
    code: str = ""
    """Searched in the learner's code, as `ast.unparse` writes it: without comments."""
    lacks: str = ""
    """Must not be found in that code."""


@dataclass(frozen=True, slots=True)
class Known:
    """A mistake of the bank."""

    id: str
    step: int
    did: str
    """What its maker probably did, and does now instead."""
    seen: str
    """How that looks from outside."""
    read: str
    """The heading in the lesson's text below which it is told."""
    evidence: Evidence
    edits: tuple[tuple[str, str], ...]
    """What makes the mistake of the reference solution: text that stands there once, and what
    replaces it."""

    @property
    def message(self) -> str:
        """What the learner is told."""
        return f'{self.did}\n{self.seen}\nRead "{self.read}" in the lesson.'

    def fits(self, failed: set[str], passed: set[str], said: str, source: Source) -> bool:
        """Whether all evidence is there: `failed` and `passed` are names of the step's checks."""
        wanted = self.evidence
        return (
            wanted.failed <= failed
            and wanted.passed <= passed
            and (not wanted.says or re.search(wanted.says, said) is not None)
            and (not wanted.code or re.search(wanted.code, source.code) is not None)
            and (not wanted.lacks or re.search(wanted.lacks, source.code) is None)
        )


def diagnosed(
    results: Sequence[StepResult], lesson: Lesson, source: Source
) -> tuple[StepResult, ...]:
    """Return the results, each failed step with the mistake that it looks like, if any."""
    if not any(result.status == "failed" for result in results):
        return tuple(results)
    bank = list(known_mistakes(lesson))
    return tuple(
        replace(result, mistake=_mistake(result, bank, source))
        if result.status == "failed"
        else result
        for result in results
    )


def known_mistakes(lesson: Lesson) -> Iterator[Known]:
    """Read the lesson's bank. Raises GradingFault if a file of it is unsound."""
    for path in sorted(lesson.mistakes.glob("*.toml")):
        try:
            yield _read(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, KeyError, TypeError, re.error) as error:
            raise GradingFault(f"{path} is no known mistake: {error!r}.", "Mend it.") from None


def _read(name: str, values: dict[str, Any]) -> Known:
    evidence = dict(values["evidence"])
    for status in ("failed", "passed"):
        evidence[status] = frozenset(evidence.get(status, ()))
    for pattern in ("says", "code", "lacks"):
        re.compile(evidence.get(pattern, ""))
    return Known(
        id=name,
        step=values["step"],
        did=values["did"],
        seen=values["seen"],
        read=values["read"],
        evidence=Evidence(**evidence),
        edits=tuple((edit["old"], edit["new"]) for edit in values["edits"]),
    )


def _mistake(result: StepResult, bank: Sequence[Known], source: Source) -> Mistake | None:
    failed, passed, said = _names(result, "failed"), _names(result, "passed"), _said(result)
    fitting = [
        known
        for known in bank
        if known.step == result.step.number and known.fits(failed, passed, said, source)
    ]
    if len(fitting) != 1:
        return None
    return Mistake(fitting[0].id, fitting[0].message)


def _names(result: StepResult, status: CheckStatus) -> set[str]:
    """Return the names of the checks of that status, without what they were parametrized with."""
    return {check.name.partition("[")[0] for check in result.checks if check.status == status}


def _said(result: StepResult) -> str:
    failed = [check for check in result.checks if check.status == "failed"]
    messages = [check.message for check in failed]
    raised = [f"{one.type}: {one.message}" for check in failed for one in check.exceptions]
    return "\n".join([*messages, *raised])

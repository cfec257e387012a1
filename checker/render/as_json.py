"""Report -> JSON, as report.schema.json describes it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.model import Check, Report, StepResult

SCHEMA_VERSION = 1


def render(reports: Sequence[Report]) -> str:
    """Write one report as an object; several as `{"reports": [...]}`."""
    values = [report_values(report) for report in reports]
    document = values[0] if len(values) == 1 else _many(values)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def report_values(report: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "lesson": report.lesson.number,
        "slug": report.lesson.slug,
        "status": report.status,
        "points": report.points,
        "max_points": report.max_points,
        "duration_s": round(report.duration_s, 3),
        "isolation": report.isolation,
        "database": report.database,
        "seed": report.seed,
        "trouble": asdict(report.trouble) if report.trouble else None,
        "steps": [_step(result) for result in report.steps],
    }


def _many(values: list[dict[str, Any]]) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, "reports": values}


def _step(result: StepResult) -> dict[str, Any]:
    return {
        "id": result.step.id,
        "title": result.step.title,
        "status": result.status,
        "points": result.points,
        "max_points": result.step.points,
        "checks": [_check(check) for check in result.checks],
        "mistake": asdict(result.mistake) if result.mistake else None,
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "label": check.label,
        "status": check.status,
        "message": check.message,
        "exchanges": [asdict(exchange) for exchange in check.exchanges],
        "exceptions": [asdict(raised) for raised in check.exceptions],
        "printed": check.printed,
    }

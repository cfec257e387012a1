"""Report -> one HTML page that needs nothing else, in light and dark."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from checker.render.safe import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.model import Check, Exchange, Report, StepResult

PAGE_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
"""
STYLE = """
.learn { --edge: #8884; --good: #188038; --bad: #c5221f; --rest: #80868b;
  h1 { font-size: 1.25rem; margin: .2rem 0 }
  h2 { font-size: 1rem; margin: 0 }
  section { border: 1px solid var(--edge); border-left: .3rem solid var(--rest);
    border-radius: .3rem; margin: .6rem 0; padding: .5rem .9rem }
  section.passed { border-left-color: var(--good) }
  section.failed, section.error, section.trouble { border-left-color: var(--bad) }
  .status { color: var(--rest); float: right }
  .message { white-space: pre-wrap; margin: .3rem 0 }
  pre { background: #8881; padding: .5rem; overflow-x: auto; white-space: pre-wrap;
    margin: .3rem 0; width: auto; box-shadow: none; font-size: .9em }
  footer { color: var(--rest); font-size: .85rem }
}
"""
"""Everything below one class, so that a report can stand in a page of somebody else's."""
WORDS = {"passed": "passed", "failed": "not yet", "not_run": "not run", "error": "checker failed"}


def render(reports: Sequence[Report]) -> str:
    """Write a page with all reports."""
    body = "\n".join(fragment(report) for report in reports)
    title = ", ".join(report.lesson.name for report in reports)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{PAGE_STYLE}{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def fragment(report: Report) -> str:
    """Write one report as a part of a page; the page needs STYLE."""
    return '<div class="learn">\n' + "\n".join(_report(report)) + "\n</div>"


def _report(report: Report) -> Iterator[str]:
    lesson = report.lesson
    yield f"<h1>{escape(lesson.number)} {escape(lesson.title)}</h1>"
    yield f"<p><strong>{report.points} of {report.max_points} points</strong></p>"
    if report.trouble:
        told = _text(report.trouble.message)
        yield f'<section class="trouble"><p class="message">{told}</p></section>'
    for result in report.steps:
        yield from _step(result)
    yield (
        f"<footer>Graded in {report.duration_s:.1f} s, isolation {report.isolation}, "
        f"seed {report.seed}.</footer>"
    )


def _step(result: StepResult) -> Iterator[str]:
    yield f'<section class="{result.status}">'
    yield f'<span class="status">{WORDS[result.status]}</span>'
    yield f"<h2>{escape(result.step.id)} {escape(result.step.title)}</h2>"
    if result.mistake:
        yield f'<p class="message"><strong>{_text(result.mistake.message)}</strong></p>'
    for check in result.checks:
        if check.status != "passed":
            yield from _check(check)
    yield "</section>"


def _check(check: Check) -> Iterator[str]:
    yield f'<p class="message"><em>{_text(check.label)}</em>\n{_text(check.message)}</p>'
    for raised in check.exceptions:
        frames = "\n".join(
            f"{frame.file}, line {frame.line}, in {frame.function}\n    {frame.code}"
            for frame in raised.frames
        )
        headline = f"{raised.during}: {raised.type}: {raised.message}"
        yield f"<pre>{_text(headline)}\n{_text(frames)}</pre>"
    for exchange in check.exchanges[-1:]:
        shown = _text(_exchange(exchange))
        yield f"<details><summary>The exchange</summary><pre>{shown}</pre></details>"


def _exchange(exchange: Exchange) -> str:
    sent = json.dumps(exchange.request, indent=2, ensure_ascii=False)
    got = json.dumps(exchange.response, indent=2, ensure_ascii=False)
    return f"{exchange.curl}\n\nsent {sent}\n\ncame back {got}"


def _text(text: str) -> str:
    return escape(plain(text))

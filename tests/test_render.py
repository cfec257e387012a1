"""Report -> text in every form; nothing that a learner's app says may act there."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from checker.model import Check, Course, Exchange, Frame, Raised, Report, StepResult, Trouble
from checker.render import as_html, as_json, github, junit, terminal
from checker.render.safe import plain
from tests.conftest import ROOT

NASTY = "\x1b[31mred\x1b[0m [bold]b[/] <script>alert(1)</script> ::error::x %0A \u202e \x00 \ud800"


@pytest.fixture
def nasty(tiny: Course) -> Report:
    """A report in which every text of the learner's is hostile."""
    lesson = tiny.lessons[0]
    exchange = Exchange(
        {"method": "GET", "path": "/x", "headers": {}, "body": NASTY},
        {"status": 200, "headers": {"x": NASTY}, "body": NASTY},
        f"curl {NASTY}",
    )
    raised = Raised("Error", NASTY, (Frame("main.py", 3, NASTY, NASTY),), "GET /x")
    failed = Check("test_x[1]", "It works.", "failed", NASTY, (exchange,), (raised,))
    results = (
        StepResult(lesson.steps[0], (Check("a", "A.", "passed"),)),
        StepResult(lesson.steps[1], (failed,)),
        StepResult(lesson.steps[2], (Check("b", "B.", "not_run", "Not run."),)),
    )
    return Report(lesson, results, "process", 1, 0.5, log=NASTY)


def shown(report: Report, width: int = 80, **options: bool) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"), **options)  # noqa: SIM115, PTH123
    console.print(terminal.render(report))
    text = console.export_text(styles=bool(options))
    console.file.close()
    return text


def test_status_and_points(nasty: Report) -> None:
    assert (nasty.status, nasty.points, nasty.max_points) == ("failed", 1, 5)


def test_a_report_without_a_passed_check_never_passes(tiny: Course) -> None:
    lesson = tiny.lessons[0]
    empty = Report(lesson, tuple(StepResult(s, ()) for s in lesson.steps), "process", 1, 0.1)
    assert empty.status == "failed"
    assert replace(empty, steps=()).status == "failed"


def test_json_follows_the_schema(nasty: Report) -> None:
    schema = json.loads((ROOT / "checker" / "report.schema.json").read_text())
    clean = json.loads(
        as_json.render([nasty]).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    )
    jsonschema.validate(clean, schema)
    jsonschema.validate(json.loads(as_json.render([nasty, nasty])), schema)


def test_json_refuses_what_the_schema_does_not_know(nasty: Report) -> None:
    schema = json.loads((ROOT / "checker" / "report.schema.json").read_text())
    report = as_json.report_values(nasty) | {"verdict": "passed"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, schema)


def test_junit_is_xml_and_counts(nasty: Report) -> None:
    root = ET.fromstring(junit.render([nasty]))
    suite = root[0]
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "3", "failures": "1", "errors": "0", "skipped": "1"}
    assert "curl" in (suite[1][0].text or "")


def test_junit_tells_trouble_as_an_error(nasty: Report) -> None:
    broken = replace(nasty, trouble=Trouble("syntax_error", "line 3 is wrong", "main.py", 3))
    root = ET.fromstring(junit.render([broken]))
    assert root[0].get("errors") == "1"
    assert root[0][0][0].get("message") == "line 3 is wrong"


def test_github_annotations_stand_on_one_line_each(nasty: Report) -> None:
    lines = github.render([nasty], {"01": "a,b/main.py"}).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("::error title=01.2 Say whom you greet,file=a%2Cb/main.py,line=3::")
    assert "%25" in lines[0]
    assert lines[1] == "01 Hello: failed, 1 of 5 points"


def test_html_escapes_everything(nasty: Report) -> None:
    page = as_html.render([nasty])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page


@pytest.mark.parametrize("width", [40, 80, 200])
def test_terminal_keeps_to_its_width(nasty: Report, width: int) -> None:
    lines = shown(nasty, width).splitlines()
    too_long = [line for line in lines if len(line) > width and "curl" not in line]
    assert too_long == []


def test_terminal_shows_no_codes_of_the_app(nasty: Report) -> None:
    text = shown(nasty)
    assert "\x1b" not in text
    assert "\\x1b[31mred" in text
    assert "[bold]b[/]" in text


def test_terminal_tells_the_first_failing_step_in_full(nasty: Report) -> None:
    text = shown(nasty, 200)
    assert "main.py, line 3" in text
    assert "The last exchange" in text
    assert "✓ 01.1" in text
    assert "x 01.2" in text.replace("✗", "x")


def failing_after(report: Report, *methods: str) -> Report:
    """A report whose check has sent requests with these methods, and failed on the last."""
    exchanges = tuple(
        Exchange(
            {"method": method, "path": f"/{number}", "headers": {}, "body": ""},
            {"status": 200, "headers": {}, "body": ""},
            f"curl -i -X {method} http://127.0.0.1:8000/{number}",
        )
        for number, method in enumerate(methods)
    )
    failed = Check("test_x", "It works.", "failed", "It does not.", exchanges)
    return replace(report, steps=(StepResult(report.lesson.steps[0], (failed,)),))


def test_terminal_repeats_what_changed_something_before(nasty: Report) -> None:
    lines = shown(failing_after(nasty, "GET", "POST", "GET")).splitlines()
    assert [line.strip() for line in lines if "curl" in line] == [
        "curl -i -X POST http://127.0.0.1:8000/1",
        "curl -i -X GET http://127.0.0.1:8000/2",
    ]


def test_terminal_says_how_much_came_before(nasty: Report) -> None:
    text = shown(failing_after(nasty, *["PUT"] * 5, "GET"))
    assert "the check sent 5 requests before that change something" in text
    assert text.count("curl") == 1


def test_terminal_marks_are_ascii_where_needed(nasty: Report) -> None:
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(terminal.render(nasty, unicode=False))
    assert "+ 01.1" in console.export_text()
    console.file.close()


@given(st.text())
def test_plain_text_has_nothing_that_acts(text: str) -> None:
    kept = plain(text)
    assert not [char for char in kept if ord(char) < 32 and char not in "\n\t"]
    assert not set(kept) & set("\x7f\x9b\u202e\u2066")
    assert plain(kept) == kept


def test_schema_is_in_the_package() -> None:
    assert (Path(as_json.__file__).parent.parent / "report.schema.json").is_file()

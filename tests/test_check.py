"""`learn check` from the outside: verdicts, exit codes, what is remembered."""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.conftest import ROOT, TINY, Learn

SCHEMA = json.loads((ROOT / "checker" / "report.schema.json").read_text())


def test_solution_passes_with_exit_0(learn: Learn) -> None:
    ran = learn.check("01", "--solution")
    assert ran.code == 0
    jsonschema.validate(ran.report, SCHEMA)
    assert ran.report["status"] == "passed"
    assert (ran.report["points"], ran.report["max_points"]) == (5, 5)


def test_untouched_starter_fails_with_exit_1_and_says_what_to_do(workspace: Learn) -> None:
    ran = workspace.check("01")
    assert ran.code == 1
    jsonschema.validate(ran.report, SCHEMA)
    assert [step["status"] for step in ran.report["steps"]] == ["failed", "not_run", "failed"]
    shown = workspace("check", "01")
    assert "GET /hello should answer 200 OK, but answered 404 Not Found" in shown.out
    assert "curl -i http://127.0.0.1:8000/hello" in shown.out
    assert "still the starter" in " ".join(shown.out.split())
    assert "learn hint 01.1" in shown.out


def test_a_check_that_needs_another_step_says_so(workspace: Learn) -> None:
    steps = workspace.check("01").report["steps"]
    assert steps[1]["checks"][0]["message"] == "Not run: this builds on step 01.1, which fails."


def test_a_step_that_can_not_be_graded_says_what_fails(workspace: Learn) -> None:
    shown = workspace("check", "01.2")
    assert shown.code == 1
    assert "Not run: this builds on step 01.1, which fails." in shown.out
    assert "learn check 01\n" in shown.out
    assert "learn hint" not in shown.out


def test_after_one_step_the_same_step_is_checked_again(workspace: Learn) -> None:
    assert "learn check 01.1\n" in workspace("check", "01.1").out
    assert "learn check 01\n" in workspace("check", "01").out


def test_one_step_is_graded_with_what_it_needs(learn: Learn) -> None:
    ran = learn.check("01.2", str(TINY / "solutions" / "01-hello"))
    assert ran.code == 0
    assert [step["id"] for step in ran.report["steps"]] == ["01.2"]


def test_a_file_is_graded_beside_what_the_starter_has(learn: Learn) -> None:
    file = learn.folder / "mine.py"
    file.write_text((TINY / "solutions" / "01-hello" / "main.py").read_text())
    assert learn.check("01", "mine.py").code == 0


def test_all_lessons_in_one_report(learn: Learn) -> None:
    ran = learn.check("--all", "--solution")
    assert ran.code == 0
    jsonschema.validate(ran.report, SCHEMA)
    assert [report["lesson"] for report in ran.report["reports"]] == ["01", "02"]


def test_all_in_text_is_a_line_each(workspace: Learn) -> None:
    ran = workspace("check", "--all")
    assert ran.code == 1
    assert "01 Hello: 0 of 5 points" in ran.out
    assert "Next: `learn check 01`" in ran.out


def test_without_a_number_the_first_open_lesson_is_graded(workspace: Learn) -> None:
    assert workspace.check().report["lesson"] == "01"
    (workspace.folder / "exercises" / "01-hello" / "main.py").write_text(
        (TINY / "solutions" / "01-hello" / "main.py").read_text()
    )
    assert workspace.check().code == 0
    assert workspace.check().report["lesson"] == "02"


def test_the_seed_of_a_report_draws_the_same_data(workspace: Learn) -> None:
    (workspace.folder / "exercises" / "01-hello" / "main.py").write_text(
        "from fastapi import FastAPI\napp = FastAPI()\n\n\n"
        "@app.get('/hello')\ndef hello():\n    return {'message': 'hello'}\n"
    )

    def names(seed: int) -> str:
        checks = workspace.check("01.2", "--seed", str(seed)).report["steps"][0]["checks"]
        return str(checks[0]["exchanges"][-1]["request"]["path"])

    assert names(7) == names(7)
    assert {names(seed) for seed in (1, 2, 3)} != {names(7)}


@pytest.mark.parametrize("form", ["text", "json", "junit", "github", "html"])
def test_output_writes_a_file_and_prints_nothing(learn: Learn, form: str) -> None:
    ran = learn("check", "01", "--solution", "--format", form, "--output", "deep/report")
    assert (ran.code, ran.out) == (0, "")
    assert "Hello" in (learn.folder / "deep" / "report").read_text() or form in ("json", "junit")


def test_a_report_replaces_no_code(workspace: Learn) -> None:
    main = workspace.folder / "exercises/01-hello/main.py"
    before = main.read_text()
    ran = workspace("check", "01", "--format", "json", "--output", str(main))
    assert ran.code == 2
    assert "which is code" in " ".join(ran.err.split())
    assert main.read_text() == before


def test_a_path_without_its_lesson(workspace: Learn) -> None:
    ran = workspace("check", "exercises/01-hello")
    assert ran.code == 2
    assert "`learn check 01 exercises/01-hello`" in ran.err


def test_without_a_name_the_lesson_is_the_one_we_are_in(workspace: Learn) -> None:
    assert "01 Hello:" in workspace("check").out
    workspace.folder /= "exercises/02-shelf"
    assert "02 Shelf:" in workspace("check").out


def test_an_output_that_can_not_be_written_is_exit_3(learn: Learn) -> None:
    (learn.folder / "taken").write_text("")
    ran = learn("check", "01", "--solution", "--format", "json", "--output", "taken/report")
    assert ran.code == 3
    assert "taken/report" in ran.err


def test_passing_a_step_shows_its_closing_once(workspace: Learn) -> None:
    (workspace.folder / "exercises" / "01-hello" / "main.py").write_text(
        (TINY / "solutions" / "01-hello" / "main.py").read_text()
    )
    assert "A gap in the path is an argument." in workspace("check", "01").out
    assert "A gap in the path is an argument." not in workspace("check", "01").out


def test_two_checks_at_once_in_one_workspace(workspace: Learn) -> None:
    both = [workspace.start("check", "01", "--format", "json") for _ in range(2)]
    for running in both:
        out, _ = running.communicate(timeout=60)
        assert running.returncode == 1
        assert json.loads(out)["status"] == "failed"
    assert "learn hint 01.1" in workspace("check", "01").out


def test_nothing_is_left_in_the_temporary_folder(learn: Learn, tmp_path: Path) -> None:
    scratch = tmp_path / "t"
    scratch.mkdir()
    assert learn("check", "01", "--solution", TMPDIR=str(scratch)).code == 0
    assert list(scratch.iterdir()) == []


def test_a_path_too_long_for_a_socket_is_served_by_port(learn: Learn, tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    ran = learn("check", "01", "--solution", TMPDIR=str(deep))
    assert ran.code in (0, 3)
    if ran.code == 3:
        assert "TMPDIR" in ran.err


def test_no_place_for_scratch_is_exit_3(learn: Learn) -> None:
    ran = learn("check", "01", "--solution", TMPDIR="/proc")
    assert ran.code in (0, 3)
    assert "Traceback" not in ran.err

"""The walls of the house: who may import whom, and who may run learner code."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

CHECKER = ROOT / "checker"
MODULES = [
    path
    for path in sorted(CHECKER.rglob("*.py"))
    if not {"suites", "mistakes", "variants", "course"} & set(path.relative_to(CHECKER).parts)
]
BESIDE_LEARNER_CODE = {"host", "testing", "offline_docs"}
"""The modules that run in a learner's process."""
RUNNERS = {"exec", "eval", "__import__", "import_module", "exec_module"}
"""What turns text or a file into running code."""


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at whatever place in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def ours(path: Path) -> set[str]:
    return {name for name in imports(path) if name.partition(".")[0] == "checker"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_imports_the_command_line(path: Path) -> None:
    assert "checker.cli" not in ours(path)


def test_model_imports_nothing_of_ours() -> None:
    assert ours(CHECKER / "model.py") == set()


@pytest.mark.parametrize(
    "path",
    [*CHECKER.glob("render/*.py"), CHECKER / "progress.py", CHECKER / "plugin.py"],
    ids=name_of,
)
def test_these_do_not_grade(path: Path) -> None:
    assert "checker.grading" not in ours(path)


@pytest.mark.parametrize("path", sorted(CHECKER.glob("suites/*.py")), ids=name_of)
def test_suites_import_nothing_of_ours_and_no_learner_code(path: Path) -> None:
    assert not {n for n in imports(path) if n.partition(".")[0] in {"checker", "main"}}


def course_files() -> Iterator[Path]:
    for folder in ("lessons", "exercises", "solutions"):
        yield from sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", list(course_files()), ids=lambda p: str(p.relative_to(ROOT)))
def test_course_folders_do_not_import_the_checker(path: Path) -> None:
    assert ours(path) == set()


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.stem not in BESIDE_LEARNER_CODE], ids=name_of
)
def test_only_the_host_can_import_by_name(path: Path) -> None:
    """The trusted side has no way to import or run a learner's file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not {call.rpartition(".")[2] for call in calls} & RUNNERS
    assert not imports(path) & {"runpy", "pickle", "marshal"}


@pytest.mark.parametrize("path", [p for p in MODULES if p.stem != "host"], ids=name_of)
def test_the_trusted_side_does_not_load_the_host(path: Path) -> None:
    assert "checker.host" not in ours(path)


def test_listing_loads_nothing_heavy() -> None:
    code = (
        "import sys; from checker.commands import listing; import checker.cli; "
        "print(sorted({'fastapi', 'pydantic', 'httpx2', 'pytest', 'uvicorn'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"

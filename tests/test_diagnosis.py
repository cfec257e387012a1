"""A failing step is told which known mistake it looks like, if all the evidence is there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from checker.catalog import load_course
from checker.engine import Engine
from checker.errors import GradingFault
from tests.conftest import Grade, Learn

Named = Callable[[str], list[str | None]]
SHOUTS = """
step = 2
did = "You probably greet in capitals."
seen = "From outside, nobody is called HELLO."
read = "A greeting"
[evidence]
failed = ["test_hello_name"]
passed = []
says = 'HELLO'
code = 'upper\\(\\)'
lacks = 'lower'
[[edits]]
old = 'f"hello {name}"'
new = 'f"hello {name}".upper()'
"""


@pytest.fixture
def bank(own_course: Path) -> Path:
    folder = own_course / "checker" / "mistakes" / "01-hello"
    folder.mkdir(parents=True)
    (folder / "shouts.toml").write_text(SHOUTS)
    return folder


@pytest.fixture
def shouting(reference: str) -> str:
    return reference.replace('f"hello {name}"', 'f"hello {name}".upper()')


@pytest.fixture
def named(bank: Path, engine: Engine, tmp_path: Path) -> Named:
    """Grade the text of a main.py; return the id of the mistake that each step looks like."""

    def grade_text(main: str) -> list[str | None]:
        steps = Grade(load_course(bank.parents[2]), engine, tmp_path)(main).steps
        return [step.mistake and step.mistake.id for step in steps]

    return grade_text


def test_a_known_mistake_is_told_first(bank: Path, shouting: str, learn: Learn) -> None:
    (learn.folder / "main.py").write_text(shouting)
    learn.course = bank.parents[2]
    out = learn("check", "01", "main.py").out
    told = ["probably greet in capitals", "nobody is called HELLO", 'Read "A greeting"']
    assert [text for text in told if text in out] == told
    assert out.index(told[0]) < out.index("GET /hello/{name} greets by name")


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ('failed = ["test_hello_name"]', 'failed = ["test_hello_name", "test_hello"]'),
        ("passed = []", 'passed = ["test_hello_name"]'),
        ("says = 'HELLO'", "says = 'SHALOM'"),
        ("upper", "capitalize"),
        ("lower", "upper"),
        ("step = 2", "step = 3"),
    ],
    ids=["failed", "passed", "says", "code", "lacks", "step"],
)
def test_it_is_not_named_if_evidence_is_missing(
    here: str, there: str, shouting: str, bank: Path, named: Named
) -> None:
    assert named(shouting) == [None, "shouts", None]
    (bank / "shouts.toml").write_text(SHOUTS.replace(here, there))
    assert named(shouting) == [None, None, None]


def test_none_is_named_if_two_fit(shouting: str, bank: Path, named: Named) -> None:
    (bank / "yells.toml").write_text(SHOUTS)
    assert named(shouting) == [None, None, None]


def test_a_comment_is_no_evidence(shouting: str, named: Named) -> None:
    assert named(f"{shouting}\n# name.lower() is what I had before\n") == [None, "shouts", None]


def test_a_right_app_has_no_mistake(bank: Path, reference: str, named: Named) -> None:
    (bank / "shouts.toml").write_text("step = 2\n")  # unsound, and not even read
    assert named(reference) == [None, None, None]


@pytest.mark.parametrize(
    "text", ["step = ", "step = 2\n", SHOUTS.replace("'HELLO'", "'('")], ids=["toml", "key", "re"]
)
def test_an_unsound_file_is_named(text: str, shouting: str, bank: Path, named: Named) -> None:
    (bank / "shouts.toml").write_text(text)
    with pytest.raises(GradingFault, match=r"shouts\.toml is no known mistake"):
        named(shouting)

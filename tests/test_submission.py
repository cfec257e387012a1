"""What is handed in: found, bounded, copied, read as text; and clear words where that fails."""

import os
from pathlib import Path

import pytest

from checker.errors import UsageFault
from checker.model import Limits
from checker.submission import copy_submission, unreadable
from tests.conftest import Learn


def handed_in(learn: Learn, content: bytes) -> str:
    """Check a main.py of these bytes; return the report's trouble as one line."""
    (learn.folder / "main.py").write_bytes(content)
    ran = learn.check("01", "main.py")
    assert ran.code == 1
    assert ran.report["status"] == "failed"
    assert [step["status"] for step in ran.report["steps"]] == ["not_run"] * 3
    return " ".join(ran.report["trouble"]["message"].split())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "main.py is empty"),
        (b"\x7fELF\x00\x01\xff", "binary file"),
        (b"name = 'caf\xe9'\n", "not encoded as UTF-8"),
        (b"app = 1\x00\n", "binary file"),
        (b"a = 1\ndef f(:\n", "main.py, line 2 is not valid Python: invalid syntax"),
        (b"(" * 500 + b")" * 500, "line 1"),
    ],
)
def test_a_file_that_is_no_python(learn: Learn, content: bytes, says: str) -> None:
    assert says in handed_in(learn, content)


def test_a_syntax_error_has_a_caret(learn: Learn) -> None:
    (learn.folder / "main.py").write_text("a = 1\n    b = = 2\n")
    message = learn.check("01", "main.py").report["trouble"]["message"]
    line, caret = message.splitlines()[2:4]
    assert line == "    b = = 2"
    assert caret.strip() == "^"


def test_an_empty_folder_is_wrong_usage(learn: Learn) -> None:
    (learn.folder / "empty").mkdir()
    ran = learn("check", "01", "empty")
    assert ran.code == 2
    assert "empty is empty" in ran.err


def test_a_folder_without_main_is_told(learn: Learn) -> None:
    (learn.folder / "app").mkdir()
    (learn.folder / "app" / "app.py").write_text("app = 1\n")
    ran = learn.check("01", "app")
    assert ran.code == 1
    assert "There is no main.py" in ran.report["trouble"]["message"]


def test_links_and_hidden_files_stay_behind(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / ".venv").mkdir(parents=True)
    (source / ".venv" / "big.py").write_text("")
    (source / "__pycache__").mkdir()
    (source / "main.py").write_text("app = 1\n")
    (source / "part").mkdir()
    (source / "part" / "models.py").write_text("")
    (source / "stolen.txt").symlink_to("/etc/passwd")
    (source / "etc").symlink_to("/etc")
    copy_submission(source, source, target, Limits(), "main.py")
    assert sorted(p.relative_to(target).as_posix() for p in target.rglob("*.*")) == [
        "main.py",
        "part/models.py",
    ]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(submission_files=3), "more than 3 files"),
        (Limits(submission_bytes=1024**2), "more than 1 MiB"),
    ],
)
def test_too_much_is_refused(tmp_path: Path, limits: Limits, says: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(5):
        (source / f"{number}.py").write_bytes(b"#" * 300_000)
    with pytest.raises(UsageFault, match=says):
        copy_submission(source, source, tmp_path / "target", limits, "main.py")


def test_a_pipe_is_neither_file_nor_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageFault, match="neither a file nor a folder"):
        copy_submission(tmp_path / "pipe", tmp_path, tmp_path / "target", Limits(), "main.py")


def test_readable_text_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("app = 'caf\u00e9'\n", encoding="utf-8")
    assert unreadable(tmp_path, tmp_path, "main.py") is None

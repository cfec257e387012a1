"""What a killed run has left behind is removed at the next start, and nothing else."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from checker.scratch import HOLD, ROOMY_BYTES, USUAL, Scratch, place, remove_abandoned
from tests.conftest import Learn, wait_for

WAITS = """
import os, time
open({mark!r}, "w").close()
time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def grow_old(folder: Path) -> None:
    os.utime(folder / HOLD, (time.time() - 3600,) * 2)


def abandon(scratch: Scratch) -> None:
    """Leave it as a killed process does: the system gives up the lock."""
    assert scratch._hold is not None
    os.close(scratch._hold)
    grow_old(scratch.path)


def test_it_is_gone_at_the_end(temporary: Path) -> None:
    with Scratch() as path:
        (path / "file").write_text("x")
        assert list(temporary.iterdir()) == [path]
    assert list(temporary.iterdir()) == []


def test_what_was_abandoned_is_removed(temporary: Path) -> None:
    scratch = Scratch()
    (scratch.path / "below").mkdir()
    remove_abandoned()
    assert scratch.path.is_dir()
    abandon(scratch)
    remove_abandoned()
    assert list(temporary.iterdir()) == []


def test_what_is_in_use_or_new_or_not_ours_stays(temporary: Path, tmp_path: Path) -> None:
    with Scratch() as used:
        grow_old(used)
        new = temporary / "learn-new"
        new.mkdir()
        (new / HOLD).touch()
        (temporary / "learn-python").mkdir()  # somebody's notes
        other = tmp_path / "other"
        other.mkdir()
        (other / HOLD).touch()
        grow_old(other)
        (temporary / "learn-link").symlink_to(other)
        before = sorted(temporary.iterdir())
        remove_abandoned()
        assert sorted(temporary.iterdir()) == before
        assert other.is_dir()


def test_a_killed_check_leaves_nothing_after_the_next(learn: Learn, tmp_path: Path) -> None:
    temporary = tmp_path / "t"
    temporary.mkdir()
    mark = tmp_path / "mark"
    main = learn.folder / "main.py"
    main.write_text(WAITS.format(mark=str(mark)))
    run = learn.start("check", "01", "main.py", "--isolation", "process", TMPDIR=str(temporary))
    wait_for(mark.exists)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    left = list(temporary.iterdir())
    assert left
    for folder in left:
        grow_old(folder)
    assert learn("check", "01", "--solution", TMPDIR=str(temporary)).code == 0
    assert list(temporary.iterdir()) == []


def test_memory_is_preferred_to_a_disk_where_there_is_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr("checker.scratch.MEMORY", memory)
    monkeypatch.setattr("tempfile.tempdir", str(USUAL))
    free = shutil.disk_usage(memory)._replace(free=2 * ROOMY_BYTES)
    monkeypatch.setattr("shutil.disk_usage", lambda _: free)
    assert place() == memory
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # the user has said where
    assert place() == tmp_path
    monkeypatch.setattr("tempfile.tempdir", str(USUAL))
    monkeypatch.setattr("shutil.disk_usage", lambda _: free._replace(free=64 * 1024**2))
    assert place() == USUAL
    monkeypatch.setattr("checker.scratch.MEMORY", tmp_path / "missing")
    assert place() == USUAL

"""What an app may write where the file system itself has no bound."""

import textwrap
from pathlib import Path

import pytest

from checker.client import connect
from checker.model import Limits
from checker.quota import too_much
from checker.server import Served

LIMITS = Limits(scratch_bytes=1024**2, scratch_files=50)
WRITES_ON = """
number = 0
while True:
    number += 1
    open(f"{number}.fill", "wb").write(CONTENT)
"""
APP = """
from fastapi import FastAPI

app = FastAPI()

@app.get("/fill")
def fill():
"""


def serve(text: str, tmp_path: Path) -> Served:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text(text)
    (tmp_path / "scratch").mkdir()
    return Served(
        tmp_path / "app", tmp_path / "scratch", control=None, environment={}, limits=LIMITS
    )


@pytest.mark.parametrize("content", ["bytes(10**6)", "b''"], ids=["bytes", "files"])
def test_an_app_that_fills_the_disk_at_import_is_ended(content: str, tmp_path: Path) -> None:
    served = serve(WRITES_ON.replace("CONTENT", content), tmp_path)
    try:
        trouble = served.wait_started()
        assert trouble
        assert trouble.kind == "disk"
        assert "1 MiB, 50 files" in trouble.message
        assert served.wait_ended(10) is not None
    finally:
        served.end()


def test_an_app_that_fills_the_disk_in_a_handler_says_so_in_the_check(tmp_path: Path) -> None:
    loop = textwrap.indent(WRITES_ON.replace("CONTENT", "bytes(10**6)"), "    ")
    served = serve(APP + loop, tmp_path)
    try:
        assert served.wait_started() is None
        with pytest.raises(AssertionError, match=r"got no answer\. Your app was ended: it has"):
            connect(served, LIMITS).get("/fill").expect(200)
    finally:
        served.end()


def test_a_hole_and_a_link_take_no_room(tmp_path: Path) -> None:
    with (tmp_path / "hole").open("wb") as file:
        file.truncate(10 * LIMITS.scratch_bytes)
    (tmp_path / "link").symlink_to("/")
    assert not too_much([str(tmp_path)], LIMITS)
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "full").write_bytes(bytes(2 * LIMITS.scratch_bytes))
    assert too_much([str(tmp_path)], LIMITS)

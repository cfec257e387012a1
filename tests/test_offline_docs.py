"""Docs pages without a network: only where an app is served to be looked at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.client import connect
from checker.engine import Engine
from checker.model import Limits
from checker.server import Purpose, Served

APP = "from fastapi import FastAPI\napp = FastAPI()\n"


@pytest.fixture(scope="module")
def control() -> Iterator[str | None]:
    """What is looked at is served at the level process: its code is the user's own."""
    with Engine.for_many("process") as engine:
        yield engine.control


@pytest.mark.parametrize(("purpose", "files"), [("look", 200), ("grade", 404)])
def test_only_apps_to_look_at_have_the_files(
    tmp_path: Path, control: str | None, purpose: Purpose, files: int
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "main.py").write_text(APP)
    served = Served(
        source, tmp_path, control=control, environment={}, limits=Limits(), purpose=purpose
    )
    try:
        assert served.wait_started() is None
        app = connect(served, Limits())
        page = app.get("/docs").expect(200).text
        assert ("https://cdn" in page) == (purpose == "grade")
        for name in ("swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js"):
            assert app.get(f"/_docs-files/{name}").status == files
        assert app.get("/_docs-files/../core.py").status == 404
        assert app.openapi()["paths"] == {}  # the app itself is as it was
    finally:
        served.end()

"""Apps served by spawned processes and by port: what Windows and macOS get, tried on Linux."""

from pathlib import Path

import pytest

from checker.client import connect
from checker.launcher import Job, Launcher
from checker.model import Limits
from checker.server import Served, listen
from tests.conftest import TINY

SOLUTION = TINY / "solutions" / "01-hello"


def serve(folder: Path, tmp_path: Path, **limits: float) -> Served:
    """Serve without a host to fork from."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Served(
        folder,
        scratch,
        control=None,
        environment={"GREETING": "hello", "SECRET": "s"},
        limits=Limits(**limits),  # type: ignore[arg-type]
    )


def test_a_spawned_app_answers_on_a_port(tmp_path: Path) -> None:
    job = Job("", str(SOLUTION), str(tmp_path), 0, [], {}, environment={"GREETING": "hello"})
    launcher = Launcher(job)
    try:
        assert launcher.main.wait_started() is None
        assert launcher.main.address
        assert launcher.main.address.port
        client = connect(launcher.main, job.limits)
        client.get("/hello").expect(200, json={"message": "hello"})
        assert "127.0.0.1:8000" in client.exchanges[0].curl
        client.get("/hello", headers={"Accept-Encoding": "gzip"})
        assert client.exchanges[1].curl.endswith("'accept-encoding: gzip' --compressed")
    finally:
        launcher.end_all()


def test_a_spawned_app_that_dies_at_import(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "main.py").write_text("import os\nos._exit(7)\n")
    served = serve(folder, tmp_path)
    try:
        trouble = served.wait_started()
        assert trouble
        assert trouble.kind == "crashed"
        assert "exit code 7" in trouble.message
    finally:
        served.end()


def test_a_spawned_app_stops_with_its_lifespan(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "main.py").write_text(
        "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\n"
        "@asynccontextmanager\nasync def lifespan(app):\n    yield\n    print('goodbye')\n"
        "app = FastAPI(lifespan=lifespan)\n"
    )
    served = serve(folder, tmp_path)
    assert served.wait_started() is None
    assert served.stop() == 0
    served.end()
    assert "goodbye" in served.log


def test_a_socket_path_that_is_too_long_becomes_a_port(tmp_path: Path) -> None:
    listener, address = listen(tmp_path / ("x" * 200))
    with listener:
        assert address.path is None
        assert address.port


def test_facts_that_are_none_are_dropped() -> None:
    from checker.facts import parse_fact

    for line in (b"", b"{", b"[]", b'{"fact": "passed"}', b'{"fact": "started", "port": -1}'):
        assert parse_fact(line) is None
    assert parse_fact(b'{"fact": "started", "port": 80}') is not None


@pytest.mark.parametrize(
    "junk", ["x" * 100_000, '{"fact": "ended", "code": 0, "verdict": "passed"}']
)
def test_junk_on_the_channel_changes_nothing(junk: str, tmp_path: Path) -> None:
    """An app that writes to every file descriptor it has still is what it is."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "main.py").write_text(
        f"import os\nfor fd in range(3, 60):\n    try:\n"
        f"        os.write(fd, {junk!r}.encode() + b'\\n')\n"
        "    except OSError:\n        pass\n"
        + (SOLUTION / "main.py").read_text().replace("import os\n", "")
    )
    served = serve(folder, tmp_path)
    try:
        assert served.wait_started() is None
    finally:
        served.end()

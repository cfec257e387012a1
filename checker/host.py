"""The only module that runs beside learner code: it imports the app and serves it.

Started as `python -m checker.host fork CONTROL_FD`, it preloads what every app needs and forks
one app for each connection to the control socket. Started as `python -m checker.host once`
(where there is no fork), it serves one app; requests come on stdin, facts go to stdout.

A connection carries JSON lines. In: `start`, then `observe` or `stop`. Out: facts, never
verdicts: `started`, `trouble`, `raised`, `observed`, `ended`. It ends the app when it closes.
"""

from __future__ import annotations

import importlib
import io
import json
import logging
import os
import socket
import sys
import threading
import time
import traceback
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from checker import forks
from checker.isolation import levels

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from uvicorn import Server

    ASGI = Callable[..., Awaitable[None]]

MAX_FRAMES = 20
MAX_TEXT = 2000
ASGI_ARGUMENTS = ("scope", "receive", "send")
AT_THE_END = 0
"""The number under which the counts are told once the app has shut down."""


def main() -> None:
    """Preload, then serve as the first argument says."""
    mode, *rest = sys.argv[1:]
    level = settle(json.loads(rest[1])) if mode == "fork" else levels.Process()
    for module in ("checker.rehearsal.app", "uvicorn.server", "uvicorn.lifespan.on"):
        importlib.import_module(module)
    sys.dont_write_bytecode = True
    if mode == "fork":
        serve_forked(socket.socket(fileno=int(rest[0])), level)
        os._exit(0)  # every app is gone: a tidy end of the interpreter would only cost time
    else:
        serve_once()


# ---------------------------------------------------------------- one app for each connection


def settle(settings: dict[str, Any]) -> levels.Level:
    """Confine this host as it was told to, and tell on stdout whether that has worked."""
    try:
        level = levels.settle(settings)
    except OSError as error:
        print(json.dumps({"problem": str(error)}), flush=True)  # noqa: T201 (the parent reads it)
        sys.exit(os.EX_UNAVAILABLE)
    print(json.dumps({"level": settings["level"]}), flush=True)  # noqa: T201
    return level


def serve_forked(control: socket.socket, level: levels.Level) -> None:
    """Fork an app for each connection to `control`, until stdin is closed."""
    forks.Forks(
        control, 0, partial(prepare, level), partial(serve_connection, level),
        lambda code: _line({"fact": "ended", "code": code}), level.launch,
    ).serve()  # fmt: skip


def prepare(level: levels.Level, request: forks.Request) -> None:
    """Load what a start request needs, once for all that are like it, before the fork."""
    start = json.loads(request.data)
    preload(start.get("preload", []))
    if start.get("kind") == "tests" and level.places:
        from checker.rehearsal.standby import standby  # only for the lesson whose learner tests

        Path(level.places["folder"]).mkdir(exist_ok=True)
        standby(level.places["folder"], level.places["temporary"])


def preload(modules: list[str]) -> None:
    """Import what a lesson's apps need, once for all of them, before the fork."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError:
            continue  # the app that needs it will say so, in its own place


def serve_connection(level: levels.Level, request: forks.Request) -> int:
    """In a forked process: serve the app of a start request; return the exit code.

    The file descriptors of the request are the app's listener, if it has one, and its log.
    """
    start, connection = json.loads(request.data), request.connection
    *listener, log = request.fds
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    _write_through()
    try:
        if start.get("kind") == "tests":
            connection.close()  # tests can tell nothing: only how they end is believed
            return run_tests(start, level)
        channel = Channel(connection.makefile("rb"), connection.makefile("wb"))
        return serve(start, channel, socket.socket(fileno=listener[0]), level)
    finally:
        _flush()


def serve_once() -> None:
    """Without fork: serve one app on loopback TCP; its port is in the fact `started`."""
    start = json.loads(sys.stdin.buffer.readline())
    facts = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _write_through()
    if start.get("kind") == "tests":
        facts.close()
        code = run_tests(start, levels.Process())
    else:
        listener = socket.create_server(("127.0.0.1", 0))
        code = serve(start, Channel(sys.stdin.buffer, facts), listener, levels.Process())
    _flush()
    os._exit(code)


def run_tests(start: dict[str, Any], level: levels.Level) -> int:
    """Run the learner's tests instead of serving an app; return pytest's exit code."""
    from checker import testing  # only for the lesson whose learner writes tests

    return testing.run(start, level)


# ------------------------------------------------------------------------------- serving one app


class Channel:
    """What joins an app's process to the trusted side: requests in, facts out."""

    def __init__(self, requests: IO[bytes], facts: IO[bytes]) -> None:
        self.requests = requests
        self._facts = facts
        self._lock = threading.Lock()

    def tell(self, fact: str, **values: Any) -> None:
        """Send a fact to the trusted side; if that is gone, end."""
        try:
            with self._lock:
                self._facts.write(_line({"fact": fact, **values}))
                self._facts.flush()
        except OSError:
            os._exit(1)


def serve(
    start: dict[str, Any], channel: Channel, listener: socket.socket, level: levels.Level
) -> int:
    """Import the app as `start` says and serve it until told to stop. Returns an exit code."""
    folder = start["folder"]
    os.environ.clear()
    os.environ.update(start["environment"])
    if hasattr(time, "tzset"):
        time.tzset()  # the environment may name another time zone
    os.chdir(folder)
    sys.path.insert(0, folder)
    observed = observers(start["observe"])
    level.confine(start)

    app = import_app(folder, channel)
    if app is None:
        return 1
    if start.get("purpose") == "look":
        from checker.offline_docs import with_offline_docs  # not where an app is graded

        app = with_offline_docs(app)
    server = make_server(watched(app, folder, channel), listener, channel)
    threading.Thread(target=obey, args=(channel, server, observed), daemon=True).start()
    server.run(sockets=[listener])
    channel.tell("observed", number=AT_THE_END, values=observed)
    return 0


def import_app(folder: str, channel: Channel) -> ASGI | None:
    """Import `main.app`, or tell why that can't be and return None."""
    try:
        module = importlib.import_module("main")
    except SyntaxError as error:
        where = _relative(error.filename, folder)
        text = (error.text or "").rstrip("\n")
        channel.tell(
            "trouble", kind="syntax_error", type=type(error).__name__, message=error.msg,
            file=where, line=error.lineno, column=error.offset, text=text[:MAX_TEXT],
        )  # fmt: skip
    except BaseException as error:  # noqa: BLE001 (whatever the learner's module raises)
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        kind = {MemoryError: "memory", SystemExit: "exited"}.get(type(error), "import_error")
        channel.tell("trouble", kind=kind, missing=missing, **described(error, folder))
    else:
        app = getattr(module, "app", None)
        if _is_asgi(app):
            return app
        names = sorted(name for name, value in vars(module).items() if _may_be_app(value))
        found = None if app is None else type(app).__name__
        channel.tell("trouble", kind="no_app", found=found, candidates=names[:5])
    return None


def watched(app: ASGI, folder: str, channel: Channel) -> ASGI:
    """Wrap the app so that what it raises and does not handle becomes a fact."""

    async def observe(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except BaseException as error:
            if scope["type"] == "lifespan":
                channel.tell("trouble", kind="startup_error", **described(error, folder))
            elif isinstance(error, Exception):
                method = scope.get("method", "WEBSOCKET")
                during = f"{method} {scope['path']}"[:MAX_TEXT]
                channel.tell("raised", during=during, **described(error, folder))
            raise

    return observe


def make_server(app: ASGI, listener: socket.socket, channel: Channel) -> Server:
    """Return a uvicorn server that tells when its startup is complete."""
    from uvicorn import Config, Server  # the trusted side imports this module too

    class TellingServer(Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                name = listener.getsockname()
                channel.tell("started", port=name[1] if isinstance(name, tuple) else None)

    # What the app raises is told as a fact; in its log it would only stand once more.
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.exc_info is None)
    # asyncio's own loop starts faster than uvloop; a check is some dozen requests.
    config = Config(app, loop="asyncio", log_config=None, access_log=False)
    return TellingServer(config)


def obey(channel: Channel, server: Server, observed: dict[str, int]) -> None:
    """Answer the trusted side's requests, in a thread; when they end, so does the app."""
    for line in channel.requests:
        request = json.loads(line)
        if request.get("stop"):
            server.should_exit = True
        elif "observe" in request:
            # By way of the loop: what the app has just raised is told first.
            tell = partial(channel.tell, "observed", number=request["observe"], values=observed)
            server.servers[0].get_loop().call_soon_threadsafe(tell)
    os._exit(1)


def observers(subjects: list[str]) -> dict[str, int]:
    """Count what only this process can know, from before the app is imported.

    `sqlalchemy`, over all engines: `statements` executed; connections `checked_out` of a pool
    now (one that nobody returned stays counted, even when it is cleaned up as garbage);
    connections `opened` up to now, `open` now, and `blocking`: opened by a driver that is not
    async.
    """
    counts: dict[str, int] = {}
    if "sqlalchemy" in subjects:
        _count_sqlalchemy(counts)
    return counts


def _count_sqlalchemy(counts: dict[str, int]) -> None:
    from sqlalchemy import event  # only for lessons with a database
    from sqlalchemy.engine import AdaptedConnection, Engine
    from sqlalchemy.pool import Pool

    counts.update(statements=0, checked_out=0, opened=0, open=0, blocking=0)
    held: set[Any] = set()  # entries of pools: after a retry, one is handed out twice
    lost: list[Any] = []  # never returned: the pool gave them up, as garbage or detached

    def executed(*_: Any) -> None:
        counts["statements"] += 1

    def opened(connection: Any, _: Any) -> None:
        counts["opened"] += 1
        counts["open"] += 1
        if not isinstance(connection, AdaptedConnection):
            counts["blocking"] += 1

    def closed(*_: Any) -> None:
        counts["open"] -= 1

    def taken(_: Any, entry: Any, __: Any) -> None:
        held.add(entry)
        counts["checked_out"] = len(held) + len(lost)

    def returned(_: Any, entry: Any) -> None:
        held.discard(entry)
        counts["checked_out"] = len(held) + len(lost)

    def given_up(_: Any, entry: Any) -> None:
        held.discard(entry)  # its place in the pool will be used again
        lost.append(None)

    event.listen(Engine, "before_cursor_execute", executed)
    event.listen(Pool, "connect", opened)
    event.listen(Pool, "close", closed)
    event.listen(Pool, "close_detached", closed)
    event.listen(Pool, "checkout", taken)
    event.listen(Pool, "checkin", returned)
    event.listen(Pool, "detach", given_up)


def described(error: BaseException, folder: str) -> dict[str, Any]:
    """Return type, message and the learner's own frames of an exception, innermost last.

    Of a group, as a TaskGroup raises it, the first exception inside: it says what went wrong.
    """
    wrapped = ""
    while isinstance(error, BaseExceptionGroup):
        wrapped = f" (inside an {type(error).__name__})"
        error = error.exceptions[0]
    message = str(error).replace(folder + os.sep, "")[:MAX_TEXT]
    frames = [
        {
            "file": _relative(frame.filename, folder),
            "line": frame.lineno or 0,
            "function": frame.name,
            "code": (frame.line or "")[:MAX_TEXT],
        }
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(folder)
    ]
    return {
        "type": type(error).__name__,
        "message": f"{message}{wrapped}".strip(),
        "frames": frames[-MAX_FRAMES:],
    }


def _may_be_app(value: Any) -> bool:
    """Whether something under another name may be meant: no path operation, though it is called."""
    from inspect import isfunction, signature

    return _is_asgi(value) and (
        not isfunction(value) or len(signature(value).parameters) == len(ASGI_ARGUMENTS)
    )


def _is_asgi(value: Any) -> bool:
    from inspect import iscoroutinefunction

    if isinstance(value, type):
        return False
    return iscoroutinefunction(value) or iscoroutinefunction(getattr(value, "__call__", None))  # noqa: B004


def _relative(filename: str | None, folder: str) -> str | None:
    if filename is None or not Path(filename).is_relative_to(folder):
        return filename
    return str(Path(filename).relative_to(folder))


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values).encode() + b"\n"


def _write_through() -> None:
    """Let what the app prints reach its log line by line: it may be killed at any moment."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass  # the log is full or gone: nothing to say it to


if __name__ == "__main__":
    main()

"""`learn doctor`: what works on this machine, and how to get the rest."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from checker import __version__, sandbox, scratch
from checker.catalog import course_folder, load_course
from checker.errors import Fault
from checker.grading import grade
from checker.hosts import Hosts
from checker.render.console import output
from checker.workspace import find_workspace, here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.model import Isolation

PACKAGES = ("fastapi", "starlette", "pydantic", "uvicorn", "httpx2", "pytest", "SQLAlchemy")
MISSES: dict[Isolation, str] = {
    "process": "the app can read your files, use the network, and start processes that outlive "
    "it: grade strangers' code in a container",
    "confined": "the app can find out whether a file exists, fill the disk while its tests run "
    "(lesson 09), and see which processes run; it can start none of its own",
    "strict": "flaws of the Linux kernel and of the processor; it takes time from what else runs "
    "here",
}


def examine() -> int:
    """Print what was found, and grade one reference solution; return 0 if that works, else 3."""
    console = output()
    for name, value in _facts():
        console.print(f"{name:12}  {value}", markup=False)
    works, words = _grades()
    console.print(f"{'grading':12}  {words}", markup=False)
    return 0 if works else 3


def _facts() -> Iterator[tuple[str, str]]:
    yield "course", f"{__version__}, in {course_folder()}"
    yield "python", f"{platform.python_version()}, {sys.executable}"
    yield "system", f"{platform.system()} {platform.release()}, {os.cpu_count()} cores"
    yield "packages", ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    yield from _isolation()
    yield "apps are", "forked from a preloaded host" if sandbox.CAN_FORK else "started one by one"
    yield "scratch", _scratch()
    yield "workspace", _workspace()
    yield from _databases()
    yield "git", shutil.which("git") or "not found: `learn reset` in a clone needs it"


def _isolation() -> Iterator[tuple[str, str]]:
    """Try the levels from the strongest down, and say why those that fail do."""
    levels: tuple[Isolation, ...] = ("strict", "confined", "process")
    for level in levels:
        try:
            with Hosts(level) as hosts:
                hosts.proven()
        except Fault as fault:
            yield level, f"not here: {fault.message} {fault.remedy}"
        else:
            yield "isolation", f"{level}; not protected: {MISSES[level]}"
            return


def _databases() -> Iterator[tuple[str, str]]:
    from checker import databases

    for found in databases.available():
        missing = f"not here: {found.detail} {found.remedy}"
        yield found.database, found.detail if found.ready else missing


def _scratch() -> str:
    folder = scratch.place()
    free = shutil.disk_usage(folder).free / 1024**2
    return f"{folder}, {free:,.0f} MiB free"


def _workspace() -> str:
    try:
        return str(find_workspace(load_course(course_folder()), here()).root)
    except Fault:
        return "none here: `learn start` makes one"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _grades() -> tuple[bool, str]:
    lesson = load_course(course_folder()).lessons[0]
    try:
        report = grade(lesson, lesson.solution)
    except Fault as fault:
        return False, f"does not work: {fault.message} {fault.remedy}"
    if report.status == "passed":
        return True, f"works: the reference of lesson {lesson.number} passes"
    reason = report.trouble.message if report.trouble else f"{report.points} points"
    return False, f"does not work: the reference of lesson {lesson.number} fails ({reason})"

"""Which isolation levels may work here, and what a host is told to bring itself to one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from checker import sandbox
from checker.catalog import course_folder
from checker.errors import GradingFault
from checker.isolation import bubblewrap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.model import Isolation

Wanted = Literal["auto", "process", "confined", "strict"]
CAN_FORK = sandbox.CAN_FORK
COURSE_PARTS = ("checker", "exercises", "lessons", "solutions", "tests", "benchmarks")
REMEDIES: dict[Isolation, str] = {
    "strict": "Run `apt-get install bubblewrap` (or the like of your Linux). In a container or "
    "virtual machine, let users make namespaces: the kernel settings "
    "user.max_user_namespaces and kernel.apparmor_restrict_unprivileged_userns. Or choose a weaker "
    "level with --isolation; `learn doctor` says what it does not protect from.",
    "confined": "It needs a Linux kernel with Landlock (5.13 or later) and seccomp, on x86-64 or "
    "64-bit ARM. Or choose --isolation process, if you trust the code.",
    "process": "Check again; if it stays so, report it with the output of `learn doctor`.",
}


def candidates(wanted: Wanted) -> list[Isolation]:
    """Return the levels to try, the strongest first. Raises GradingFault if there is none."""
    if wanted == "process":
        return ["process"]
    if not CAN_FORK:
        if wanted == "auto":
            return ["process"]
        raise not_here(wanted, "it is made of what only Linux has")
    if wanted == "confined":
        return ["confined"]
    has_bubblewrap = bubblewrap.program() is not None
    if wanted == "strict":
        if not has_bubblewrap:
            raise not_here("strict", "the program bwrap (bubblewrap) is not installed")
        return ["strict"]
    return ["strict", "confined", "process"] if has_bubblewrap else ["confined", "process"]


def not_here(level: Isolation, problem: str) -> GradingFault:
    """Return the fault that says why a level can't be had, and how to get it."""
    return GradingFault(f"Isolation level {level!r} can't be had here: {problem}.", REMEDIES[level])


def hidden() -> list[Path]:
    """Return what no submission may see: the course's parts, the user's home, the workspace."""
    course = course_folder()
    found = [course / part for part in COURSE_PARTS]
    try:
        found.append(Path.home())
    except RuntimeError:
        pass  # a user without a home has none to hide
    here = Path.cwd()
    found += [folder for folder in (here, *here.parents) if (folder / ".learn").is_dir()]
    return [path.resolve() for path in found if path.exists() and path != Path(path.anchor)]


def host_settings(
    level: Isolation, arena: Path, hidden: Iterable[Path]
) -> tuple[dict[str, Any], list[str]]:
    """Return what a host is told, and the words of the program that wraps it.

    `arena` is the folder that is shared with it; it must not be able to see what is `hidden`.
    """
    hidden = list(hidden)
    settings: dict[str, Any] = {"level": level, "arena": str(arena)}
    if level == "strict":
        bwrap = bubblewrap.program()
        assert bwrap is not None, "strict was chosen because it is installed"
        settings["temporary"] = bubblewrap.temporary()
        settings["hidden"] = [str(path) for path in hidden if path.is_file()]
        settings["hidden"] += [str(path / "suites") for path in hidden if path.name == "checker"]
        return settings, bubblewrap.command(bwrap, arena, hidden)
    if level == "confined":
        settings["readable"] = [str(path) for path in bubblewrap.unhidden(hidden)]
        settings["hidden"] = [str(path) for path in hidden]
    return settings, []

"""The host's own sandbox: a bubblewrap command line that shows it Python, and nothing of ours.

The view is an allow list: an empty root, into which the system's libraries, Python and the few
modules of this package that a host needs are bound, read-only. What is hidden and lies inside of
what is shown (a course in site-packages, a home below /usr) is covered again.
"""

from __future__ import annotations

import os
import shutil
import site
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PACKAGE = Path(__file__).resolve().parent.parent
HOST_MODULES = (
    "__init__.py", "host.py", "forks.py", "sandbox.py", "model.py", "testing.py",
    "rehearsal", "isolation",
)  # fmt: skip
"""What a host imports of this package (tests/test_isolation.py compares)."""
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/nix/store")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/etc/alternatives")
HOST_BYTES = 16 * 1024**2
DEVICES = ("null", "zero", "full", "random", "urandom")


def program() -> str | None:
    """Return the path of bubblewrap, or None if it is not installed."""
    return shutil.which("bwrap", path=os.defpath + os.pathsep + os.environ.get("PATH", ""))


def command(bwrap: str, arena: Path, hidden: Iterable[Path]) -> list[str]:
    """Return the words that stand before the command that is to run in the sandbox.

    `arena` is the only folder that is bound writable, at its own path; `hidden` are covered where
    they would be seen.
    """
    words = [bwrap, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    words += ["--unshare-cgroup-try", "--new-session", "--hostname", "course"]
    if threading.current_thread() is threading.main_thread():
        # The signal comes when the thread ends that has started it. It only makes the end
        # quicker: the host ends when its stdin does.
        words.append("--die-with-parent")
    if os.geteuid() != 0:
        words.append("--unshare-user")  # root's host becomes an ordinary user by itself
    words += ["--proc", "/proc", "--dir", "/tmp"]  # noqa: S108 (inside)
    words += ["--dir", "/scratch", "--dir", "/var/tmp", "--dir", "/dev/shm"]  # noqa: S108 (inside)
    for name in DEVICES:
        words += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for path in SYSTEM:
        words += _system(Path(path))
    for path in SYSTEM_FILES:
        words += ["--ro-bind-try", path, path]
    words += _python(hidden)
    words += [*_enterable([arena]), "--bind", str(arena), str(arena)]
    words += ["--remount-ro", "/", "--chdir", "/"]
    # For what the host preloads. Each app covers it with a scratch of its own.
    words += ["--perms", "1777", "--size", str(HOST_BYTES), "--tmpfs", "/scratch"]
    words += ["--setenv", "TMPDIR", "/scratch"]
    return words


def readable() -> list[Path]:
    """Return the folders of Python and its packages that an app needs, without our own."""
    folders = [sys.base_prefix, sys.prefix, sys.base_exec_prefix, sys.exec_prefix]
    folders += [*site.getsitepackages(), site.getusersitepackages()]
    folders += [str(Path(sys.executable).resolve().parent.parent)]
    folders += [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    found = {Path(folder).absolute() for folder in folders}
    return sorted(path for path in found | {path.resolve() for path in found} if path.is_dir())


def host_modules() -> Iterator[Path]:
    """Yield the files and folders of this package that a host imports."""
    for name in HOST_MODULES:
        if (PACKAGE / name).exists():
            yield PACKAGE / name


def temporary() -> str:
    """Return where a sandbox may have its own folder for temporary files: where nothing is shown.

    Python looks in both places; the first is what most programs mean.
    """
    first = Path("/tmp")  # noqa: S108 (in the sandbox)
    taken = any(path.is_relative_to(first) for path in (*readable(), PACKAGE))
    return "/var/tmp" if taken else str(first)  # noqa: S108 (in the sandbox)


def unhidden(hidden: Iterable[Path]) -> list[Path]:
    """Return what may be read, path by path, where nothing can be covered: all but the hidden."""
    shown = [Path(path) for path in (*SYSTEM, *SYSTEM_FILES) if Path(path).exists()]
    shown += [Path(f"/dev/{name}") for name in DEVICES] + readable()
    shown = sorted({path.resolve() for path in shown})
    covered = {PACKAGE, *hidden}
    return [part for path in shown for part in _without(path, covered)] + list(host_modules())


def _without(path: Path, covered: Iterable[Path]) -> Iterator[Path]:
    """Yield `path`, or as much of what it holds as is not covered.

    A link grants what it leads to: it is left out where that is covered, or holds what is.
    """
    if path in covered:
        return
    if not any(one.is_relative_to(path) for one in covered):
        yield path
        return
    for inner in path.iterdir():
        if not inner.is_symlink():
            yield from _without(inner, covered)
        elif not _touches(inner.resolve(), covered):
            yield inner.resolve()


def _touches(path: Path, covered: Iterable[Path]) -> bool:
    return any(one.is_relative_to(path) or path.is_relative_to(one) for one in covered)


def _system(path: Path) -> Sequence[str]:
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), str(path)]
    return ["--ro-bind", str(path), str(path)] if path.is_dir() else []


def _python(hidden: Iterable[Path]) -> list[str]:
    """Bind and cover, the outer before the inner: the inner one wins."""
    shown = [path for path in readable() if not _is_shown_already(path)]
    roots = [Path(path) for path in SYSTEM] + shown
    covered = {
        path
        for path in (PACKAGE, *(each.resolve() for each in hidden))
        if any(path != root and path.is_relative_to(root) for root in roots)
    }
    covered = {path for path in covered if not _is_covered_already(path, covered, shown)}
    modules = list(host_modules())
    words = _enterable([*shown, *modules])
    for path in sorted({*shown, *covered}, key=lambda path: len(path.parts)):
        if path in covered and path not in shown:
            words += ["--tmpfs", str(path)]
        else:
            words += ["--ro-bind", str(path), str(path)]
    for path in modules:
        words += ["--ro-bind", str(path), str(path)]
    # What was bound into a covered folder needed a place in it.
    for path in sorted(covered - {*shown}):
        words += ["--remount-ro", str(path)]
    return words


def _is_covered_already(path: Path, covered: Iterable[Path], shown: Iterable[Path]) -> bool:
    """Whether it lies in another covered folder, and nothing between the two is shown again."""
    return any(
        path != outer
        and path.is_relative_to(outer)
        and not any(one.is_relative_to(outer) and path.is_relative_to(one) for one in shown)
        for outer in covered
    )


def _enterable(paths: Iterable[Path]) -> list[str]:
    """Make the folders that lead to `paths` so that an ordinary user may enter them."""
    above = {parent for path in paths for parent in path.parents}
    system = [Path(path) for path in SYSTEM]
    words: list[str] = []
    for path in sorted(above, key=lambda path: len(path.parts)):
        if path != Path("/") and not any(path.is_relative_to(root) for root in system):
            words += ["--perms", "0755", "--dir", str(path)]
    return words


def _is_shown_already(path: Path) -> bool:
    return any(path.is_relative_to(shown) for shown in SYSTEM)

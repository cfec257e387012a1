"""The learner's folder: make it, find it, reset it, update it; nothing of theirs is ever lost.

A workspace has the course's layout (`exercises/`, `lessons/`) and a folder `.learn/`, which
holds the progress, the backups, and `starters/`: every file as it was handed out. A clone of the
course is a workspace too; what was handed out is then what git has.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checker.errors import UsageFault
from checker.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.model import Course, Lesson

HANDED_OUT = ("exercises", "lessons")
KEPT_BACK = {"exercise.toml", "__pycache__"}
"""What a made workspace does not get: the hints."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A learner's folder."""

    root: Path
    course: Course

    @property
    def state(self) -> Path:
        """The folder of progress and backups."""
        return self.root / ".learn"

    @property
    def progress_file(self) -> Path:
        """The file of attempts and passed steps."""
        return self.state / "progress.sqlite3"

    @property
    def memory_file(self) -> Path:
        """The file of what earlier checks have shown (see checker.memory)."""
        return self.state / "memory.json"

    @property
    def starters(self) -> Path:
        """The folder that keeps every file as it was handed out."""
        return self.state / "starters"

    @property
    def is_clone(self) -> bool:
        """Whether this is the course's own folder."""
        return self.root == self.course.root

    def exercise(self, lesson: Lesson) -> Path:
        """Return the folder that the learner works in."""
        return self.root / "exercises" / lesson.name

    def submission(self, lesson: Lesson) -> Path:
        """Return the folder that the learner works in. Raises UsageFault if it is not there."""
        exercise = self.exercise(lesson)
        if not exercise.exists():
            raise UsageFault(
                f"Your workspace has no folder {self.shown(exercise)}.",
                f"Bring it with `learn update`, or `learn reset {lesson.number}`.",
            )
        return exercise

    def starter(self, lesson: Lesson) -> Path:
        """Return the folder of the exercise as it was handed out."""
        return self.starters / "exercises" / lesson.name

    def shown(self, path: Path) -> str:
        """Return a path as the user would type it from where they are."""
        try:
            return os.path.relpath(path)
        except ValueError:  # another drive, on Windows
            return str(path)

    def is_untouched(self, lesson: Lesson) -> bool:
        """Whether the learner's file is still as it was handed out."""
        mine = self.exercise(lesson) / lesson.entry
        theirs = self.starter(lesson) / lesson.entry
        return mine.is_file() and theirs.is_file() and mine.read_bytes() == theirs.read_bytes()


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did, as paths within the workspace."""

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    kept: tuple[str, ...]
    """Changed by the learner and by the course: theirs is kept, the new one lies in `incoming`."""


def find_workspace(course: Course, here: Path) -> Workspace:
    """Return the workspace that `here` lies in. Raises UsageFault outside of any."""
    for folder in (here, *here.parents):
        workspace = Workspace(folder, course)
        if workspace.starters.is_dir() or workspace.is_clone:
            if workspace.is_clone:
                _remember_clone(workspace)
            return workspace
    raise UsageFault(
        f"{here} is not in a workspace of the course.",
        "Go into the one that you have (`cd`), or make one: `learn start`.",
    )


def make_workspace(course: Course, root: Path) -> Workspace:
    """Make a workspace in `root`, or complete one that is there.

    Raises UsageFault if the place is taken by something else.
    """
    workspace = Workspace(root, course)
    taken = [name for name in HANDED_OUT if (root / name).exists()]
    if root.exists() and not root.is_dir():
        raise UsageFault(f"{root} is a file.", "Give another folder: `learn start DIR`.")
    if taken and not workspace.starters.is_dir():
        raise UsageFault(
            f"{root} holds a folder {taken[0]!r} that is not of a workspace.",
            "Give another folder: `learn start DIR`.",
        )
    try:
        update_workspace(workspace)
    except OSError as error:
        raise UsageFault(
            f"The workspace can't be made in {root}: {error.strerror or error}.",
            "Give a folder that you can write to, with some free space.",
        ) from None
    return workspace


def update_workspace(workspace: Workspace) -> Updated:
    """Bring the course's files into the workspace; what the learner changed stays as it is."""
    added, replaced, kept = [], [], []
    for name, source in _handed_out(workspace.course.root):
        mine, base = workspace.root / name, workspace.starters / name
        new = source.read_bytes()
        old = base.read_bytes() if base.is_file() else None
        current = mine.read_bytes() if mine.is_file() else None
        if new == old:
            continue
        if old is None and current is None:
            added.append(name)
            write_whole(mine, new)
        elif current == old:
            replaced.append(name)
            write_whole(mine, new)
        elif current is not None and current != new:
            kept.append(name)
            write_whole(workspace.state / "incoming" / name, new)
        write_whole(base, new)
    return Updated(tuple(added), tuple(replaced), tuple(kept))


def reset_exercise(workspace: Workspace, lesson: Lesson) -> Path:
    """Put the starter back; return the folder that keeps what was there.

    Raises UsageFault if that can't be done; the learner's files are then where they were.
    """
    exercise, starter = workspace.exercise(lesson), workspace.starter(lesson)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (f"{lesson.name}-{stamp}{suffix}" for suffix in ("", *map("-{}".format, range(2, 99))))
    backup = next(
        place for name in names if not (place := workspace.state / "backups" / name).exists()
    )
    try:
        if exercise.is_dir():
            shutil.copytree(exercise, backup, ignore=shutil.ignore_patterns("__pycache__"))
            for path in _files(exercise):
                if workspace.is_clone and path.name in KEPT_BACK:
                    continue
                path.unlink()
        for path in _files(starter):
            write_whole(exercise / path.relative_to(starter), path.read_bytes())
    except OSError as error:
        raise UsageFault(
            f"The starter can't be put back: {error.strerror or error}.",
            f"Your files are in {workspace.shown(exercise)} or in {workspace.shown(backup)}.",
        ) from None
    return backup


def upstream_change(workspace: Workspace) -> Updated:
    """In a clone: take what git has now as what is handed out; files stay as they are."""
    before = {name: path.read_bytes() for name, path in _tree(workspace.starters)}
    shutil.rmtree(workspace.starters)
    _remember_clone(workspace)
    after = {name: path.read_bytes() for name, path in _tree(workspace.starters)}
    changed = tuple(name for name in after if name in before and after[name] != before[name])
    added = tuple(name for name in after if name not in before)
    return Updated(added, changed, ())


def _remember_clone(workspace: Workspace) -> None:
    """In a clone, keep the starters as git has them, before the learner's changes."""
    missing = [
        lesson for lesson in workspace.course.lessons if not workspace.starter(lesson).is_dir()
    ]
    if not missing:
        return
    ref = _handed_out_ref(workspace.root)
    changed = set(
        (_git(workspace.root, "diff", "--name-only", ref, "--", "exercises") or "").split()
    )
    try:
        for lesson in missing:
            for path in _files(lesson.exercise):
                name = path.relative_to(workspace.root).as_posix()
                committed = (
                    _git(workspace.root, "show", f"{ref}:{name}") if name in changed else None
                )
                content = path.read_bytes() if committed is None else committed.encode()
                write_whole(workspace.starters / name, content)
    except OSError:
        return  # a read-only clone can still be graded; resetting it will say why it can't


def _handed_out_ref(root: Path) -> str:
    """The commit that the course's authors made last: a learner may commit their own work."""
    upstream = _git(root, "rev-parse", "--verify", "--quiet", "@{upstream}")
    return upstream.strip() if upstream else "HEAD"


def _git(root: Path, *arguments: str) -> str | None:
    try:
        ran = subprocess.run(
            ["git", "-C", str(root), *arguments],  # noqa: S607 (git is where the user has it)
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return ran.stdout if ran.returncode == 0 else None


def _handed_out(root: Path) -> Iterator[tuple[str, Path]]:
    for top in HANDED_OUT:
        yield from (
            (f"{top}/{name}", path)
            for name, path in _tree(root / top)
            if not KEPT_BACK & set(path.parts)
        )


def _tree(folder: Path) -> Sequence[tuple[str, Path]]:
    return [(path.relative_to(folder).as_posix(), path) for path in _files(folder)]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def current_course() -> Course:
    """Return the course that this command belongs to."""
    from checker.catalog import course_folder, load_course

    return load_course(course_folder())


def here() -> Path:
    """Return the folder that the command was called in. Raises UsageFault if it is gone."""
    try:
        return Path.cwd()
    except OSError:
        raise UsageFault("The folder that you are in is gone.", "Go to another: `cd`.") from None

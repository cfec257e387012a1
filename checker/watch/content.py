"""What stands in the learner's folder at one moment, kept so that just that can be graded."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.errors import Fault, GradingFault, UsageFault
from checker.submission import bounded_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from checker.model import Lesson
    from checker.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Content:
    """The files of a submission, by their paths in it; or why there is nothing to grade."""

    files: Mapping[str, bytes]
    fault: Fault | None = None

    @property
    def digest(self) -> str:
        """A name for this content: the same for the same files, or the same fault."""
        digest = hashlib.blake2b(digest_size=16)
        for name, content in self.files.items():
            digest.update(os.fsencode(f"{name}\0{len(content)}\0"))
            digest.update(content)
        if self.fault:
            digest.update(self.fault.message.encode(errors="replace"))
        return digest.hexdigest()

    def write_to(self, folder: Path) -> None:
        """Write the files into the new folder `folder`. Raises OSError."""
        folder.mkdir()
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def read_content(workspace: Workspace, lesson: Lesson) -> Content:
    """Read what the learner's folder of a lesson holds. What is wrong with it is a fault in it."""
    try:
        folder = workspace.submission(lesson)
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in bounded_files(folder, lesson.limits)
        }
    except UsageFault as fault:
        return Content({}, fault)
    except OSError as error:
        unreadable = f"Your files can't be read: {error}."
        return Content({}, GradingFault(unreadable, "Make them readable, and save again."))
    if not files:
        empty = f"The folder {workspace.shown(folder)} is empty."
        remedy = f"Put your {lesson.entry} in it, or go back to the starter."
        return Content({}, UsageFault(empty, remedy))
    return Content(files)

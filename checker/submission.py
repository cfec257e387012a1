"""What the learner hands in: find it, bound it, copy it to scratch; never run it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from checker import trouble
from checker.errors import UsageFault
from checker.model import Limits, Trouble
from checker.source import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IGNORED = {"__pycache__", "node_modules", "venv"}
"""Folders that are no part of an app; hidden ones (.venv, .git) aren't either."""


def copy_submission(
    path: Path, starter: Path, target: Path, limits: Limits, entry: str = "main.py"
) -> None:
    """Copy a submission into the new folder `target`.

    A folder is taken whole; a file becomes `entry`, beside what else the starter has.
    Raises UsageFault if there is nothing to grade, or too much.
    """
    if not path.exists():
        raise UsageFault(
            f"There is no file or folder {path}.",
            f"Give the path of your {entry}, or of the folder that it lies in.",
        )
    if path.is_dir():
        if not any(path.iterdir()):
            raise UsageFault(
                f"The folder {path} is empty.", f"Put your {entry} in it, or give another path."
            )
        _copy_folder(path, target, limits)
    elif not path.is_file():
        raise UsageFault(f"{path} is neither a file nor a folder.", f"Give your {entry}.")
    else:
        _copy_folder(starter, target, limits)
        _check_size(path, path.stat().st_size, limits)
        shutil.copyfile(path, target / entry)


def unreadable(folder: Path, shown: Path, entry: str = "main.py") -> Trouble | None:
    """Return why the copied `entry` is no Python text, or None. `shown` is the learner's path."""
    main = folder / entry
    if not main.is_file():
        return trouble.missing_file(shown, entry)
    content = main.read_bytes()
    if not content.strip():
        return Trouble(
            "no_app",
            f"{entry} is empty.\n`learn reset` with the lesson's number brings the starter back.",
            entry,
        )
    if b"\0" in content:
        return Trouble(
            "syntax_error",
            f"{entry} is a binary file (it holds zero bytes), not Python text.\n"
            "Give the file that you write your code in.",
            entry,
        )
    try:
        parse(content.decode("utf-8"), entry)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Trouble(
            "syntax_error",
            f"{entry} is not encoded as UTF-8 (byte {error.start}, line {line}).\n"
            "Save it as UTF-8 text: your editor's save dialog offers that.",
            entry,
            line,
        )
    except SyntaxError as error:
        message = trouble.syntax_message(
            entry, error.lineno, error.offset, error.text or "", error.msg
        )
        return Trouble("syntax_error", message, entry, error.lineno)
    except (RecursionError, MemoryError):
        return Trouble("syntax_error", f"{entry} is nested too deeply to be read.", entry)
    return None


def bounded_files(folder: Path, limits: Limits) -> Iterator[Path]:
    """Yield the app's own files. Raises UsageFault where there is more than may be."""
    size = files = 0
    for path in _files(folder):
        size, files = size + path.stat().st_size, files + 1
        _check_size(folder, size, limits)
        if files > limits.submission_files:
            raise UsageFault(
                f"{folder} holds more than {limits.submission_files} files.",
                "Give the folder that holds only your app.",
            )
        yield path


def _copy_folder(source: Path, target: Path, limits: Limits) -> None:
    target.mkdir()
    for path in bounded_files(source, limits):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the app's own files; links are not followed: they may point anywhere."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in IGNORED or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path


def _check_size(path: Path, size: int, limits: Limits) -> None:
    if size > limits.submission_bytes:
        raise UsageFault(
            f"{path} holds more than {limits.submission_bytes // 1024**2} MiB.",
            "Give only your app's own code.",
        )

"""Lesson texts: their code blocks are the example files, word for word.

A block names its file behind the language: "```python examples/hello.py". A part of a file
stands between the lines `# [name]` and `# [/name]` and is named `examples/hello.py#name`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = re.compile(
    r"^```(?P<language>\w*)(?: (?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
FREE_LANGUAGES = {"mermaid", "console"}
"""Blocks that need no file: pictures, and commands for the reader to type."""
PART_LINE = re.compile(r"^[ \t]*# \[/?[\w-]+\]\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a text; `line` is that of its fence."""

    language: str
    file: str | None
    body: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a text."""
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(match["language"], match["file"], match["body"], line)


def wanted_body(lesson_folder: Path, file: str) -> str:
    """Return what a block that names `file` should hold. Raises ValueError if there is none."""
    name, _, part = file.partition("#")
    path = lesson_folder / name
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    text = path.read_text(encoding="utf-8")
    if part:
        found = re.search(
            rf"^\s*# \[{part}\]\n(.*?)^\s*# \[/{part}\]$", text, re.MULTILINE | re.DOTALL
        )
        if found is None:
            raise ValueError(f"{path} has no part {part!r}")
        text = found[1]
    return PART_LINE.sub("", text).strip("\n") + "\n"


def synced(text: str, lesson_folder: Path) -> str:
    """Return the text with every block that names a file holding that file."""

    def fill(match: re.Match[str]) -> str:
        if match["file"] is None:
            return match[0]
        body = wanted_body(lesson_folder, match["file"])
        return f"```{match['language']} {match['file']}\n{body}```"

    return BLOCK.sub(fill, text)

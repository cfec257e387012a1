"""The builds of an app that learners' tests are tried on: correct ones, and one for each bug."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.errors import GradingFault

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = "given"
"""The name of the correct app, as the learner has it."""
REWRITTEN = "rewritten"
"""The name of the same app, written differently: no test can tell it by its text."""


@dataclass(frozen=True, slots=True)
class Build:
    """One build of the app, whole. A correct one, or with one bug."""

    name: str
    source: str
    bug: bool = False
    area: str = ""
    """What a missed bug is about: told, so that the learner knows where to look."""
    behaviour: str = ""
    """What a caught bug does: told only when it was caught."""
    about: str = ""
    """All that is known of a bug in words, its changed lines among them: never told."""
    covers: tuple[str, ...] = ()
    """Correct builds that need no trial of their own where the tests pass on this one."""


def read_builds(reference: Path, variants: Path) -> dict[str, Build]:
    """Read the builds of a lesson: the reference's main.py, edits of it, and other files.

    Raises GradingFault if an edit does not fit: each must occur exactly once.
    """
    given = (reference / "main.py").read_text(encoding="utf-8")
    found = {GIVEN: Build(GIVEN, given), REWRITTEN: Build(REWRITTEN, given)}
    for path in sorted(variants.glob("*.py")):
        found[path.stem] = Build(path.stem, path.read_text(encoding="utf-8"))
    table = tomllib.loads((variants / "variants.toml").read_text(encoding="utf-8"))
    for kind in ("build", "bug"):
        for row in table.get(kind, []):
            source = given
            for edit in row["edits"]:
                if source.count(edit["old"]) != 1:
                    raise GradingFault(
                        f"The variant {row['name']!r} does not fit: {edit['old']!r} should occur "
                        f"once in main.py, but occurs {source.count(edit['old'])} times.",
                        f"Mend {variants / 'variants.toml'}.",
                    )
                source = source.replace(edit["old"], edit["new"])
            area, behaviour = row.get("area", ""), row.get("behaviour", "")
            changed = [text for edit in row["edits"] for text in (edit["old"], edit["new"])]
            found[row["name"]] = Build(
                row["name"], source, kind == "bug", area, behaviour,
                " ".join([row["name"], area, behaviour, *changed]), tuple(row.get("covers", ())),
            )  # fmt: skip
    return found

"""`learn update`: a newer course, without touching what the learner changed."""

from __future__ import annotations

from checker.errors import UsageFault
from checker.render.console import output
from checker.workspace import (
    current_course,
    find_workspace,
    here,
    update_workspace,
    upstream_change,
)


def update() -> None:
    """Bring new and changed files in, and say what was kept."""
    workspace = find_workspace(current_course(), here())
    console = output()
    if workspace.is_clone:
        console.print("This workspace is a git clone: `git pull` brings the newer course.")
        changes = upstream_change(workspace)
        for name in (*changes.added, *changes.replaced):
            console.print(f"  handed out anew: {name}", markup=False, soft_wrap=True)
        return
    try:
        changes = update_workspace(workspace)
    except OSError as error:
        raise UsageFault(
            f"The update stopped: {error.strerror or error}. What you wrote is untouched.",
            "Free some space or make the workspace writable, and update again.",
        ) from None
    for word, names in (("new", changes.added), ("updated", changes.replaced)):
        for name in names:
            console.print(f"  {word:8} {name}", markup=False, soft_wrap=True)
    for name in changes.kept:
        incoming = workspace.shown(workspace.state / "incoming" / name)
        console.print(f"  yours    {name} (the new one: {incoming})", markup=False, soft_wrap=True)
    if not any((changes.added, changes.replaced, changes.kept)):
        console.print("Your workspace is up to date with the installed course.")
        console.print("For a newer course, upgrade the package first, then run this again.")

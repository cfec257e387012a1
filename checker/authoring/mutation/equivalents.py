"""Mutants that are as right as the reference: `checker/mutants/NN-slug/equivalent.toml`.

Each entry names a mutant by its id, says what it changes, and why the task is still met, so that
a reader can check it:

    [[equivalent]]
    id = "count_stock.string.0b346184"
    old = '"warehouse"'
    new = '"warehouseX"'
    reason = "The task asks for no tag here."
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.errors import GradingFault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from checker.authoring.mutation.mutants import Mutant

FIELDS = {"id", "old", "new", "reason"}


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mutant that no suite could refuse and be right, and why."""

    id: str
    old: str
    new: str
    reason: str


def read(path: Path) -> tuple[Equivalent, ...]:
    """Return the entries of a file, none if it is not there; raise GradingFault if it is broken."""
    if not path.is_file():
        return ()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    except tomllib.TOMLDecodeError as error:
        raise GradingFault(f"{path} is not valid TOML: {error}.", "Mend it.") from None
    for entry in entries:
        if set(entry) != FIELDS or not all(str(value).strip() for value in entry.values()):
            raise GradingFault(
                f"{path}: the entry {entry.get('id', '(without id)')!r} is not complete.",
                "Each [[equivalent]] has an id, old, new and a reason.",
            )
    return tuple(Equivalent(**entry) for entry in entries)


def problems(
    entries: Sequence[Equivalent], mutants: Sequence[Mutant], killed: Collection[str]
) -> Iterator[str]:
    """Yield each entry that is stale or wrong: `killed` are the ids of the refused mutants."""
    by_id = {mutant.id: mutant for mutant in mutants}
    for entry in entries:
        mutant = by_id.get(entry.id)
        if mutant is None:
            yield f"{entry.id}: there is no such mutant any more; take the entry out"
        elif (entry.old, entry.new) != (mutant.old, mutant.new):
            yield f"{entry.id} changes `{mutant.old}` to `{mutant.new}`, but the entry says else"
        elif entry.id in killed:
            yield f"{entry.id} is refused by the suite: it is not equivalent"

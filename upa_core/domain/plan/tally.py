"""Counts of a shard while it is planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from upa_core.domain.people.shadow import Shard

Left = tuple[str, str, str | None]
"""Why a value isn't sent (`declined`, or a reason of escrow), a detail without values, and the value, if there is one.
"""


class LeftOut(NamedTuple):
    """Values of a person that differ, or may differ, and aren't in the plan."""

    person: str
    old: Mapping[str, str | None]
    left: Mapping[str, Left]
    """By property; `*`: the whole person."""


@dataclass(slots=True)
class Tally:
    """Counts of one shard while it is planned."""

    unchanged: int = 0
    out_of_scope: int = 0
    invalid: int = 0
    clear_unsupported: int = 0
    declined: int = 0
    held_back: int = 0
    changed: bool = False
    left: dict[str, dict[str, Left]] = field(default_factory=dict)
    """Person → property → why it isn't sent."""

    def leave(self, person: str, target: str, why: str, detail: str = "", value: str | None = None) -> None:
        """Note a value of a person that isn't sent, and why."""
        self.left.setdefault(person, {})[target] = (why, detail, value)

    def left_out(self, shard: Shard) -> list[LeftOut]:
        """Return the values that aren't sent, with the shadow's values."""
        found = []
        for person, left in self.left.items():
            known = dict(zip(shard.targets, shard.shadow(person) or (), strict=False))
            found.append(LeftOut(person, {target: known.get(target) for target in left if target in known}, left))
        return found

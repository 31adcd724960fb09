"""A tenant whose connector takes everything from an HR system: who takes part, and every value."""

from __future__ import annotations

from typing import Any

from tests.support.joined import JoinedWorld
from upa_core.domain.documents.sources import SourceState
from upa_core.domain.people.mapping import direct
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.secondary import Secondary

BY_NUMBER = (KeyPart("number", "employeeId"),)


class AloneWorld(JoinedWorld):
    """A world whose source is `hr` alone; its people have the employee ids E0, E1, …"""

    def __init__(self, people: int = 0, *, match: tuple[KeyPart, ...] = BY_NUMBER, **connector: Any) -> None:
        fields: dict[str, Any] = {
            "mappings": (direct("hr.cost", "UpaCost", on_empty="clear"),),
            "secondaries": (Secondary("hr", match, primary=True),),
            **connector,
        }
        super().__init__(people, **fields)

    @property
    def source(self) -> SourceState:
        return self.state.source("hr")

    def differences(self, *_: Any, **__: Any) -> list[str]:
        """Return whose profile differs from the newest snapshot, or holds a value although no row ever named them."""
        named = {self.sim.directory.get(person).get("employeeId") for person in self.held()} & self.delivered.keys()
        wrong = [
            f"{person} holds {value!r}, and no row names them"
            for person, value in self.held().items()
            if value and self.sim.directory.get(person).get("employeeId") not in named
        ]
        return wrong + self.joined_differences()

    def held(self) -> dict[str, str]:
        """Return what each profile that exists holds as cost center."""
        return {p: self.cost(p) for p in self.sim.directory.ids if self.sim.profiles.exists(p)}

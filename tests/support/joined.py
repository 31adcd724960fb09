"""A tenant whose connector joins an HR system to the directory, and what its profiles may hold."""

from __future__ import annotations

from typing import Any

from tests.fakes import FakeRowSource
from tests.support.world import MAPPINGS, World
from upa_core.domain.documents.sources import SourceState
from upa_core.domain.people.mapping import direct
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.state.rows.current_rows import RowSet

HR = Secondary("hr", (KeyPart("number", "employeeId"),))
JOINED = (*MAPPINGS, direct("hr.cost", "UpaCost", on_empty="clear"))


def row(number: str, cost: str | None, **more: str | None) -> dict[str, str | None]:
    """Return a row of the HR system."""
    return {"number": number, "cost": cost, **more}


class JoinedWorld(World):
    """A world with a secondary source `hr`, whose people have the employee ids E0, E1, …"""

    def __init__(self, people: int = 0, *, seed: int = 1, **connector: Any) -> None:
        fields: dict[str, Any] = {"mappings": JOINED, "secondaries": (HR,), **connector}
        super().__init__(0, seed=seed, **fields)
        self.sim.profiles.define("UpaCost", "string", max_length=40)
        self.hr = FakeRowSource()
        self.rows["hr"] = self.hr
        self.owned: dict[str, set[str]] = {}
        """Every employee id that a person ever had."""
        self.delivered: dict[str, set[str]] = {}
        """Every value that the HR system ever gave to an employee id."""
        self.people = [self.hire(f"E{n}", jobTitle=f"T{n}") for n in range(people)]
        if self.people:  # a plan that clears for want of a carrier is held
            self.sim.directory.edit(self.people[0], onPremisesExtensionAttributes={"extensionAttribute1": "C"})

    def hire(self, number: str | None, **attributes: Any) -> str:
        """Let a person join with an employee id."""
        person = self.join(employeeId=number, department="D", **attributes)
        self.owned[person] = {number} if number else set()
        return person

    def renumber(self, person: str, number: str | None) -> None:
        """Give a person another employee id, or none."""
        self.edit(person, employeeId=number)
        if number:
            self.owned[person].add(number)

    def deliver(self, *rows: dict[str, str | None]) -> None:
        """Let the HR system deliver a snapshot."""
        self.hr.deliver(*rows)
        for one in rows:
            self.delivered.setdefault(str(one["number"]), set()).add(one["cost"] or "")

    @property
    def source(self) -> SourceState:
        return self.state.source("hr")

    def waiting(self) -> dict[str, str]:  # type: ignore[override]
        """Return why each row of nobody waits, by key."""
        held = self.source.current
        return {one[0]: one[2] for one in RowSet(self.store, held.waiting).rows()} if held is not None else {}

    def cost(self, person: str) -> str:
        """Return what SharePoint holds of a person's cost center."""
        return self.sim.profiles.get(person).get("UpaCost", "")

    def profile(self, person: str) -> dict[str, str]:
        """Return what SharePoint holds, the HR system's property too."""
        return {**super().profile(person), "UpaCost": self.cost(person)}

    def strangers(self) -> list[str]:
        """Return who holds a value that was never given to an employee id of theirs."""
        wrong = []
        for person, numbers in self.owned.items():
            allowed = {""}.union(*(self.delivered.get(number, set()) for number in numbers))
            if self.sim.profiles.exists(person) and self.cost(person) not in allowed:
                wrong.append(f"{person} holds {self.cost(person)!r}, never a value of {sorted(numbers)}")
        return wrong

    def joined_differences(self) -> list[str]:
        """Return whose profile differs from the newest snapshot, where exactly one row and one person share a key."""
        rows: dict[str, list[str]] = {}
        for one in self.hr.last:
            rows.setdefault(str(one["number"]), []).append(one["cost"] or "")
        directory = {p: self.sim.directory.get(p) for p in self.owned if self.sim.directory.find(p) is not None}
        numbers = [record.get("employeeId") for record in directory.values()]
        wrong = self.strangers()
        for person, record in directory.items():
            number = record.get("employeeId")
            if number and numbers.count(number) == 1 and len(set(rows.get(number, ()))) == 1:
                wanted = rows[number][0]
                if self.sim.profiles.exists(person) and self.cost(person) != wanted:
                    wrong.append(f"{person} UpaCost: {self.cost(person)!r} instead of {wanted!r} ({number})")
        return wrong

    def differences(self, *args: Any, **kwargs: Any) -> list[str]:
        """Return where SharePoint differs from the oracle, in what the HR system gives as well."""
        return super().differences(*args, **kwargs) + self.joined_differences()

"""User profiles: the values of each person. The values that SharePoint syncs itself come from the directory."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tenant_sim.graph.directory import Directory
from tenant_sim.graph.log import Kind
from tenant_sim.schedule import Schedule
from tenant_sim.upa.schema import Property, default_schema


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one property of a profile."""

    time: datetime
    property: str
    value: str
    cause: str
    """`import <job id>`, `hand` or `api`."""


class Profiles:
    """Which users have a profile, and the values written into it.

    ASSUMED [SP-92]: the profile goes when its user is deleted and comes back empty when restored.
    """

    def __init__(
        self, directory: Directory, schedule: Schedule, now: Callable[[], float], delay: float | None = None
    ) -> None:
        self._directory, self._schedule, self._now = directory, schedule, now
        self.delay = delay
        """Seconds until a new user's profile appears by itself; None: never."""
        self.properties: dict[str, Property] = default_schema()
        self._folded = {name.lower(): name for name in self.properties}
        self._exists = bytearray()
        self._values: dict[int, dict[str, str]] = {}
        self._history: dict[int, list[Change]] = {}
        self.keep_history = True
        self.geos: dict[int, str] = {}
        """The geo of each profile that isn't in the tenant's first geo, by slot."""
        self._copies: dict[tuple[str, int], dict[str, str]] = {}
        self._held: dict[int, dict[str, str]] = {}
        self.names_lead_to_predecessors = False
        """True: a new person with the user name of a former one finds the former profile, with its values."""
        self._left: dict[str, dict[str, str]] = {}
        directory.listeners.append(self._follow)

    def define(
        self,
        name: str,
        kind: str = "string",
        *,
        max_length: int | None = None,
        editable: bool = False,
        multi_value: bool = False,
        taxonomic: bool = False,
    ) -> Property:
        """Add a custom property, or define one anew.

        Six parameters: the settings of a property.
        """
        self.properties[name] = Property(name, kind, max_length, editable, multi_value, taxonomic)
        self._folded[name.lower()] = name
        return self.properties[name]

    def property(self, name: str) -> Property | None:
        """Find a property by name in any case."""
        return self.properties.get(self._folded.get(name.lower(), ""))

    def create(self, user: str) -> None:
        """Make a user's profile."""
        self._grow()
        slot = self._directory.slot_of(user)
        if slot is None:
            raise KeyError(f"no user {user}")
        self._exists[slot] = 1

    def exists(self, user: str) -> bool:
        """Return whether the user has a profile now."""
        self._schedule.run_due()
        slot = self._directory.slot_of(user)
        return slot is not None and self.has(slot)

    def has(self, slot: int) -> bool:
        """Whether this slot has a profile."""
        return slot < len(self._exists) and self._exists[slot] == 1 and self._directory.status[slot] == 0

    def get(self, user: str) -> dict[str, str]:
        """Return a profile's values by property, those synced from the directory too; dates as yyyy-MM-dd.

        ASSUMED [SP-98]: what SharePoint syncs itself overwrites an imported value at once.
        """
        self._schedule.run_due()
        slot = self._directory.slot_of(user)
        if slot is None or not self.has(slot):
            raise KeyError(f"no profile for {user}")
        return {**self._values.get(slot, {}), **self.synced(slot)}

    def values(self, slot: int, geo: str = "") -> dict[str, str]:
        """Return only what was written by imports, hands and the API, as a geo has it.

        ASSUMED [SP-126]: another geo than the person's own keeps a copy that nobody else sees.
        """
        if self.geos.get(slot, "") != geo:
            return self._copies.get((geo, slot), {})
        return self._values.get(slot, {})

    def write_single(self, slot: int, prop: Property, value: str, moment: float, geo: str = "") -> None:
        """Write a value that came by PeopleManager.

        ASSUMED [SP-125]: over a value that SharePoint syncs it holds until the person's next change in the directory.
        """
        if self.geos.get(slot, "") != geo:
            self._copies.setdefault((geo, slot), {})[prop.name] = value
            return
        if prop.source:
            self._held.setdefault(slot, {})[prop.name] = value
        self.write(slot, prop.name, value, "api", moment)

    def synced(self, slot: int) -> dict[str, str]:
        """Return what SharePoint copies from the directory by itself."""
        record = self._directory.rows.unpack(self._directory.records[slot])
        record["id"] = self._directory.ids[slot]
        values = {}
        for prop in self.properties.values():
            if prop.source and (value := record.get(prop.source)):
                values[prop.name] = value[0] if isinstance(value, list) else str(value)
        if upn := record.get("userPrincipalName"):
            values["AccountName"] = f"i:0#.f|membership|{upn.lower()}"
        return values | self._held.get(slot, {})

    def set(self, user: str, name: str, value: str, *, cause: str = "hand") -> None:
        """Edit a value by hand, as an admin or the user would."""
        slot = self._directory.slot_of(user)
        prop = self.property(name)
        if slot is None or not self.has(slot):
            raise KeyError(f"no profile for {user}")
        if prop is None:
            raise KeyError(f"no property {name}")
        self.write(slot, prop.name, value, cause, self._now())

    def write(self, slot: int, name: str, value: str, cause: str, moment: float) -> None:
        """Write a value, with its history."""
        if len(value) < 24:
            value = sys.intern(value)
        self._values.setdefault(slot, {})[name] = value
        if self.keep_history:
            change = Change(datetime.fromtimestamp(moment, UTC), name, value, cause)
            self._history.setdefault(slot, []).append(change)

    def history(self, user: str) -> list[Change]:
        """Return all changes to a profile, oldest first."""
        self._schedule.run_due()
        slot = self._directory.slot_of(user)
        return list(self._history.get(slot, [])) if slot is not None else []

    def dump(self) -> dict[str, dict[str, Any]]:
        """Return every profile's written values by user id."""
        self._schedule.run_due()
        ids = self._directory.ids
        return {ids[slot]: dict(self._values.get(slot, {})) for slot in range(len(ids)) if self.has(slot)}

    def _follow(self, slot: int, kind: Kind, profile: bool | None, moment: float) -> None:
        self._held.pop(slot, None)
        if kind in (Kind.REMOVE, Kind.PURGE):
            self._grow()
            self._exists[slot] = 0
            values = self._values.pop(slot, None)
            if values and self.names_lead_to_predecessors:  # ASSUMED [SP-130]: the values stay
                self._left[self._name(slot)] = values
        elif kind in (Kind.CREATE, Kind.RESTORE):
            self._grow()
            if profile is True or (profile is None and self.delay is None):
                self._exists[slot] = 1
            elif self.delay is not None:
                self._schedule.at(moment + self.delay, lambda _at: self._appear(slot))
            if kind is Kind.CREATE and (values := self._left.pop(self._name(slot), None)) is not None:
                self._exists[slot], self._values[slot] = 1, values

    def _name(self, slot: int) -> str:
        return str(self._directory.rows.unpack(self._directory.records[slot]).get("userPrincipalName", "")).lower()

    def _appear(self, slot: int) -> None:
        if self._directory.status[slot] == 0:
            self._exists[slot] = 1

    def _grow(self) -> None:
        missing = len(self._directory.ids) - len(self._exists)
        if missing > 0:
            self._exists.extend(bytes(missing))

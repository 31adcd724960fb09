"""Finds a profile by its account name: the user principal name as SharePoint's own sync last saw it."""

from __future__ import annotations

from collections.abc import Callable

from tenant_sim.graph.directory import Directory
from tenant_sim.graph.log import Kind
from tenant_sim.schedule import Schedule

CLAIM = "i:0#.f|membership|"


class Accounts:
    """Account names. A name that was given to somebody else leads to its present owner.

    ASSUMED [SP-119]: until the sync has run, the old name leads to the person and the new one to nobody.
    """

    def __init__(self, directory: Directory, schedule: Schedule) -> None:
        self._directory, self._schedule = directory, schedule
        self._lag_s = 0.0
        self._names: dict[int, str] = {}
        self._slots: dict[str, int] = {}
        directory.listeners.append(self._follow)

    @property
    def lag_s(self) -> float:
        """Seconds until a changed user principal name is an account name; 0: at once."""
        return self._lag_s

    @lag_s.setter
    def lag_s(self, seconds: float) -> None:
        if seconds and not self._lag_s:
            for slot in self._directory.live_slots():
                self._learn(slot)
        self._lag_s = seconds

    def slot(self, account: object) -> int | None:
        """Find a live user by claims name, in any case."""
        if not isinstance(account, str) or not account.lower().startswith(CLAIM):
            return None
        name = account[len(CLAIM) :].lower()
        if not self._lag_s:
            return self._directory.by_name("userPrincipalName", name)
        slot = self._slots.get(name)
        return slot if slot is not None and self._directory.status[slot] == 0 else None

    def name(self, slot: int) -> str:
        """Return a user's claims name, "" for one without a user principal name."""
        name = self._names.get(slot, "") if self._lag_s else self._now(slot)
        return f"{CLAIM}{name}" if name else ""

    def _now(self, slot: int) -> str:
        return str(self._directory.record(slot).get("userPrincipalName") or "").lower()

    def _learn(self, slot: int) -> None:
        before, now = self._names.get(slot), self._now(slot)
        if before and self._slots.get(before) == slot:
            del self._slots[before]
        if now:
            self._names[slot], self._slots[now] = now, slot

    def _follow(self, slot: int, kind: Kind, _profile: bool | None, moment: float) -> None:
        if not self._lag_s:
            return
        if kind in (Kind.CREATE, Kind.RESTORE):
            self._learn(slot)
        elif kind is Kind.EDIT and self._now(slot) != self._names.get(slot):
            act: Callable[[float], None] = lambda _at: self._learn(slot)  # noqa: E731 - the schedule takes a callable
            self._schedule.at(moment + self._lag_s, act)

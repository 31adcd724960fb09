"""The oracle of groups and managers, in the plainest way and without the domain's code: what each profile must hold.

Members have their title and their manager's name; everybody else has neither. What a source was accepted with last
stays in force while it is held, gone or out of reach. Who came since then is left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

Hold = Literal["", "nobody_named", "many_left"]
Values = tuple[str, str]
"""Title and manager's name of a profile; "" for nothing."""
HALF = 0.5
"""The part of people with a row who may leave at once."""


def judge(rows: Collection[str], after: Collection[str], live: Collection[str]) -> Hold:
    """Return why an offer waits that leaves these people with a row, of those who had one."""
    left = [person for person in rows if person in live and person not in after]
    if not after and rows:
        return "nobody_named"
    return "many_left" if len(left) > HALF * len(rows) else ""


@dataclass
class Source:
    """What a source was accepted with last."""

    rows: dict[str, str] = field(default_factory=dict)
    """By person; also of people who were deleted since."""
    asked: frozenset[str] = frozenset()
    """Who was in the directory then."""
    counted: frozenset[str] = frozenset()
    """Of the people with a row, who was in the directory when the source was read last."""

    def offer(self, after: Mapping[str, str], live: frozenset[str], *, approved: bool) -> Hold:
        """Take what the source says now, unless it waits for somebody. It is read twice where it waits."""
        for _ in range(2):
            held = judge(self.counted, after, live)
            if approved or not held:
                self.rows, self.asked, self.counted = dict(after), live, frozenset(after)
                return ""
            self.stay(live)
        return held

    def stay(self, live: frozenset[str]) -> None:
        """Stay with what was accepted last; rows of people who left the directory count no more."""
        self.counted = frozenset(self.rows) & live


@dataclass
class Tenant:
    """The truth of now."""

    titles: dict[str, str]
    """Of everybody in the directory."""
    names: dict[str, str]
    managers: dict[str, str]
    """Of whoever has one who is in the directory."""
    members: frozenset[str] | None
    """None: the group can't be read."""


class RelatedOracle:
    """Told of the tenant, and who changed, before each rest, it says what profiles hold."""

    def __init__(self, *, members_only: bool) -> None:
        """Nothing was read yet. `members_only`: the scope is the group's members; else everybody but them."""
        self._members_only = members_only
        self.group, self.managers = Source(), Source()
        self.touched: set[str] = set()
        """Whose own record, name or manager changed since the managers were accepted last."""
        self._refers: dict[str, str] = {}
        """By person, the manager whom their row names."""
        self.holds: dict[str, Hold] = {}
        self.held: dict[str, Values] = {}
        """What each profile holds."""

    def rest(self, now: Tenant, *, anew: bool, approved: Collection[str] = ()) -> None:
        """Read both sources and let what differs reach the profiles.

        Args:
            now: the truth.
            anew: everybody is read, not only what changed.
            approved: sources of which somebody approved what waits.
        """
        live = frozenset(now.titles)
        if now.members is None:
            self.group.stay(live)
            self.holds["pilot"] = ""
        else:
            members = dict.fromkeys(now.members & live, "true")
            self.holds["pilot"] = self.group.offer(members, live, approved="pilot" in approved)
        self._read_managers(now, live, anew=anew, approved="manager" in approved)
        for person in sorted(live):
            self.held[person] = self._wanted(person, now)

    def _read_managers(self, now: Tenant, live: frozenset[str], *, anew: bool, approved: bool) -> None:
        source, refers = self.managers, {} if anew else dict(self._refers)
        rows = {} if anew else {person: name for person, name in source.rows.items() if person not in live}
        for person in live:
            told = anew or person in self.touched or self._refers.get(person) in self.touched
            if not told and person in source.rows:
                rows[person] = source.rows[person]
            elif told and person in now.managers:
                refers[person] = now.managers[person]
                rows[person] = now.names[refers[person]]
        gone = {person: name for person, name in rows.items() if person not in live}
        here = {person: name for person, name in rows.items() if person in live}
        self.holds["manager"] = source.offer(here, live, approved=approved)
        if not self.holds["manager"]:
            source.rows |= gone
            self._refers = {person: refers[person] for person in source.rows}
            self.touched.clear()

    def _wanted(self, person: str, now: Tenant) -> Values:
        title, boss = self.held.get(person, ("", ""))
        if person not in self.group.rows and person not in self.group.asked:
            return title, boss
        if (person in self.group.rows) != self._members_only:
            return "", ""
        if person in self.managers.rows:
            boss = self.managers.rows[person]
        elif person in self.managers.asked:
            boss = ""
        return now.titles[person], boss

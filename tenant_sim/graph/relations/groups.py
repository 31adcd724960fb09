"""Groups and their members, with their whole history. Knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tenant_sim.graph.directory import LIVE, Directory
from tenant_sim.graph.log import Kind

USER, GROUP = "#microsoft.graph.user", "#microsoft.graph.group"


@dataclass
class Group:
    """A group."""

    id: str
    name: str
    members: dict[str, str] = field(default_factory=dict)
    """Type of each member, by id."""
    deleted: bool = False


@dataclass(frozen=True)
class Change:
    """Something that happened to a group."""

    group: str
    member: str = ""
    """Who joined or left; "" where the group itself was made, renamed, deleted or restored."""


@dataclass
class GroupOptions:
    """How difficult the service is with groups, within what is documented or was reported."""

    members_per_page: int = 500
    """A group of 9,993 members came on 20 pages [GR-54]."""
    first_round_removed: bool = True
    """A first round names members who had left already, as removed [GR-55]."""


class Groups:
    """The groups of the tenant."""

    def __init__(self, directory: Directory, new_id: Callable[[], str]) -> None:
        self._directory, self._new_id = directory, new_id
        self.options = GroupOptions()
        self.all: dict[str, Group] = {}
        self.log: list[Change] = []
        self._types: dict[str, str] = {}
        """Type of whoever was ever a member."""
        self._memberships: dict[str, list[str]] = {}
        """The groups of deleted people; a restored person is a member again."""
        directory.listeners.append(self._follow)

    def add(self, name: str, *members: str, id: str = "") -> str:  # noqa: A002 - Graph's word
        """Make a group and return its id; members are users' or groups' ids."""
        group = Group(id.lower() or self._new_id(), name)
        self.all[group.id] = group
        self.log.append(Change(group.id))
        for member in members:
            self.join(group.id, member)
        return group.id

    def join(self, group: str, member: str, kind: str = "") -> None:
        """Add a person or a group as a member; `kind` is the type of anything else, such as a device."""
        known = GROUP if member in self.all else kind or USER
        if known == USER:
            member = str(self._directory.get(member)["id"])
        self._types[member] = self._live(group).members[member] = known
        self.log.append(Change(group, member))

    def leave(self, group: str, member: str) -> None:
        """End a membership."""
        del self._live(group).members[member]
        self.log.append(Change(group, member))

    def rename(self, group: str, name: str) -> None:
        """Give a group another name."""
        self._live(group).name = name
        self.log.append(Change(group))

    def remove(self, group: str) -> None:
        """Delete a group; it can be restored."""
        self._live(group).deleted = True
        self.log.append(Change(group))

    def restore(self, group: str) -> None:
        """Bring a deleted group back, with its members."""
        self.all[group].deleted = False
        self.log.append(Change(group))

    def find(self, group: str) -> Group | None:
        """Return a live group."""
        found = self.all.get(group.lower())
        return found if found is not None and not found.deleted else None

    def type_of(self, member: str) -> str:
        """Return the type of whoever is, or was, a member."""
        return self._types[member]

    def changed_since(self, since: int, upto: int, only: tuple[str, ...]) -> dict[str, dict[str, None]]:
        """Return the members who changed between two entries of the log, by group; none if only the group changed."""
        found: dict[str, dict[str, None]] = {}
        for change in self.log[max(since, 0) : upto]:
            if not only or change.group in only:
                members = found.setdefault(change.group, {})
                if change.member:
                    members.pop(change.member, None)
                    members[change.member] = None
        return found

    def everybody_in(self, group: Group) -> dict[str, str]:
        """Return the type of each member, and of each member's members, by id."""
        found: dict[str, str] = {}
        waiting = [group]
        while waiting:
            for member, kind in waiting.pop().members.items():
                if member not in found and member != group.id:
                    found[member] = kind
                    if kind == GROUP and (inner := self.find(member)) is not None:
                        waiting.append(inner)
        return found

    def _live(self, group: str) -> Group:
        found = self.find(group)
        if found is None:
            raise KeyError(f"no group {group}")
        return found

    def _follow(self, slot: int, kind: Kind, _profile: bool | None, _moment: float) -> None:
        """End the memberships of a deleted person, and restore them with the person.

        ASSUMED [GR-57]: a restored user is a member as before.
        """
        person = self._directory.ids[slot]
        if kind in (Kind.REMOVE, Kind.PURGE):
            groups = list(self._of(person))
            for group in groups:
                del self.all[group].members[person]
                self.log.append(Change(group, person))
            self._memberships.setdefault(person, []).extend(groups)
        elif kind is Kind.RESTORE and self._directory.status[slot] == LIVE:
            for group in self._memberships.pop(person, []):
                self.all[group].members[person] = USER
                self.log.append(Change(group, person))

    def _of(self, person: str) -> Iterator[str]:
        return (group.id for group in self.all.values() if person in group.members)

    def shown(self, group: Group) -> dict[str, Any]:
        """Return a group as `GET /groups/{id}` shows it."""
        return {"id": group.id, "displayName": group.name}

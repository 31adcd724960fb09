"""Groups and managers on the control surface: show them, and change who belongs to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenant_sim.graph.relations.groups import Group

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim


def show_groups(sim: TenantSim, group: str = "") -> Any:
    """Return one group, or all of them, deleted ones too; raises KeyError for a group that nobody made."""
    return _shown(_of(sim, group)) if group else {"groups": [_shown(one) for one in sim.groups.all.values()]}


def add_group(sim: TenantSim, body: Any) -> Any:
    """Make a group from `name`, `members` (ids or user names of people, ids of groups) and `id`; return its id."""
    members = [_member(sim, one) for one in body.get("members", ())]
    return {"id": sim.groups.add(body["name"], *members, id=str(body.get("id", "")))}


def change_group(sim: TenantSim, group: str, body: Any) -> Any:
    """Rename (`name`), restore (`deleted: false`), let members `join` and `leave`; return the group.

    Nothing is changed where a member isn't known, is there already, or isn't there.
    """
    unknown = body.keys() - {"name", "deleted", "join", "leave"}
    if unknown:
        raise ValueError(f"a group has no {', '.join(sorted(unknown))}: name, deleted, join, leave")
    found = _of(sim, group)
    joining, leaving = ([_member(sim, one) for one in body.get(way, ())] for way in ("join", "leave"))
    if there := [one for one in joining if one in found.members]:
        raise ValueError(f"members already: {', '.join(there)}")
    if strangers := [one for one in leaving if one not in found.members]:
        raise ValueError(f"not members: {', '.join(strangers)}")
    if "deleted" in body and bool(body["deleted"]) != found.deleted:
        (sim.groups.remove if body["deleted"] else sim.groups.restore)(found.id)
    if "name" in body:
        sim.groups.rename(found.id, body["name"])
    for one in joining:
        sim.groups.join(found.id, one)
    for one in leaving:
        sim.groups.leave(found.id, one)
    return _shown(found)


def show_managers(sim: TenantSim) -> Any:
    """Return the manager of each person who has one, by object id."""
    people = (str(person) for person in sim.directory.ids if sim.directory.find(str(person)) is not None)
    return {person: manager for person in people if (manager := sim.managers.of(person)) is not None}


def change_managers(sim: TenantSim, body: Any) -> Any:
    """Give each person named (id or user name) the manager beside them, None for no manager; return all managers."""
    pairs = [(_person(sim, one), manager and _person(sim, manager)) for one, manager in body.items()]
    for person, manager in pairs:
        sim.managers.set(person, manager)
    return show_managers(sim)


def _of(sim: TenantSim, group: str) -> Group:
    found = sim.groups.all.get(group.lower())
    if found is None:
        raise KeyError(f"no group {group}")
    return found


def _member(sim: TenantSim, member: str) -> str:
    return member.lower() if member.lower() in sim.groups.all else _person(sim, member)


def _person(sim: TenantSim, person: str) -> str:
    slot = sim.directory.find(person)
    if slot is None:
        raise KeyError(f"no user {person}")
    return str(sim.directory.ids[slot])


def _shown(group: Group) -> dict[str, Any]:
    return {"id": group.id, "name": group.name, "deleted": group.deleted, "members": list(group.members)}

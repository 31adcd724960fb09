"""Groups and managers of the simulated tenant."""

from __future__ import annotations

import pytest

from tenant_sim import ManualClock, TenantSim
from tenant_sim.graph.relations.groups import GROUP

ROOT = "https://graph.microsoft.com/v1.0"
PILOT = "11111111-2222-4333-8444-555555555555"


class World:
    """Five people, of whom three are in a group."""

    def __init__(self) -> None:
        self.sim = TenantSim(ManualClock(), sleep=lambda _: None)
        names = [f"u{number}" for number in range(5)]
        self.people = [
            self.sim.directory.add({"userPrincipalName": f"{name}@contoso.com", "displayName": name}) for name in names
        ]
        self.sim.groups.add("Pilot", *self.people[:3], id=PILOT)
        self.sim.apps.identity.grant("graph", "GroupMember.Read.All")
        self.session = self.sim.session()

    def get(self, url: str, status: int = 200) -> dict:
        headers = {"Authorization": f"Bearer {self.sim.token('upa-sync-identity', 'graph')}"}
        answer = self.session.get(url if url.startswith("https") else ROOT + url, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def round(
        self, url: str = f"/groups/delta?$select=displayName,members&$filter=id eq '{PILOT}'"
    ) -> tuple[list, str]:
        """Follow a round to its end: its records, and the next one's link."""
        found = []
        while True:
            page = self.get(url)
            found += page["value"]
            if "@odata.deltaLink" in page:
                return found, page["@odata.deltaLink"]
            url = page["@odata.nextLink"]

    def members(self, records: list) -> list[tuple[int, bool]]:
        """Return who is told, by number, and whether as a member."""
        told = [one for record in records for one in record.get("members@delta", [])]
        return [(self.people.index(one["id"]), "@removed" not in one) for one in told]


@pytest.fixture
def world() -> World:
    return World()


def test_a_first_round_names_members_and_a_later_one_who_joined_and_left(world: World) -> None:
    """Also who had left before the first; nothing where nothing happened."""
    world.sim.groups.leave(PILOT, world.people[0])
    first, link = world.round()
    assert world.members(first) == [(1, True), (2, True), (0, False)]

    none, link = world.round(link)
    assert none == []
    world.sim.groups.leave(PILOT, world.people[1])
    world.sim.groups.join(PILOT, world.people[4])
    changed, _ = world.round(link)
    assert world.members(changed) == [(1, False), (4, True)]


def test_a_large_group_comes_on_several_pages(world: World) -> None:
    """Each bears the group's name; a round tells what had happened when it began."""
    world.sim.groups.options.members_per_page = 1
    page = world.get(f"/groups/delta?$select=displayName,members&$filter=id eq '{PILOT}'")
    world.sim.groups.join(PILOT, world.people[3])
    records, link = world.round(page["@odata.nextLink"])

    assert [record["displayName"] for record in records] == ["Pilot", "Pilot"]
    assert world.members([*page["value"], *records]) == [(0, True), (1, True), (2, True)]
    assert world.members(world.round(link)[0]) == [(3, True)]


def test_a_deleted_group_is_removed_and_no_group_is_nothing(world: World) -> None:
    """By itself it can't be read any more."""
    _, link = world.round()
    world.sim.groups.remove(PILOT)
    assert world.round(link)[0] == [{"id": PILOT, "@removed": {"reason": "changed"}}]
    assert world.get(f"/groups/{PILOT}", 404)["error"]["code"] == "Request_ResourceNotFound"
    assert world.round("/groups/delta?$select=members&$filter=id eq 'x'")[0] == []

    world.sim.groups.restore(PILOT)
    assert world.get(f"/groups/{PILOT}")["displayName"] == "Pilot"


def test_old_tokens_are_void(world: World) -> None:
    """As those of users are."""
    _, link = world.round()
    world.sim.advance(8 * 24 * 3600)
    assert world.get(link, 400)["error"]["code"] == "syncStateNotFound"
    _, link = world.round()
    world.sim.delta.resync()
    assert world.get(link, 410)["error"]["code"] == "resyncRequired"


def test_members_of_members_are_listed(world: World) -> None:
    """Page by page, with their types; a circle of groups ends."""
    inner = world.sim.groups.add("Inner", world.people[4])
    world.sim.groups.join(PILOT, inner)
    world.sim.groups.join(inner, PILOT)
    first = world.get(f"/groups/{PILOT}/transitiveMembers?$select=id&$top=3")
    second = world.get(first["@odata.nextLink"])
    members = {one["id"]: one["@odata.type"] for one in first["value"] + second["value"]}

    assert members.pop(inner) == GROUP
    assert sorted(members) == sorted([*world.people[:3], world.people[4]])


def test_reading_members_takes_a_role(world: World) -> None:
    """Reading users isn't enough."""
    world.sim.apps.identity.revoke("graph", "GroupMember.Read.All")
    assert world.get(f"/groups/{PILOT}", 403)["error"]["code"] == "Authorization_RequestDenied"


def test_a_change_of_manager_is_a_change_of_the_person(world: World) -> None:
    """It is told once, with the manager's id, and not again when something else changes."""
    person, manager, *_ = world.people
    link = world.get("/users/delta?$select=displayName,manager&$deltatoken=latest")["@odata.deltaLink"]
    world.sim.managers.set(person, manager)
    page = world.get(link)
    assert [(one["id"], one["manager@delta"][0]["id"]) for one in page["value"]] == [(person, manager)]

    world.sim.directory.edit(person, displayName="other")
    (again,) = world.get(page["@odata.deltaLink"])["value"]
    assert "manager@delta" not in again


def test_a_manager_is_read_by_person_and_in_the_list(world: World) -> None:
    """404, or nothing, where there is none, or where the manager is deleted."""
    person, manager, *_ = world.people
    world.sim.managers.set(person, manager)
    assert world.get(f"/users/{person}/manager?$select=id,displayName")["displayName"] == "u1"
    assert world.get(f"/users/{manager}/manager", 404)["error"]["code"] == "Request_ResourceNotFound"
    listed = world.get("/users?$select=id&$expand=manager($select=id,displayName)&$top=999")["value"]
    assert [one.get("manager", {}).get("displayName") for one in listed] == ["u1", None, None, None, None]

    world.sim.directory.remove(manager)
    world.get(f"/users/{person}/manager", 404)
    assert world.get("/users?$expand=directReports", 501)["error"]["code"] == "NotSimulated"

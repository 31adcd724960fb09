"""Checks of groups and managers at Microsoft Graph, answered at once; no person is named in the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from upa_cli.live.check import DirectCheck, Verdict, differs, holds, untried
from upa_cli.live.tenant import LiveTenant
from upa_core.adapters.http.answer import Answer

_NO_GROUP = "join a test group to the connector (kind: group)"
_ITEM = "Groups and managers as sources"
_PAGES = 200
"""Most pages of a group that are read."""


def _pages(tenant: LiveTenant, path: str, call: str) -> Iterator[Answer]:
    """Yield the answers along next links, the one that isn't ok too."""
    for _ in range(_PAGES):
        answer = tenant.graph("GET", path, call)
        yield answer
        link = answer.json().get("@odata.nextLink") if answer.ok else None
        if not link:
            return
        parts = urlsplit(str(link))
        path = f"{parts.path}?{parts.query}"


def _group_delta(tenant: LiveTenant) -> Verdict:
    if not tenant.groups:
        return untried(_NO_GROUP)
    path = f"/v1.0/groups/delta?$select=id,displayName,members&$filter=id%20eq%20'{tenant.groups[0]}'"
    members, removed, pages, document = 0, 0, 0, dict[str, Any]()
    for answer in _pages(tenant, path, "/v1.0/groups/delta"):
        if not answer.ok:
            return differs(f"HTTP {answer.status} on page {pages + 1}")
        document, pages = dict(answer.json()), pages + 1
        for record in document.get("value", []):
            if str(record.get("id", "")).lower() != tenant.groups[0]:
                return differs("another group than the one that was asked for came back")
            for member in record.get("members@delta", []):
                if not member.get("id") or not member.get("@odata.type"):
                    return differs(f"a member bears only {', '.join(sorted(member))}")
                removed += "@removed" in member
                members += "@removed" not in member
    if "@odata.deltaLink" not in document:
        return differs(f"no deltaLink after {pages} page(s)")
    return holds(f"{members} member(s) and {removed} former one(s) on {pages} page(s), with type and id; a deltaLink")


def _group_list(tenant: LiveTenant) -> Verdict:
    if not tenant.groups:
        return untried(_NO_GROUP)
    path, most, count = f"/v1.0/groups/{tenant.groups[0]}/transitiveMembers?$select=id&$top=999", 0, 0
    for answer in _pages(tenant, path, "/v1.0/groups/{id}/transitiveMembers"):
        if not answer.ok:
            return differs(f"HTTP {answer.status}")
        found = answer.json()["value"]
        if any(not one.get("id") or not one.get("@odata.type") for one in found):
            return differs("a member without an id or a type came back")
        most, count = max(most, len(found)), count + len(found)
    return holds(f"{count} member(s), at most {most} a page, each with its type")


def _expanded(tenant: LiveTenant) -> Verdict:
    answer = tenant.graph(
        "GET", "/v1.0/users?$select=id&$expand=manager($select=id,displayName)&$top=999", "/v1.0/users"
    )
    if not answer.ok:
        return differs(f"HTTP {answer.status}")
    people = answer.json()["value"]
    led = [one["manager"] for one in people if one.get("manager")]
    if not led:
        return untried("nobody on the first page of users has a manager")
    if any(not one.get("id") or "displayName" not in one for one in led):
        return differs("a manager without an id, or without the attribute that was selected, came back")
    return holds(f"of {len(people)} users {len(led)} came with their manager's id and name")


def _manager(tenant: LiveTenant) -> Verdict:
    path = f"/v1.0/users/{quote(tenant.person, safe='@.')}/manager?$select=id,displayName"
    answer = tenant.graph("GET", path, "/v1.0/users/{id}/manager")
    if answer.status == 404:
        return holds("404 for the person of --person, who has no manager: give them one to see the other answer")
    if not answer.ok:
        return differs(f"HTTP {answer.status}")
    found = answer.json()
    return (
        holds("the manager's id and name") if found.get("id") and "displayName" in found else differs("no id or name")
    )


def _tracked(tenant: LiveTenant) -> Verdict:
    path = "/v1.0/users/delta?$deltatoken=latest&$select=id,displayName,manager"
    answer = tenant.graph("GET", path, "/v1.0/users/delta")
    if not answer.ok:
        return differs(f"delta refuses manager: HTTP {answer.status}")
    link = "@odata.deltaLink" in answer.json()
    return holds("delta takes manager; change one by hand to see it in a round") if link else differs("no deltaLink")


RELATIONS = [
    DirectCheck(
        id="group-delta",
        title="A group's delta names its members",
        item=_ITEM,
        facts=("GR-51", "GR-52", "GR-53"),
        needs="a group in the connector (kind: group)",
        ask=_group_delta,
    ),
    DirectCheck(
        id="group-list",
        title="Members of members are listed with their type",
        item=_ITEM,
        facts=("GR-56",),
        needs="a group in the connector (kind: group)",
        ask=_group_list,
    ),
    DirectCheck(
        id="manager-expand",
        title="The list of users shows each manager",
        item=_ITEM,
        facts=("GR-61",),
        ask=_expanded,
    ),
    DirectCheck(
        id="manager-read",
        title="One person's manager is read",
        item=_ITEM,
        facts=("GR-60",),
        ask=_manager,
    ),
    DirectCheck(
        id="manager-tracked",
        title="Delta takes a changed manager",
        item=_ITEM,
        facts=("GR-58",),
        ask=_tracked,
    ),
]

"""App roles: what a connector needs and why, and the ids under which Microsoft knows them [SP-21, SP-19, GR-35]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from upa_core.domain.people.attributes import EXTRA_PERMISSIONS

ServiceName = Literal["graph", "sharepoint"]

RESOURCE_APPS: dict[ServiceName, str] = {
    "graph": "00000003-0000-0000-c000-000000000000",
    "sharepoint": "00000003-0000-0ff1-ce00-000000000000",
}
"""Application ids of the services' own service principals, the same in every tenant."""


@dataclass(frozen=True, slots=True)
class AppRole:
    """An application permission."""

    service: ServiceName
    value: str
    why: str
    instead: tuple[str, ...] = ()
    """Wider roles that do as well."""

    def met_by(self, roles: Sequence[str] | frozenset[str]) -> bool:
        """Return whether a token with these roles has this permission."""
        return any(role in roles for role in (self.value, *self.instead))


READ_USERS = AppRole(
    "graph",
    "User.Read.All",
    "reads users and their changes",
    ("User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
)
FULL_CONTROL = AppRole(
    "sharepoint", "Sites.FullControl.All", "writes import files, reads logs, calls the bulk import service"
)
WRITE_PROFILES = AppRole(
    "sharepoint", "User.ReadWrite.All", "writes user profiles; the bulk import service asks for it"
)
READ_MEMBERS = AppRole(
    "graph",
    "GroupMember.Read.All",
    "reads who is in a group",
    (
        "Group.Read.All",
        "GroupMember.ReadWrite.All",
        "Group.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ),
)
"""A group of hidden members needs Member.Read.Hidden beside it [GR-51]."""
SEND_MAIL = AppRole("graph", "Mail.Send", "sends notifications by mail")
"""Allows an app to send from every mailbox; an application access policy narrows it."""


def needed_roles(select: Sequence[str], *, mail: bool = False, groups: bool = False) -> tuple[AppRole, ...]:
    """Return the roles that a connector with this selection needs, least rights first.

    Args:
        select: the attributes that are read, of people and of managers.
        mail: it notifies by mail.
        groups: it reads who is in a group.

    """
    special = tuple(
        AppRole("graph", role, f"reads {attribute}", (role.replace(".Read.", ".ReadWrite."),))
        for attribute, role in EXTRA_PERMISSIONS.items()
        if attribute in select
    )
    special += (READ_MEMBERS,) if groups else ()
    return (READ_USERS, *special, *((SEND_MAIL,) if mail else ()), FULL_CONTROL, WRITE_PROFILES)

"""Users as administrators name them, and names for object ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from upa_cli.shell.context import Cli
from upa_cli.shell.exits import USAGE, CommandError
from upa_cli.shell.output import clean
from upa_core.domain.documents.ids import is_guid
from upa_core.ports.bundle import Ports
from upa_core.services.insight.user_names import user_names

MOST = 1000


def user_id(cli: Cli, user: str) -> str:
    """Return the object id of a user given as object id or user principal name."""
    return user_ids(cli, [user])[0]


def user_ids(cli: Cli, users: Sequence[str]) -> list[str]:
    """Return the object ids of users; names are asked of Graph.

    Raises `CommandError` for a text that is neither, and for a name that the directory doesn't know.
    """
    if len(users) > MOST:
        raise CommandError(f"{len(users)} users are too many for one command; at most {MOST}", USAGE)
    for user in users:
        if not is_guid(user) and ("@" not in user or not user.isprintable() or len(user) > 320):
            text = f"{clean(user)[:80]!r} is neither an object id nor a user principal name (someone@contoso.com)"
            raise CommandError(text, USAGE)
    names = [user for user in users if not is_guid(user)]
    found = cli.ports.source.read(names, ["id"]) if names else {}
    for name in names:
        if found.get(name) is None:
            raise CommandError(f"the directory knows no user {clean(name)}: check the spelling, or give the object id")
    return [user.lower() if is_guid(user) else str((found[user] or {})["id"]).lower() for user in users]


def read_user(cli: Cli, person: str) -> dict[str, Any] | None:
    """Return a person's present record with everything the connector selects, None where they left."""
    return cli.ports.source.read([person], cli.connector.select).get(person)


def names_of(cli: Cli, persons: Iterable[str], ports: Ports | None = None) -> dict[str, str]:
    """Return user principal names by object id, as `user_names`; says so where the directory can't be asked.

    `ports`: those of the connector whose directory is asked; default: the connector of the command line.
    """
    return user_names(
        ports or cli.ports,
        persons,
        unread=lambda exc: cli.note(f"names can't be read ({exc}): showing object ids", "yellow"),
    )

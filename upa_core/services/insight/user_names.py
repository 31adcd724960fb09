"""User principal names for people's object ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from upa_core.domain.errors import PartlyReadError, UpaError
from upa_core.ports.bundle import Ports

_USER_NAME = "userPrincipalName"


def user_names(
    ports: Ports, persons: Iterable[str], *, unread: Callable[[UpaError], object] | None = None
) -> dict[str, str]:
    """Return user principal names by object id; a person whom the directory can't name is left out.

    Names are optional: where the directory doesn't answer, nobody has one, and `unread` is called with the error.
    """
    wanted = list(dict.fromkeys(persons))
    if not wanted:
        return {}
    try:
        found = ports.source.read(wanted, ("id", _USER_NAME))
    except UpaError as exc:
        if unread is not None:
            unread(exc)
        if not isinstance(exc, PartlyReadError):
            return {}
        found = exc.found
    return {person: str(one[_USER_NAME]) for person, one in found.items() if one is not None and one.get(_USER_NAME)}

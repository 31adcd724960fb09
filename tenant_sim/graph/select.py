"""`$select`, and the form of a record under it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tenant_sim.graph import schema
from tenant_sim.graph.errors import bad_request, not_simulated
from tenant_sim.serving.http import HttpError, Request

_ALL_PARTS: dict[str, Any] = dict.fromkeys(schema.EXTENSION_ATTRIBUTES)


def parse(text: str | None, spellings: dict[str, str]) -> tuple[str, ...]:
    """Read a `$select` list in its order, without doubles; nothing selected means the default properties.

    `spellings` has the registered name by its lower case, which is what the answer shows: Graph matches names whatever
    their case (reported for directory extensions).
    """
    parts = (part.strip() for part in (text or "").split(","))
    names = dict.fromkeys(spellings.get(part.lower(), part) for part in parts if part)
    if not names or "*" in names:
        return schema.LIST_DEFAULT
    return tuple(names)


def path_in_select() -> HttpError:
    """Build the refusal of `$select=a/b`."""
    return bad_request("Parsing OData Select and Expand failed: a path is not supported in $select on this entity.")


def start(text: str | None) -> int:
    """Read the position in a list's `$skiptoken`; our own are numbers, anything else is refused."""
    if text is None:
        return 0
    if not text.isdecimal() or not text.isascii() or len(text) > 9:
        raise bad_request("Badly formed token.", "Request_BadRequest")
    return int(text)


def only(request: Request, shown: dict[str, Any]) -> dict[str, Any]:
    """Keep what `$select` asks of a directory object that isn't a user; other options are named as missing."""
    for name in sorted(name.lower() for name in request.params if name.startswith("$")):
        if name not in ("$select", "$filter", "$top"):
            raise not_simulated(f"{name} on {request.path.rpartition('/')[2]}")
    names = {part.strip() for part in (request.param("$select") or "").split(",")} - {""}
    if unknown := sorted(names - shown.keys() - {"*"}):
        raise bad_request(f"Parsing OData Select and Expand failed: Could not find a property named '{unknown[0]}'.")
    return {key: value for key, value in shown.items() if not names or "*" in names or key in names or key[0] == "@"}


def check_delta(names: tuple[str, ...]) -> None:
    """Refuse what delta cannot select [GR-17, GR-7].

    ASSUMED [GR-47]: user is an open type, so a name nobody knows is silently ignored.
    """
    bad = [name for name in names if name in schema.NOT_IN_DELTA]
    if bad:
        raise bad_request(
            "Invalid request for delta query: for this entity set, $expand/$select is not supported for the following "
            f"properties: {', '.join(bad)}"
        )
    if any("/" in name for name in names):
        raise path_in_select()


@lru_cache(maxsize=256)
def tracked(names: tuple[str, ...], extension_types: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """Return the attributes whose change brings a user into a round of this `$select`.

    A change to one directory extension returns all of the same data type [GR-12], so it also counts for the
    others of that type. Open and schema extensions aren't tracked [GR-18].
    """
    types = dict(extension_types)
    wanted = {types[name] for name in names if name in types}
    noise = {name for name, kind in types.items() if kind in wanted}
    known = {name for name in names if name in schema.TYPES or name == "manager" or schema.EXTENSION.match(name)}
    return frozenset((known | noise) - schema.NOT_TRACKED)


def full(record: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Show a record as `GET /users` does: every selected property it knows, null where there is no value."""
    shown: dict[str, Any] = {}
    for name in names:
        value = record.get(name)
        if value is None and name not in schema.TYPES and name not in schema.INHERITED:
            continue
        if name == "onPremisesExtensionAttributes":
            value = {**_ALL_PARTS, **(value or {})}
        if value is None and schema.TYPES.get(name) is list:
            value = []
        shown[name] = value
    if "id" in record:
        shown["id"] = record["id"]
    return shown

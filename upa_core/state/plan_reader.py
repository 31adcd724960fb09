"""Read a frozen plan: a batch, and the shadow's values before it."""

from __future__ import annotations

import orjson

from upa_core.domain.documents.runs import FileState
from upa_core.domain.documents.storage_layout import file_key, plan_key
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.plan.batch import BatchForm
from upa_core.domain.plan.entry import Entry
from upa_core.ports.bundle import Ports
from upa_core.ports.store import Store
from upa_core.state.document import decode

PLAN_VERSION = 2


def form_of(ports: Ports, route: str) -> BatchForm:
    """Return the form of a route's batches.

    Raises `CorruptStateError` for a route that this release doesn't know.
    """
    if route not in ports.routes:
        raise CorruptStateError(f"a batch of the route {route}, which this release doesn't know")
    return ports.routes[route].form


def read_plan(ports: Ports, run: str, file: FileState) -> list[Entry]:
    """Return the plan entries of a batch, in its order.

    Raises `CorruptStateError` where the batch or its plan is missing or can't be read.
    """
    form, old = form_of(ports, file.route), read_known(ports.store, run, file.name)
    people = form.read(form.split(_needed(ports.store, file_key(run, file.name))).values(), orjson.loads)
    return [Entry(person, new, old.get(person, {})) for person, new in people.items()]


def find_in_plan(ports: Ports, run: str, file: FileState, person: str) -> Entry | None:
    """Return a person's entry; None where a batch doesn't name them or is no longer kept."""
    blob = ports.store.get(file_key(run, file.name))
    if blob is None or person.encode() not in blob.data:
        return None
    form = form_of(ports, file.route)
    piece = form.split(blob.data).get(person)
    if piece is None:
        return None
    new = form.read([piece], orjson.loads)[person]
    return Entry(person, new, read_known(ports.store, run, file.name).get(person, {}))


def people_in(ports: Ports, run: str, name: str, route: str) -> dict[str, bytes]:
    """Return each person's part of a batch, for the `read` of its form.

    Raises `CorruptStateError` where the batch is missing or can't be read.
    """
    return form_of(ports, route).split(_needed(ports.store, file_key(run, name)))


def read_known(store: Store, run: str, name: str) -> dict[str, dict[str, str | None]]:
    """Return what the shadow said about the people of a batch, without people of whom nothing was known.

    Raises `CorruptStateError` where the plan is missing or can't be read.
    """
    key = plan_key(run, name)
    plan = decode(_needed(store, key), where=key)
    try:
        if isinstance(plan, list):  # version 1: person, values in the import file, known values
            return {person: old for person, _, old in plan}
        if plan["version"] > PLAN_VERSION:
            raise CorruptStateError(f"{key}: version {plan['version']} is newer than this release knows")
        known: dict[str, dict[str, str | None]] = plan["old"]
    except (LookupError, TypeError, ValueError) as exc:
        raise CorruptStateError(f"{key} can't be read: {type(exc).__name__}") from exc
    return known


def _needed(store: Store, key: str) -> bytes:
    blob = store.get(key)
    if blob is None:
        raise CorruptStateError(f"{key} is missing")
    return blob.data

"""Read a frozen plan: an import file, and beside it what the shadow said before."""

from __future__ import annotations

import orjson

from upa_core.domain.bulk.import_file import read_import_file, read_people, split_import_file
from upa_core.domain.documents.storage_layout import file_key, plan_key
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.plan.planner import Entry
from upa_core.ports.store import Store
from upa_core.state.document import decode
from upa_core.state.plan_writer import PLAN_VERSION


def read_plan(store: Store, run: str, name: str) -> list[Entry]:
    """Return the plan entries of an import file, in its order.

    Raises `CorruptStateError` where the file or its plan is missing or can't be read.
    """
    old = _old(store, run, name)
    people = read_import_file(_needed(store, file_key(run, name)), orjson.loads)
    return [Entry(person, new, old.get(person, {})) for person, new in people.items()]


def find_in_plan(store: Store, run: str, name: str, person: str) -> Entry | None:
    """Return a person's entry, None where an import file doesn't name them or isn't kept any more."""
    blob = store.get(file_key(run, name))
    if blob is None or person.encode() not in blob.data:
        return None
    piece = split_import_file(blob.data).get(person)
    if piece is None:
        return None
    return Entry(person, read_people([piece], orjson.loads)[person], _old(store, run, name).get(person, {}))


def _old(store: Store, run: str, name: str) -> dict[str, dict[str, str | None]]:
    """Return what the shadow said, of those of whom anything was known."""
    key = plan_key(run, name)
    plan = decode(_needed(store, key), where=key)
    try:
        if isinstance(plan, list):  # version 1: person, what its import file says, what was known
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

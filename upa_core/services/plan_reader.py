"""Read a frozen plan: an import file, and beside it what the shadow said before."""

from __future__ import annotations

from typing import Any

import orjson

from upa_core.domain.errors import CorruptStateError
from upa_core.domain.import_file import read_import_file
from upa_core.domain.plan import Entry
from upa_core.ports.store import Store
from upa_core.services.documents import decode
from upa_core.services.plan_writer import PLAN_VERSION, file_key, plan_key


def read_plan(store: Store, run: str, name: str) -> list[Entry]:
    """Return the plan entries of an import file, in its order.

    Raises `CorruptStateError` where the file or its plan is missing or can't be read.
    """
    return _entries(store, run, name, _needed(store, file_key(run, name)))


def find_in_plan(store: Store, run: str, name: str, person: str) -> Entry | None:
    """Return a person's entry, None where an import file doesn't name them or isn't kept any more."""
    blob = store.get(file_key(run, name))
    if blob is None or person.encode() not in blob.data:
        return None
    return next((entry for entry in _entries(store, run, name, blob.data) if entry.person == person), None)


def _entries(store: Store, run: str, name: str, content: bytes) -> list[Entry]:
    key = plan_key(run, name)
    plan = decode(_needed(store, key), where=key)
    try:
        if isinstance(plan, list):  # version 1 held everything; its import file says the same once more
            return [Entry(person, new, old) for person, new, old in plan]
        old: dict[str, dict[str, str | None]] = _known(plan, key)
    except (LookupError, TypeError, ValueError) as exc:
        raise CorruptStateError(f"{key} can't be read: {type(exc).__name__}") from exc
    return [Entry(person, new, old.get(person, {})) for person, new in read_import_file(content, orjson.loads).items()]


def _known(plan: Any, key: str) -> dict[str, dict[str, str | None]]:
    if plan["version"] > PLAN_VERSION:
        raise CorruptStateError(f"{key}: version {plan['version']} is newer than this release knows")
    known: dict[str, dict[str, str | None]] = plan["old"]
    return known


def _needed(store: Store, key: str) -> bytes:
    blob = store.get(key)
    if blob is None:
        raise CorruptStateError(f"{key} is missing")
    return blob.data

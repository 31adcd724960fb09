"""Adds people to a tenant: made-up ones, or those of an HR file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenant_sim.people import feed as people
from tenant_sim.people import hr

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim


def without_empty(attributes: dict[str, Any]) -> dict[str, Any]:
    """Leave out what has no value: never set is not the same as cleared."""
    kept = {}
    for name, value in attributes.items():
        given = {part: text for part, text in value.items() if text is not None} if isinstance(value, dict) else value
        if given or not (given is None or isinstance(given, dict | list)):
            kept[name] = given
    return kept


def generated(sim: TenantSim, count: int) -> Iterator[dict[str, Any]]:
    """Yield attributes of made-up people of this tenant's seed."""
    for row in hr.convert_rows(people.feed(count, sim.seed), domain=f"{sim.domain}.com"):
        yield {**without_empty(row.attributes), "userType": "Member"}


def seed_generated(sim: TenantSim, count: int = 600) -> int:
    """Add made-up people with profiles; return how many."""
    with sim.lock:
        return sim.directory.load(generated(sim, count))


def seed_hr_file(
    sim: TenantSim, path: Path | str, mapping: dict[str, str] | None = None, *, aside: list[str] | None = None
) -> tuple[dict[str, str], list[hr.Row]]:
    """Add the hires of an HR file; return user ids by HR key, and the edits for `apply_edit`.

    With `aside`, rows that can't be used, or that the directory refuses, are reported there, and the others are added.
    Where somebody's first row was set aside, the next one is the hire.
    """
    rows = hr.read(path, mapping, domain=f"{sim.domain}.com", aside=aside)
    ids: dict[str, str] = {}
    edits: list[hr.Row] = []
    with sim.lock:
        for row in rows:
            if row.key in ids:
                edits.append(row)
                continue
            try:
                ids[row.key] = sim.directory.add({**without_empty(row.attributes), "userType": "Member"})
            except ValueError as exc:
                problem = f"{path}:{row.line}: {exc}"
                if aside is None:
                    raise hr.HrError(problem) from exc
                aside.append(problem)
    return ids, edits


def apply_edit(sim: TenantSim, ids: dict[str, str], row: hr.Row) -> str:
    """Apply a later row of a person to the directory; an empty cell clears."""
    with sim.lock:
        sim.directory.patch(ids[row.key], row.attributes)
    return ids[row.key]

"""Every live check, in the order in which they run, and the import jobs that they share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from upa_cli.live.check import STRANGER, Check, ImportCheck, Kind
from upa_cli.live.direct import SHAREPOINT
from upa_cli.live.graph import GRAPH
from upa_cli.live.imports import IMPORTS, file_of
from upa_cli.live.relations import RELATIONS
from upa_core.domain.bulk.batch import ID_PROPERTY

CHECKS: Sequence[Check] = [*SHAREPOINT, *GRAPH, *RELATIONS, *IMPORTS]
BY_ID: Mapping[str, Check] = {check.id: check for check in CHECKS}


@dataclass
class Batch:
    """The checks of one import job."""

    checks: list[ImportCheck] = field(default_factory=list)
    properties: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The properties that each check was given."""

    def mapping(self, fallback: str) -> dict[str, str]:
        """Return the property map; `fallback` where no check sends anything."""
        names = [name for given in self.properties.values() for name in given] or [fallback]
        return {name: name for name in names}

    def content(self, person: str, fallback: str) -> bytes:
        """Write the import file."""
        alone = self.checks[0].alone
        if alone is not None:
            return alone(person, self.properties[self.checks[0].id][0])
        row: dict[str, str | None] = {ID_PROPERTY: person}
        for check in self.checks:
            row.update(zip(self.properties[check.id], (value for _, value in check.sends), strict=True))
        rows: list[Mapping[str, str | None]] = [row]
        if any(check.with_stranger for check in self.checks):
            rows.append({ID_PROPERTY: STRANGER, fallback: "upa stranger"})
        return file_of(rows)


def with_needed(ids: Collection[str]) -> list[Check]:
    """Return the named checks and the checks that they follow, in the order of the catalogue."""
    wanted = set(ids)
    wanted |= {check.after for check in IMPORTS if check.id in wanted and check.after}
    return [check for check in CHECKS if check.id in wanted]


def next_batch(open_: Sequence[ImportCheck], properties: Mapping[Kind, Sequence[str]], done: Collection[str]) -> Batch:
    """Choose the checks of the next import job: as many as have properties of their own.

    A check that sends a broken or odd file goes alone. One that comes after another waits for it, and then gets the
    same properties. Checks whose kinds of property weren't named must not be among `open_`.
    """
    batch, used = Batch(), dict.fromkeys(properties, 0)
    for check in open_:
        if batch.checks and (check.alone or batch.checks[0].alone):
            continue
        if check.after and check.after not in done:
            continue
        counts = {kind: sum(one == kind for one, _ in check.sends) for kind in used}
        if check.after and any(used[kind] for kind, count in counts.items() if count):
            continue
        if any(used[kind] + count > len(properties[kind]) for kind, count in counts.items()):
            continue
        given = []
        for kind, _ in check.sends:
            given.append(properties[kind][used[kind]])
            used[kind] += 1
        batch.checks.append(check)
        batch.properties[check.id] = tuple(given)
        if check.alone:
            break
    return batch


def lacking(check: ImportCheck, properties: Mapping[Kind, Sequence[str]]) -> str:
    """Return which properties must be named before a check can run, "" where none is missing."""
    for kind in sorted({kind for kind, _ in check.sends}):
        wanted, given = sum(one == kind for one, _ in check.sends), len(properties.get(kind, ()))
        if given < wanted:
            option = "--property" if kind == "string" else f"--{kind}"
            return f"name {wanted - given} more {kind} propert{'y' if wanted - given == 1 else 'ies'} with {option}"
    return ""

"""The events in the demo's directory: hires from an HR feed, then edits, a joiner, a leaver, a lost value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tenant_sim import TenantSim
from tenant_sim.people import hr
from tenant_sim.people.seeding import apply_edit, seed_generated, seed_hr_file

EDITS = 25
COST_CENTERS = ("CC9001", 'R&D "west"', "Kst.\\Süd", "CC-é-42", "研究所")
DIVISIONS = ("Electronics", "Food & Süßwaren", "Bücher / Medien")


@dataclass(frozen=True, slots=True)
class Seeded:
    """A directory as HR filled it."""

    count: int
    source: str
    ids: dict[str, str]
    """Entra object id by HR key; empty for the made-up feed."""
    edits: list[hr.Row]
    """Later HR rows; empty for the made-up feed."""
    aside: tuple[str, ...] = ()
    """Lines about rows that can't be used, with line and cell."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The people to whom HR will do something: object ids."""

    edited: tuple[str, ...]
    leaves: str
    loses_value: str
    moves: str
    """Whom the file of rooms moves; nothing about them changes in Entra."""

    @property
    def shown(self) -> dict[str, str]:
        """A few of them, with their event."""
        return {**dict.fromkeys(self.edited[:3], "edited"), self.loses_value: "lost a value"}


def seed(sim: TenantSim, feed: Path | None, mapping: Path | None, people: int) -> Seeded:
    """Fill the directory from a CSV, or from the simulator's own feed.

    Raises:
        HrError: the file can't be used, or too few of its rows; the text names the file.

    """
    if feed is None:
        return Seeded(seed_generated(sim, people), "a made-up HR feed", {}, [])
    problems: list[str] = []
    ids, edits = seed_hr_file(sim, feed, hr.load_mapping(mapping) if mapping is not None else None, aside=problems)
    aside = hr.aside_lines(problems)
    if len(ids) < EDITS + 3:
        few = f"{feed}: {len(ids)} people; the demo's story needs at least {EDITS + 3}"
        raise hr.HrError("\n".join([few, *aside]))
    return Seeded(len(ids), feed.name, ids, edits, tuple(aside))


def choose(sim: TenantSim, seeded: Seeded) -> Cast:
    """Choose 25 people to edit (those of later HR rows first), one who leaves, one who loses a cost center."""
    everyone = sorted(user["id"] for user in sim.directory.users())
    from_hr = dict.fromkeys(seeded.ids[row.key] for row in seeded.edits)
    edited = list(dict.fromkeys([*from_hr, *everyone]))[:EDITS]
    rest = [person for person in everyone if person not in edited]
    loses = next(p for p in rest[1:] if (sim.directory.get(p).get("employeeOrgData") or {}).get("costCenter"))
    moves = next(person for person in reversed(rest) if person != loses)
    return Cast(tuple(edited), rest[0], loses, moves)


def apply_edits(sim: TenantSim, seeded: Seeded, cast: Cast) -> str:
    """Make the events happen, and hire a person without a profile; return the joiner's id."""
    later = {seeded.ids[row.key] for row in seeded.edits}
    for row in seeded.edits:
        if seeded.ids[row.key] in cast.edited:
            apply_edit(sim, seeded.ids, row)
    for number, person in enumerate(cast.edited):
        if person not in later:
            _change(sim, person, number)
    sim.directory.remove(cast.leaves)
    division = (sim.directory.get(cast.loses_value).get("employeeOrgData") or {}).get("division")
    sim.directory.patch(cast.loses_value, {"employeeOrgData": {"division": division, "costCenter": None}})
    return _join(sim)


def _change(sim: TenantSim, person: str, number: int) -> None:
    data = {
        "division": DIVISIONS[number % len(DIVISIONS)],
        "costCenter": f"{COST_CENTERS[number % len(COST_CENTERS)]}-{number}",
    }
    sim.directory.patch(person, {"employeeOrgData": data})


def _join(sim: TenantSim) -> str:
    return sim.directory.add(
        {
            "displayName": "Jörg O'Neill-Müller",
            "givenName": "Jörg",
            "surname": "O'Neill-Müller",
            "userPrincipalName": f"joerg.new@{sim.domain}.com",
            "mail": f"joerg.new@{sim.domain}.com",
            "accountEnabled": True,
            "userType": "Member",
            "employeeId": "900001",
            "employeeType": "Employee",
            "employeeHireDate": "2026-11-23T00:00:00Z",
            "employeeOrgData": {"division": "Electronics", "costCenter": 'CC\\4711 "neu"'},
            "onPremisesExtensionAttributes": {"extensionAttribute1": "B-0001"},
        },
        profile=False,
    )

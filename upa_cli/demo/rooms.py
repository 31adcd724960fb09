"""The file beside Entra in the demo: facilities says in which room each person sits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from tenant_sim import TenantSim
from upa_core.domain.spreadsheet import SafeCsv

MOVED_TO = "Süd 3.14"
AGE = timedelta(minutes=10)
"""Of a new file: one that is still being written is left alone."""


def rooms_of(sim: TenantSim) -> dict[str, str]:
    """Return a room for everybody in the directory, by user name."""
    names = sorted(user["userPrincipalName"] for user in sim.directory.users())
    return {name: f"{'NORD'[number % 4]}{number // 4:03}" for number, name in enumerate(names)}


def write_rooms(file: Path, rooms: Mapping[str, str], now: datetime) -> None:
    """Replace the file as a careful writer does: whole, under another name first; its date is the demo's."""
    part = file.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        table = SafeCsv(stream, ("User", "Room"))
        for row in rooms.items():
            table.row(row)
    written = (now - AGE).timestamp()
    os.utime(part, (written, written))
    part.replace(file)


def wrong_rooms(sim: TenantSim, rooms: Mapping[str, str]) -> list[str]:
    """Return the profiles with another room than the file's, one line each; nobody without a row has one."""
    wrong = []
    for user in sim.directory.users():
        held = sim.profiles.get(user["id"]).get("OfficeCode", "") if sim.profiles.exists(user["id"]) else ""
        wanted = rooms.get(user["userPrincipalName"], "")
        if held != wanted:
            wrong.append(f"{user['id']} OfficeCode: {held!r} instead of {wanted!r}")
    return wrong

"""A made-up HR feed: plain rows in the columns of Microsoft's sample, with the errors of real feeds."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta

from tenant_sim.people import names

COLUMNS = (
    "WorkerID",
    "WorkerStatus",
    "WorkerType",
    "UserID",
    "FirstName",
    "LastName",
    "FullName",
    "GenderPronoun",
    "ManagerID",
    "HireDate",
    "OnLeave",
    "Department",
    "Division",
    "CostCenter",
    "Company",
    "Location",
    "JobTitle",
    "StreetAddress",
    "City",
    "CountryCode",
    "OfficePhone",
    "Custom01",
    "Custom02",
    "ZipCode",
)
FIRST_DAY = date(1998, 1, 5)
_FAMILY_FIRST = frozenset({"CN", "JP", "KR", "VN"})


def feed(count: int = 600, seed: int | str = 1) -> Iterator[dict[str, str]]:
    """Yield `count` hires. The same seed yields the same people.

    About one cell in twenty of those that may be empty is empty; names come in nineteen languages; quotes, commas,
    backslashes and apostrophes are where people really type them.
    """
    rng = random.Random(f"people {seed}")
    pick, chance, number = rng.choice, rng.random, rng.randrange
    for n in range(count):
        country, given_names, surnames = pick(names.NAMES)
        given, surname = pick(given_names), pick(surnames)
        worker = str(100_000 + n)
        yield {
            "WorkerID": worker,
            "WorkerStatus": "Active" if chance() < 0.97 else "Inactive",
            "WorkerType": "Employee" if chance() < 0.8 else "Contractor",
            "UserID": f"{login_name(given, surname)}{n}",
            "FirstName": given,
            "LastName": surname,
            "FullName": f"{surname} {given}" if country in _FAMILY_FIRST else f"{given} {surname}",
            "GenderPronoun": pick(("HE/HIM", "SHE/HER", "THEY/THEM")),
            "ManagerID": str(100_000 + number(max(1, n))),
            "HireDate": "" if chance() < 0.05 else (FIRST_DAY + timedelta(days=number(10_000))).isoformat(),
            "OnLeave": "True" if chance() < 0.1 else "False",
            "Department": pick(names.DEPARTMENTS),
            "Division": "" if chance() < 0.05 else pick(names.DIVISIONS),
            "CostCenter": pick(names.COST_CENTERS),
            "Company": pick(names.COMPANIES),
            "Location": pick(names.OFFICES),
            "JobTitle": pick(names.TITLES),
            "StreetAddress": pick(names.STREETS),
            "City": pick(names.CITIES),
            "CountryCode": country,
            "OfficePhone": f"{number(1000):03d}-{number(1000):03d}-{number(10_000):04d}",
            "Custom01": "" if chance() < 0.05 else f"{pick('TYPC')}{number(10_000):04d}",
            "Custom02": "" if chance() < 0.3 else pick(("BTK39", "GUD01", "LON\\7", "MÜC2")),
            "ZipCode": f"{number(100_000):05d}",
        }


_LOGINS: dict[tuple[str, str], str] = {}


def login_name(given: str, surname: str) -> str:
    """Make the local part of an address: ASCII letters, dots and the apostrophes that UPNs may hold."""
    key = (given, surname)
    if key not in _LOGINS:
        text = unicodedata.normalize("NFKD", f"{given}.{surname}").encode("ascii", "ignore").decode().lower()
        text = re.sub(r"[^a-z.']+", "", text).strip(".'")
        _LOGINS[key] = re.sub(r"\.\.+", ".", text) or "emp"
    return _LOGINS[key]

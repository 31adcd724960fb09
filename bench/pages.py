"""Delta pages of made-up people, rendered once into a file, so that no simulator is measured.

About 1 KB a user: the made-up HR feed of the simulator (names in nineteen languages), fifteen extension attributes, and
links as long as Graph's.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from tenant_sim.people import feed as people

GRAPH = "https://graph.microsoft.com"
PAGE = 200
"""Users a page, as Graph sends them [GR-9]."""
EXTENSION = "extension_0f3d2c1b4a5968778695a4b3c2d1e0f0_p"
_TOKEN = "".join(random.Random(7).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", k=420))


def person_id(number: int, seed: int = 1) -> str:
    """Return the object id of a made-up person."""
    h = hashlib.md5(f"{seed} {number}".encode(), usedforsecurity=False).hexdigest()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def link(kind: str, token: str) -> str:
    """Return a link of Graph's length."""
    return f"{GRAPH}/v1.0/users/delta?${kind}token={token}.{_TOKEN}"


def records(count: int, wide: int = 0, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield people as Graph sends them; `wide` directory extensions each."""
    rng = random.Random(f"extensions {seed}")
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "
    for n, row in enumerate(people.feed(count, seed)):
        record: dict[str, Any] = {
            "@odata.type": "#microsoft.graph.user",
            "id": person_id(n, seed),
            "accountEnabled": row["WorkerStatus"] == "Active",
            "deletedDateTime": None,
            "userPrincipalName": f"{row['UserID']}@contoso.com",
            "userType": "Member",
            "displayName": row["FullName"],
            "department": row["Department"],
            "jobTitle": row["JobTitle"],
            "companyName": row["Company"],
            "city": row["City"],
            "employeeId": row["WorkerID"],
            "employeeType": row["WorkerType"],
            "officeLocation": row["Location"],
            "employeeHireDate": f"{row['HireDate']}T00:00:00Z" if row["HireDate"] else None,
            "onPremisesExtensionAttributes": {
                "extensionAttribute1": row["CostCenter"],
                "extensionAttribute2": row["Custom01"] or None,
                "extensionAttribute3": row["Division"] or None,
                **{f"extensionAttribute{k}": None for k in range(4, 13)},
                "extensionAttribute13": "".join(rng.choices(letters, k=12)),
                "extensionAttribute14": row["StreetAddress"],
                "extensionAttribute15": None,
            },
        }
        record = {name: value for name, value in record.items() if value is not None}  # never set: absent (A2)
        for k in range(wide):
            record[f"{EXTENSION}{k}"] = "".join(rng.choices(letters, k=10))
        yield record


class Pages:
    """Rendered pages in a file."""

    def __init__(self, folder: Path, count: int) -> None:
        self.people = count
        self._offsets: list[int] = json.loads((folder / "index.json").read_text())
        self._file = os.open(folder / "pages.bin", os.O_RDONLY)
        self.bytes = self._offsets[-1]

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def body(self, number: int) -> bytes:
        """Return one page as it goes over the wire."""
        start, end = self._offsets[number], self._offsets[number + 1]
        return os.pread(self._file, end - start, start)

    def record(self, person: int) -> dict[str, Any]:
        """Return one person's record."""
        found: dict[str, Any] = orjson.loads(self.body(person // PAGE))["value"][person % PAGE]
        return found


def pages(count: int, wide: int = 0, seed: int = 1) -> Pages:
    """Return the pages of `count` people, rendered once for all processes."""
    folder = Path(tempfile.gettempdir()) / f"upa-bench-{os.getuid()}" / f"{count}-{wide}-{seed}"
    if not (folder / "index.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        offsets, source, number = [0], records(count, wide, seed), 0
        with (folder / "pages.bin").open("wb") as file:
            while chunk := list(islice(source, PAGE)):
                number += 1
                last = number * PAGE >= count
                onward = (
                    {"@odata.deltaLink": link("delta", "0")} if last else {"@odata.nextLink": link("skip", str(number))}
                )
                context = f"{GRAPH}/v1.0/$metadata#users(id,department,jobTitle,onPremisesExtensionAttributes)"
                file.write(orjson.dumps({"@odata.context": context, **onward, "value": chunk}))
                offsets.append(file.tell())
        (folder / "index.tmp").write_text(json.dumps(offsets))
        (folder / "index.tmp").rename(folder / "index.json")
    return Pages(folder, count)

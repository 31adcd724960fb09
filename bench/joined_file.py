"""7. A joined file, pulled whole in a process of its own: its first version, then one with 100 changed rows.

`python -m bench.joined_file ROWS`
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.measure import cpu, peak
from bench.pages import pages
from bench.pipeline import Bench
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.folder_place import FolderPlace
from upa_core.domain.connector import Connector
from upa_core.domain.documents.sources import KeyRows
from upa_core.domain.people.changes import Row
from upa_core.domain.people.mapping import direct
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.ports.bundle import Ports
from upa_core.services.pull.rows import RowsPull
from upa_core.state.document import state_of
from upa_core.state.rows.current_rows import RowWriter

COLUMNS = tuple(f"Column{n}" for n in range(23))
CHANGED = 100
_HR = Secondary("hr", (KeyPart("EmployeeID", "employeeId"),))


def run(rows: int) -> dict[str, Any]:
    """Return processor seconds and the peak of memory, in MiB, of each of the two pulls."""
    bench = Bench(pages(1_000, 0))
    connector = replace(
        bench.connector, secondaries=(_HR,), mappings=tuple(direct(f"hr.{name}", f"Upa{name}") for name in COLUMNS)
    )
    made: dict[str, Any] = {"rows": rows, "columns": 1 + len(COLUMNS)}
    try:
        with tempfile.TemporaryDirectory(prefix="upa-bench-file-") as folder:
            path = Path(folder)
            source = FileRows(
                FolderPlace(f"{folder}/*.csv"), Contract(_HR.match, COLUMNS), bench.clock, timedelta(days=-100_000)
            )
            ports = replace(bench.ports, rows={"hr": source})
            _know_keys(ports, connector, rows)
            made["before_mib"] = round(peak(), 1)
            for part, changed in (("first", 0), ("changed", CHANGED)):
                write(path / f"{part}.csv", rows, changed)
                (path / f"{part}.csv").touch()
                made[part] = _pull(ports, connector)
                (path / f"{part}.csv").unlink()
    finally:
        bench.close()
    return made


def _pull(ports: Ports, connector: Connector) -> dict[str, Any]:
    stored = state_of(ports.store, connector.name).load()
    found: list[Any] = []
    spent = cpu(lambda: found.append(RowsPull(ports, connector, connector.secondaries[0], stored).run()))
    return {"cpu_s": round(spent, 1), "peak_mib": round(peak(), 1), "named": found[0].named}


def _know_keys(ports: Ports, connector: Connector, rows: int) -> None:
    """Store the key index of a directory in which everybody has an employee id."""

    def people() -> Iterator[Row]:
        for number in range(rows):
            yield [str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))), 0, _key(number)]

    writer = RowWriter(ports.store, lambda n: f"connectors/{connector.name}/keys/{n}", connector.limits.segment_rows)
    writer.add(people())
    segments = writer.close()
    keys = KeyRows(connector.key_paths, "round", segments, base=len(segments))
    state_of(ports.store, connector.name).update(lambda state: replace(state, keys=keys))


def write(path: Path, rows: int, changed: int = 0, step: int = 1) -> None:
    """Write a file whose rows all differ; `changed` of them, evenly spread, hold something else than at first.

    From one row to the next the key's number grows by `step`, which has no divisor in common with `rows`.
    """
    every = rows // changed if changed else rows + 1
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("EmployeeID", *COLUMNS))
        for number in (at * step % rows for at in range(rows)):
            value = "changed" if number % every == every - 1 else "value"
            cells = (f"Müller {number}" if at % 8 == 0 else f"{value}{at}-{number}" for at in range(len(COLUMNS)))
            writer.writerow((_key(number), *cells))


def _key(number: int) -> str:
    return f"{number:07d}"


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))

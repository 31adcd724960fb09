"""What the demo stands on: the tenant simulator, a folder for state, and the pipeline built as it is deployed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tenant_sim import TenantSim
from tenant_sim.serve import Served
from upa_cli.demo.narration import Narrator
from upa_core import bootstrap
from upa_core.adapters.clock import SteppedClock
from upa_core.adapters.people_manager import PeopleManager
from upa_core.domain.connector import Connector
from upa_core.ports.bundle import Ports

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PACE = 1 / 9000
"""Seconds of wall time to one of the demo's: an import job of two and a half hours takes one."""

CONNECTOR_FILE = """\
# The demo's connector file, made by `make demo`. Check it with: upa config check
version: 1
credentials:
  graph: managed_identity
  sharepoint:
    certificate:
      client_id: {client_id}
      path: {certificate}
connectors:
  - name: demo
    source:
      tenant: {tenant}
      endpoints:
        graph: {graph}
        authority: {login}
    target:
      admin_url: {admin}
      site_url: {sharepoint}/sites/upa
      folder: /sites/upa/Imports
    mappings:
      - target: CostCenter
        source: employeeOrgData.costCenter
        on_empty: clear
      - target: Division
        source: employeeOrgData.division
      - target: EmployeeType
        source: employeeType
      - target: Badge
        source: extensionAttribute1
      - target: HireDate
        source: employeeHireDate
        type: date
"""


class DemoBusyError(Exception):
    """Another demo is running in the same folder."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running tenant and the pipeline that works on it."""

    sim: TenantSim
    served: Served
    folder: Path
    connector_file: Path
    connector: Connector
    ports: Ports
    profiles: PeopleManager
    clock: SteppedClock


@contextmanager
def stage(folder: Path, narrator: Narrator) -> Iterator[Stage]:
    """Set everything up in `folder`, emptied first, and take it down again.

    Raises:
        DemoBusyError: another demo has the folder.

    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DemoBusyError(f"another demo is running in {folder}") from None
        for old in ("state", "tenant"):
            shutil.rmtree(folder / old, ignore_errors=True)
        clock = SteppedClock(START, PACE)
        sim = TenantSim(clock, seed="demo")
        with sim.serve(directory=folder / "tenant") as served, _environment(served.environment()):
            yield _build(sim, served, folder, clock, narrator)


def _build(sim: TenantSim, served: Served, folder: Path, clock: SteppedClock, narrator: Narrator) -> Stage:
    connector_file = folder / "upa.yaml"
    text = CONNECTOR_FILE.format(
        client_id=served.client_id,
        certificate=served.certificate_file.resolve(),
        tenant=served.tenant_id,
        **served.urls.as_dict(),
    )
    connector_file.write_text(text, encoding="utf-8")
    environ = {"UPA_CONFIG": str(connector_file), "UPA_STATE": f"folder:{folder / 'state'}"}
    app = bootstrap.build(environ, clock=clock, events=narrator)
    connector = app.connectors["demo"]
    return Stage(
        sim=sim,
        served=served,
        folder=folder,
        connector_file=connector_file,
        connector=connector,
        ports=app.ports(connector),
        profiles=app.people_manager(connector),
        clock=clock,
    )


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set what unmodified clients read from the environment, and put it back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

"""The demo's stage: the tenant simulator, a folder for state, and the pipeline, built as it is deployed."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tenant_sim import TenantSim
from tenant_sim.loopback import Served
from upa_cli.demo.engine import Engine, HostEngine, LoopEngine
from upa_cli.demo.narration import Narrator
from upa_core import bootstrap
from upa_core.adapters.clock import SteppedClock, clock_from
from upa_core.domain.connector import Connector
from upa_core.ports.bundle import Ports
from upa_core.ports.clock import Clock
from upa_core.ports.profiles import Profiles

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PACE = 1 / 9000
"""Seconds of wall time for one of the demo's seconds: an import job of two and a half hours takes one."""

FACTOR = 600
"""With the functions host, an hour of the demo takes six seconds."""
QUICK_IMPORT = {"download_delay": 600.0, "processing": 300.0, "importing": 600.0}
"""Seconds: import jobs are quicker with the functions host, or the demo would mostly wait for them."""

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
    staging: false  # the demo can't wait for `upa go`
    source:
      tenant: {tenant}
      endpoints:
        graph: {graph}
        authority: {login}
    target:
      admin_url: {admin}
      site_url: {sharepoint}/sites/upa
      folder: /sites/upa/Imports
    threshold:
      updates:
        percent: none  # a small feed may change in large part
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

JOINED_FILE = """\
    with:
      - as: rooms
        kind: file
        at: {rooms}
        match: [{{column: User, to: userPrincipalName}}]
    threshold:
"""
ROOM_MAPPING = """\
      - target: OfficeCode
        source: rooms.Room
"""
"""What the connector file has in addition where a file is joined."""


class DemoBusyError(Exception):
    """Another demo is running in the same folder."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running tenant and the pipeline that works with it."""

    sim: TenantSim
    served: Served
    folder: Path
    connector_file: Path
    connector: Connector
    ports: Ports
    profiles: Profiles
    clock: Clock
    engine: Engine
    environ: dict[str, str]
    """Settings for the function app and the command line on this stage."""


@contextmanager
def stage(
    folder: Path,
    narrator: Narrator,
    *,
    host: bool,
    keyed: bool = False,
    clock_text: str | None = None,
    place: Mapping[str, str] | None = None,
    rooms: Path | None = None,
) -> Iterator[Stage]:
    """Set everything up in `folder`, emptied first, and take it down again.

    Seven parameters: the options of the demo.

    Args:
        folder: where the demo keeps its files.
        narrator: prints what happens.
        host: run the function app in the functions host, on a scaled clock; otherwise a plain loop on a stepped one.
        keyed: the function app asks for its key: it stays up, and any web page may post to it.
        clock_text: UPA_CLOCK for the functions host; default: one that starts now and is scaled.
        place: settings that say where state lies; default: in `folder`.
        rooms: a CSV of user names and rooms to join; default: none.

    Raises:
        DemoBusyError: another demo has the folder.

    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DemoBusyError(f"another demo is running in {folder}") from None
        for old in ("state", "tenant", "host"):
            shutil.rmtree(folder / old, ignore_errors=True)
        scaled = f"scaled:{START.timestamp():.0f}:{time.time()}:{FACTOR}"
        formula = scaled if clock_text is None else clock_text
        clock: Clock = clock_from(formula) if host else SteppedClock(START, PACE)
        narrator.clock = clock
        sim = TenantSim(clock, seed="demo")
        for name, seconds in (QUICK_IMPORT if host else {}).items():
            setattr(sim.timer_job.settings, name, seconds)
        with sim.serve(directory=folder / "tenant") as served, _environment(served.environment()):
            connector_file = _write_connector_file(folder, served, rooms)
            here = {"UPA_STATE": f"folder:{(folder / 'state').resolve()}"}
            environ = {"UPA_CONFIG": str(connector_file), **(here if place is None else place)}
            app = bootstrap.build(environ, clock=clock, events=narrator)
            connector = app.connectors["demo"]
            ports = app.ports(connector)
            on = Stage(
                sim=sim,
                served=served,
                folder=folder,
                connector_file=connector_file,
                connector=connector,
                ports=ports,
                profiles=app.people_manager(connector),
                clock=clock,
                engine=LoopEngine(ports, connector),
                environ={**environ, "UPA_CLOCK": formula} if host else environ,
            )
            if not host:
                yield on
                return
            with _ended_by_sigterm():
                engine = HostEngine(ports, connector, on.environ, folder, narrator, keyed=keyed)
                try:
                    yield replace(on, engine=engine)
                finally:
                    engine.stop()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Make SIGTERM end this process as Ctrl-C does: its children end with it."""

    def end(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    if threading.current_thread() is not threading.main_thread():  # only the main thread receives signals
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _write_connector_file(folder: Path, served: Served, rooms: Path | None) -> Path:
    connector_file = (folder / "upa.yaml").resolve()
    text = CONNECTOR_FILE
    if rooms is not None:
        text = text.replace("    threshold:\n", JOINED_FILE) + ROOM_MAPPING
    text = text.format(
        client_id=served.client_id,
        certificate=served.certificate_file.resolve(),
        tenant=served.tenant_id,
        rooms=rooms and rooms.resolve(),
        **served.urls.as_dict(),
    )
    connector_file.write_text(text, encoding="utf-8")
    return connector_file


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set the variables that unmodified clients read, and restore them."""
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

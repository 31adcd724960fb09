"""A tenant on loopback, a folder for state, a clock that runs fast, and `upa` as an administrator calls it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tenant_sim import ScaledClock, TenantSim
from tenant_sim.loopback import Served
from upa_cli.main import command_line

FACTOR = 12_000
"""Seconds of the tenant's time to one of ours: an import job of two and a half hours takes less than a second."""
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

TEXT = """\
version: 1
credentials:
  graph: managed_identity
  sharepoint:
    certificate:
      client_id: {client_id}
      path: {certificate}
connectors:
  - name: people
    staging: {staging}
    source:
      tenant: {tenant}
      endpoints:
        graph: {graph}
        authority: {login}
    target:
      admin_url: {admin}
      site_url: {sharepoint}/sites/upa
      folder: Imports
    threshold:
      updates: {{percent: none}}
      clears: {{percent: none, absolute: 2}}
    mappings:
      - {{target: CostCenter, source: employeeOrgData.costCenter, on_empty: clear}}
      - {{target: Division, source: employeeOrgData.division, on_empty: clear}}
      - {{target: Badge, source: extensionAttribute1, redact: true}}
"""


@dataclass
class Answer:
    """What a call of `upa` came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Office:
    """An administrator's desk: connector file, state folder, the tenant."""

    sim: TenantSim
    served: Served
    folder: Path
    environ: dict[str, str]
    people: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "upa.yaml"

    def write(self, *, staging: bool = False, more: str = "", replace: tuple[str, str] = ("", "")) -> None:
        text = TEXT.format(
            client_id=self.served.client_id,
            certificate=self.served.certificate_file,
            tenant=self.served.tenant_id,
            staging=str(staging).lower(),
            **self.served.urls.as_dict(),
        )
        self.config.write_text(text.replace(*replace) + more, encoding="utf-8")

    def hire(self, name: str, *, profile: bool = True, **attributes: Any) -> str:
        upn = f"{name}@contoso.onmicrosoft.com"
        record = {"userPrincipalName": upn, "displayName": name.title(), "userType": "Member", **attributes}
        self.people[name] = self.sim.directory.add(record, profile=profile)
        return self.people[name]

    def upn(self, name: str) -> str:
        return f"{name}@contoso.onmicrosoft.com"

    def edit(self, name: str, **attributes: Any) -> None:
        self.sim.directory.edit(self.people[name], **attributes)

    def profile(self, name: str) -> dict[str, str]:
        return dict(self.sim.profiles.get(self.people[name]))

    def upa(self, *arguments: str, **environ: str) -> Answer:
        result = CliRunner().invoke(command_line(), list(arguments), env=self.environ | environ)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="session", autouse=True)
def _one_parser() -> Iterator[None]:
    """Build the parser of `upa` once: the runner of typer would do it for each command that is carried out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", cache(typer.main.get_command))
        yield


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A tenant with three people, none of whom was ever synchronised."""
    wall = time.time()
    clock = f"scaled:{START.timestamp()}:{wall}:{FACTOR}"
    sim = TenantSim(ScaledClock(START.timestamp(), wall, FACTOR), seed="cli")
    for name in ("CostCenter", "Division", "Badge"):
        sim.profiles.define(name)
    with sim.serve(directory=tmp_path / "tenant") as served:
        environ = {
            **served.environment(),
            "UPA_CONFIG": str(tmp_path / "upa.yaml"),
            "UPA_STATE": f"folder:{tmp_path / 'state'}",
            "UPA_CLOCK": clock,
            "NO_COLOR": "1",
        }
        desk = Office(sim, served, tmp_path, environ)
        desk.write()
        desk.hire("ada", employeeOrgData={"costCenter": "CC-1", "division": "Research"})
        desk.hire("bo", employeeOrgData={"costCenter": "CC-2", "division": "Sales"})
        badge = {"extensionAttribute1": "secret-7"}
        desk.hire("cy", employeeOrgData={"costCenter": "CC-3"}, onPremisesExtensionAttributes=badge)
        yield desk

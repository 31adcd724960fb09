"""A world whose pipeline has run, served over HTTP by the real function_app.py in this process."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from rich.console import Console

from tenant_sim.people.seeding import seed_generated
from tests.functions.shim import KeyGate, Out, served, shim
from upa_cli.demo import stage as demo_stage
from upa_cli.demo.narration import Narrator
from upa_cli.demo.stage import Stage, stage
from upa_core import bootstrap
from upa_core.services.plan.export import export
from upa_core.services.pull import pull


class Quiet(Narrator):
    """Says nothing."""

    def line(self, text: str, style: str = "") -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class ApiWorld:
    """The tenant, the pipeline, and its API."""

    on: Stage
    base: str
    pulls: Out
    exports: Out
    people: list[str]

    def run(self, *, full: bool = False) -> None:
        """Run the pipeline to its end."""
        self.on.engine.run(full=full)

    def get(self, path: str, **options: Any) -> requests.Response:
        """Call the API."""
        return requests.get(self.base + path, timeout=30, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Call the API; a body of bytes is sent as it is."""
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        return requests.post(self.base + path, timeout=30, **sent, **options)

    @contextmanager
    def put_back(self, copy: Path) -> Iterator[None]:
        """Put what is stored, people, the connector file and the messages back at the end; `copy` is a new folder."""
        state, file = self.on.folder / "state", self.on.connector_file
        shutil.copytree(state, copy)
        text = file.read_text(encoding="utf-8")
        works_for = {person: self._works_for(person) for person in self.people}
        try:
            yield
        finally:
            shutil.rmtree(state)
            shutil.copytree(copy, state)
            file.write_text(text, encoding="utf-8")
            for person, before in works_for.items():
                if self._works_for(person) != before:
                    self.on.sim.directory.edit(person, employeeOrgData=before)
            self.pulls.messages.clear()
            self.exports.messages.clear()
            bootstrap.app.cache_clear()

    def _works_for(self, person: str) -> Any:
        return self.on.sim.directory.get(person).get("employeeOrgData")

    def hold(self) -> str:
        """Empty an attribute of everybody, so that the plan is held; returns the run's id."""
        self.on.clock.sleep(3600)
        for person in self.people:
            self.on.sim.directory.edit(person, employeeOrgData={"costCenter": None, "division": None})
        self.on.clock.sleep(3600)
        pull(self.on.ports, self.on.connector)
        return export(self.on.ports, self.on.connector).run


@contextmanager
def api_world(folder: Path, people: int = 60, *, key: str = "") -> Iterator[ApiWorld]:
    """Set a tenant up, let one full run go through, and serve the API."""
    console = Console(file=io.StringIO())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_stage, "PACE", 0.0)  # its pauses are for whoever watches
        yield from _served(folder, people, key, patch, console)


def _served(folder: Path, people: int, key: str, patch: pytest.MonkeyPatch, console: Console) -> Iterator[ApiWorld]:
    with stage(folder, Quiet(console), host=False) as on:
        seed_generated(on.sim, people)
        on.engine.run(full=True)
        patch.setenv("UPA_CONFIG", str(on.connector_file))
        patch.setenv("UPA_STATE", f"folder:{(folder / 'state').resolve()}")
        patch.setenv("UPA_CLOCK", f"scaled:{on.clock.now().timestamp():.0f}:{time.time()}:1")
        bootstrap.app.cache_clear()
        asgi, pulls, exports = shim()
        known = [user["id"] for user in on.sim.directory.users()]
        try:
            with served(KeyGate(asgi, key) if key else asgi) as base:
                yield ApiWorld(on, base, pulls, exports, known)
        finally:
            bootstrap.app.cache_clear()

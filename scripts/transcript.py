"""Writes docs/tutorial/transcript.md and from-pnp.md: administrators against `upa sim`, every line of output real.

Run it with `python scripts/transcript.py`; a test (tests/cli/test_transcript.py) runs the same scenes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorial" / "transcript.md"
PNP_PAGE = ROOT / "docs" / "tutorial" / "from-pnp.md"
FACTOR = 3000
"""Seconds of the tenant's time to one of ours: an import job of hours takes a few seconds."""
START = 1_795_420_800
"""23 November 2026, 08:00 UTC."""

ROLE = (
    'role() { curl --silent --output /dev/null --header "content-type: application/json" --data '
    '"{\\"app\\": \\"upa-sync\\", \\"resource\\": \\"$1\\", \\"role\\": \\"$2\\", \\"revoke\\": $3}" '
    '"${IDENTITY_ENDPOINT%/msi/token}/_sim/roles"; }'
)
"""A function of a shell that changes a role of the simulated tenant's app."""
HEAD = """\
# A first run, word for word

<!-- Written by `python scripts/transcript.py`, which carries these commands out against `upa sim`; so does a test. -->

An administrator who has never seen the code: from nothing to the first profiles, in a simulated tenant on one machine.
Every line of output below is real. Three faults are planted for `upa doctor` to find: the app may read profiles but not
write them, a property's name is misspelt, and the library isn't there. All options are in
[the command line](../reference/cli.md); with your own tenant, go on with [deployment](../how-to/deploy.md).
"""
PNP_HEAD = """\
# From the PnP cmdlet, word for word

<!-- Written by `python scripts/transcript.py`, which carries these commands out against `upa sim`; so does a test. -->

The first hour of somebody who runs `Sync-PnPSharePointUserProfilesFromAzureActiveDirectory` today: from the script to
the first profiles, in a simulated tenant on one machine. Every line of output below is real. All options are in
[the command line](../reference/cli.md); with your own tenant, go on with [deployment](../how-to/deploy.md).
[Why not the cmdlet?](../explanation/why-not.md) compares the two.
"""
PNP_SCRIPT = """\
Connect-PnPOnline -Url https://contoso.sharepoint.com/sites/upa -Interactive
Sync-PnPSharePointUserProfilesFromAzureActiveDirectory -UserProfilePropertyMapping @{
  "CostCenter" = "costCenter"
  "Division"   = "division"
  "Badge"      = "ext_123456"
  "EmployeeType" = "EmployeeType"
} -Folder "Imports" -IdType PrincipalName -Wait
"""
ROLES = (
    ("sharepoint", "User.ReadWrite.All", True),
    ("sharepoint", "User.Read.All", False),
    ("graph", "User.Read.All", False),
    ("graph", "Application.Read.All", False),
    ("graph", "AppRoleAssignment.ReadWrite.All", False),
)
"""Roles of the app: service, role, whether it is taken away."""
ON_PURPOSE = """\
A role is missing on this page, for the doctor to find, and the app may grant it back. To have the same, change the
app's roles through the simulator's control surface.
"""
TENANT = """\
In a first terminal, `upa sim` serves a tenant with 40 people and stays. It prints the variables that make clients find
and trust it; they are set in the second terminal, with a place for state and the tenant's clock.
"""


@dataclass
class Scene:
    """A command with what it printed."""

    prose: str
    command: str
    output: str = ""
    code: int = 0


class Stage:
    """A tenant served by `upa sim` in a folder of its own, and a shell in it."""

    def __init__(self, folder: Path, factor: int) -> None:
        """Start `upa sim` and wait until it listens."""
        self.folder = folder
        self.clock = f"scaled:{START}:{time.time():.3f}:{factor}"
        sim = ["sim", "--users", "40", "--directory", "tenant", "--clock", self.clock, "--json"]
        self._sim = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "upa_cli", *sim],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._sim.stdout is None:
            raise RuntimeError("upa sim has no output")
        text = ""
        while not text.endswith("}\n"):
            line = self._sim.stdout.readline()
            if not line:
                raise RuntimeError(f"upa sim didn't start: {text}")
            text += line
            if line == "}\n":
                break
        self.tenant: dict[str, Any] = json.loads(text)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("UPA_", "AZURE", "Azure"))}
        self.environ = {
            **kept,
            **self.tenant["environment"],
            "PYTHONPATH": str(ROOT),
            "UPA_STATE": "folder:state",
            "UPA_CLOCK": self.clock,
            "SSL_CERT_FILE": str(folder / "tenant" / "ca.pem"),
            "REQUESTS_CA_BUNDLE": str(folder / "tenant" / "ca.pem"),
        }

    def close(self) -> None:
        """Stop the tenant."""
        self._sim.terminate()
        self._sim.wait(10)
        if self._sim.stdout is not None:
            self._sim.stdout.close()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control surface, through the plain-HTTP managed identity endpoint."""
        url = f"{self.tenant['urls']['managed_identity']}/_sim/{path}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            return json.loads(answer.read())

    def run(self, scene: Scene) -> Scene:
        """Carry out a scene's command and take down what it prints."""
        upa = f"{sys.executable} -m upa_cli "
        line = re.sub(r"^upa ", lambda _: upa, scene.command)
        done = subprocess.run(  # noqa: S602 - our own commands, written as an administrator types them
            line,
            shell=True,
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        scene.output = "\n".join(one.rstrip() for one in done.stdout.splitlines())
        scene.code = done.returncode
        return scene


@contextmanager
def stage(factor: int) -> Iterator[Stage]:
    """Set the stage in a temporary folder: a role is exchanged for a lesser one, and the app may grant it back."""
    with tempfile.TemporaryDirectory(prefix="upa-transcript-") as folder:
        made = Stage(Path(folder), factor)
        try:
            for service, role, revoke in ROLES:
                made.control("POST", "roles", {"app": "upa-sync", "resource": service, "role": role, "revoke": revoke})
            yield made
        finally:
            made.close()


def pnp_scenes(on: Stage) -> Iterator[Scene]:
    """Return the scenes of a PnP user's first hour, as `scenes`."""
    tenant, urls = on.tenant, on.tenant["urls"]
    users = on.control("GET", "users")["users"]
    person = next(user["userPrincipalName"] for user in users if user.get("employeeOrgData", {}).get("costCenter"))
    (on.folder / "sync.ps1").write_text(PNP_SCRIPT, encoding="utf-8")
    yield Scene("The script that runs every night.", "cat sync.ps1")
    yield Scene(
        "One step makes a connector file of it, and says what it changed and why. The addresses, the certificate and "
        "the last two options are the simulated tenant's; with your own, they come from the script or are asked.",
        f"upa init --from-pnp sync.ps1 --tenant {tenant['tenant_id']} --sharepoint {urls['admin']} "
        f"--site {urls['sharepoint']}/sites/upa --client-id {tenant['client_id']} --certificate tenant/upa-sync.pem "
        f"--graph {urls['graph']} --authority {urls['login']}",
    )
    yield Scene("Is the file right? Nobody is called for that.", "upa config check")
    yield Scene(
        "What would a mapping make of real people? Nothing is stored and nothing is sent.",
        "upa try CostCenter --people 20 --show 5",
    )
    yield Scene(
        "An expression can be tried before it stands in the file.", "upa try 'ToUpper([employeeType])' --show 3"
    )
    yield Scene(
        "Would it work? The doctor finds that a role is missing, which the cmdlet would have told in the middle of a "
        "run, and names the command that grants it.",
        "upa doctor",
    )
    yield Scene(
        "`--sign-in connector`, because a simulated tenant has no administrators: with your own, sign in with "
        "`az login` and leave it out.",
        f"upa grant sharepoint:User.ReadWrite.All --to {tenant['client_id']} --sign-in connector",
    )
    yield Scene("Again, and SharePoint itself is asked about the properties.", "upa doctor --probe")
    yield Scene("What `-WhatIf` never showed: old → new, person by person. Exit code 2: there are changes.", "upa plan")
    yield Scene("One real person, end to end, while everybody else waits in staging mode.", f"upa canary {person}")
    yield Scene("It works. The connector may go live.", "upa go")
    yield Scene("The first run: everybody, in one import job that is watched to its end.", "upa run")
    yield Scene("What the runs did.", "upa runs")
    yield Scene("SharePoint's own list of import jobs, the newest first.", "upa jobs list")
    yield Scene("Why does this person's profile hold what it holds?", f"upa why {person}")
    yield Scene("The second night: nothing differs, so there is no file and no import job.", "upa run")


def scenes(on: Stage) -> Iterator[Scene]:
    """Return the scenes, each to be run before the next is asked for."""
    tenant, urls = on.tenant, on.tenant["urls"]
    users = on.control("GET", "users")["users"]
    person = next(user["userPrincipalName"] for user in users if user.get("employeeOrgData", {}).get("costCenter"))
    yield Scene(
        "`upa init` writes a commented connector file; in a terminal it asks what isn't given here. The last two "
        "options are for a simulated tenant only. Two of the faults are in this command: `Divison`, and the library "
        "`Import`.",
        f"upa init --tenant {tenant['tenant_id']} "
        f"--sharepoint {urls['admin']} --site {urls['sharepoint']}/sites/upa --folder Import "
        f"--client-id {tenant['client_id']} --certificate tenant/upa-sync.pem "
        "--map CostCenter=employeeOrgData.costCenter --map Divison=employeeOrgData.division "
        f"--graph {urls['graph']} --authority {urls['login']}",
    )
    yield Scene("Is the file right? Nobody is called for that.", "upa config check")
    yield Scene("Would it work? The doctor looks at everything a run needs, and finds the three faults.", "upa doctor")
    yield Scene(
        "First the role, with the command that the doctor names. `--sign-in connector`, because a simulated tenant "
        "has no administrators: with your own, sign in with `az login` and leave it out.",
        f"upa grant sharepoint:User.ReadWrite.All --to {tenant['client_id']} --sign-in connector",
    )
    yield Scene(
        "Then the two names in the connector file.",
        "sed -i 's/Divison/Division/; s/folder: Import$/folder: Imports/' upa.yaml",
    )
    yield Scene(
        "Again, and this time SharePoint itself is asked about the properties: an import job for nobody, cancelled "
        "at once.",
        "upa doctor --probe",
    )
    yield Scene(
        "What would be written? The plan reads everybody, and writes nothing; exit code 2 says that there are changes.",
        "upa plan",
    )
    yield Scene(
        "One real person, end to end, while the connector is still in staging mode. SharePoint takes its time: the "
        f"tenant's clock runs {FACTOR:,} times as fast as ours here, hence the hours.",
        f"upa canary {person}",
    )
    yield Scene("It works. The connector may go live.", "upa go")
    yield Scene("The first run: everybody.", "upa run")
    yield Scene("How does it stand now?", "upa status")
    yield Scene("And why does this person's profile hold what it holds?", f"upa why {person}")
    yield Scene("A second run finds nothing to do: no file, no import job.", "upa run")


def perform(
    factor: int = FACTOR,
    run: Callable[[Stage, Scene], Scene] = Stage.run,
    told: Callable[[Stage], Iterator[Scene]] = scenes,
) -> tuple[Stage, list[Scene]]:
    """Run everything, each command by `run`; returns the stage, closed, and the scenes with their output."""
    with stage(factor) as on:
        return on, [run(on, scene) for scene in told(on)]


def page(on: Stage, done: list[Scene], head: str = HEAD) -> str:
    """Write a page."""
    exports = [
        "export REQUESTS_CA_BUNDLE=tenant/ca.pem SSL_CERT_FILE=tenant/ca.pem",
        f"export IDENTITY_ENDPOINT={on.tenant['environment']['IDENTITY_ENDPOINT']} IDENTITY_HEADER=…",
        f"export UPA_STATE=folder:state UPA_CLOCK={on.clock}",
    ]
    parts = [head, "## The tenant", TENANT]
    parts.append(_block(f"upa sim --users 40 --directory tenant --clock {on.clock}"))
    parts.append(_block("\n$ ".join(exports)))
    roles = [f"role {service} {role} {str(revoke).lower()}" for service, role, revoke in ROLES]
    parts += [ON_PURPOSE, _block("\n$ ".join([ROLE, *roles])), "## The first run"]
    for scene in done:
        parts.append(textwrap.fill(scene.prose, 120, break_on_hyphens=False, break_long_words=False))
        parts.append(_block(scene.command, scene.output))
        if scene.code:
            parts.append(f"Exit code {scene.code}.")
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _block(command: str, output: str = "") -> str:
    return f"```console\n$ {command}\n" + (f"{output}\n" if output else "") + "```"


def main() -> None:
    """Write docs/tutorial/transcript.md and from-pnp.md."""
    for place, told, head in ((PAGE, scenes, HEAD), (PNP_PAGE, pnp_scenes, PNP_HEAD)):
        on, done = perform(told=told)
        place.write_text(page(on, done, head), encoding="utf-8")


if __name__ == "__main__":
    main()

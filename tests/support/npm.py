"""Programs from npm for the tests: installed into .tools once, by `make setup` or by the first test that needs one."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
_PATIENCE = 280


class NpmMissingError(RuntimeError):
    """A program isn't there and can't be installed; the message is the command to run."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is installed together: packages with their versions, and a file that is there afterwards."""

    folder: str
    packages: tuple[str, ...]
    file: str

    @property
    def home(self) -> Path:
        """The folder that it is installed into."""
        return TOOLS / self.folder

    @property
    def main(self) -> Path:
        """The file that it is started or loaded by."""
        return self.home / "node_modules" / self.file


AZURITE = Program("azurite", ("azurite@3.35.0",), "azurite/dist/src/azurite.js")
AXE = Program("axe", ("axe-core@4.14.1",), "axe-core/axe.min.js")
KUSTO = Program("kusto", ("@kusto/language-service-next@12.4.1",), "@kusto/language-service-next/bridge.js")
CLIENTS = Program(
    "clients",
    (
        "@microsoft/microsoft-graph-client@3.0.7",
        "@pnp/sp@4.17.0",
        "@pnp/nodejs@4.17.0",
        "@pnp/sp-admin@4.17.0",
        "@pnp/cli-microsoft365@11.11.0",
    ),
    "@pnp/cli-microsoft365/dist/api.js",
)


def install(program: Program) -> str:
    """Install a program unless it is there in these versions; return the path of node.

    Raises:
        NpmMissingError: there is no Node.js, or no registry.

    """
    packages = " ".join(program.packages)
    command = f"npm install --prefix {program.home.relative_to(ROOT)} {packages} --no-audit --no-fund"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NpmMissingError(f"{packages} needs Node.js 20 or newer with npm; install it, then run: {command}")
    program.home.mkdir(parents=True, exist_ok=True)
    with (program.home / ".installed").open("a+", encoding="utf-8") as installed:
        fcntl.flock(installed, fcntl.LOCK_EX)
        installed.seek(0)
        if installed.read() != packages or not program.main.is_file():
            installed.truncate(0)
            done = subprocess.run(
                [npm, *command.split()[1:]], cwd=ROOT, capture_output=True, text=True, timeout=_PATIENCE, check=False
            )
            if done.returncode or not program.main.is_file():
                tail = done.stderr.strip().splitlines()[-3:]
                raise NpmMissingError(f"{packages} could not be installed; run: {command}\n" + "\n".join(tail))
            installed.write(packages)
    return node


def main() -> None:
    """Install all of them as a part of the set-up; where one can't be had, the tests that need it say so and skip."""
    for program in (AZURITE, AXE, KUSTO, CLIENTS):
        try:
            install(program)
        except (NpmMissingError, subprocess.TimeoutExpired) as exc:
            print(exc)


if __name__ == "__main__":
    main()

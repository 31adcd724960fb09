"""Programs from npm for the tests: installed into .tools once, one process at a time."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 280


class NpmMissingError(RuntimeError):
    """A program isn't there and can't be installed; the message is the command to run."""


def install(package: str, home: Path, made: Path) -> str:
    """Install a package into a folder unless the file that it makes is there; return the path of node.

    Raises:
        NpmMissingError: there is no Node.js, or no registry.

    """
    command = f"npm install --prefix {home.relative_to(ROOT)} {package} --no-audit --no-fund"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NpmMissingError(f"{package} needs Node.js 20 or newer with npm; install it, then run: {command}")
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.is_file():
            done = subprocess.run(
                [npm, *command.split()[1:]], cwd=ROOT, capture_output=True, text=True, timeout=_PATIENCE, check=False
            )
            if done.returncode or not made.is_file():
                tail = done.stderr.strip().splitlines()[-3:]
                raise NpmMissingError(f"{package} could not be installed; run: {command}\n" + "\n".join(tail))
    return node

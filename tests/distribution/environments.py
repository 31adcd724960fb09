"""Environments that hold the wheel and nothing else of ours, built once in a run of the tests by all its processes."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
PYTHONS = [Path(one) for one in os.environ.get("UPA_WHEEL_PYTHONS", "").split()] or [Path(sys.executable)]
"""The interpreters to try: the one that runs the tests; `make wheel-test` gives all that this machine has."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment, with a folder to work in."""

    place: Path
    work: Path

    def run(self, program: str, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run one of its programs in the folder, with nothing of this checkout in reach."""
        environ = {"PATH": "/usr/bin:/bin", "HOME": str(self.work), "LANG": "C.UTF-8", "COLUMNS": "200", **more}
        command = [str(self.place / "bin" / program), *map(str, arguments)]
        return subprocess.run(
            command, cwd=self.work, env=environ, capture_output=True, text=True, timeout=240, check=False
        )

    def python(self, code: str) -> str:
        """Return what a few lines of Python print there."""
        done = self.run("python", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def built(shared: Path) -> Path:
    """Return the wheel of this checkout."""
    with _alone(shared):
        if not (found := list((shared / "dist").glob("*.whl"))):
            found = [build("wheel", shared / "dist")]
    return found[0]


def build(kind: str, folder: Path, root: Path = ROOT, **environ: str) -> Path:
    """Build the wheel or the sdist of a checkout."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, **environ}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return next(one for one in folder.iterdir() if one.name.endswith((".whl", ".tar.gz")))


def environment(shared: Path, python: Path, extras: str, work: Path) -> Environment:
    """Return an environment of this interpreter with the wheel and these extras, e.g. "[sim]", in it."""
    wheel = built(shared)
    name = subprocess.run(
        [str(python), "-c", "import sys; print(sys.version_info[1])"], capture_output=True, text=True, check=True
    )
    place = shared / f"3.{name.stdout.strip()}{extras}"
    with _alone(shared):
        if not (place / ".ready").exists():
            _uv("venv", "--quiet", "--python", python, place)
            _install(place / "bin" / "python", f"upa-sync{extras} @ {wheel.as_uri()}")
            (place / ".ready").touch()
    return Environment(place, work)


def _install(python: Path, wanted: str) -> None:
    """Install with the versions that the tests run with, from uv's cache where it has them all."""
    command = ("pip", "install", "--quiet", "--python", python, "--constraint", ROOT / "requirements-dev.txt", wanted)
    if _uv(*command, "--offline", check=False):
        _uv(*command)


def _uv(*arguments: str | Path, check: bool = True) -> int:
    words: Sequence[str] = [str(UV), *map(str, arguments)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return done.returncode


@contextmanager
def _alone(shared: Path) -> Iterator[None]:
    shared.mkdir(parents=True, exist_ok=True)
    with (shared / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

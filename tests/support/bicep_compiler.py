"""The Bicep compiler for the tests: the one on PATH, else the copy in ../shared; its answers are kept by content.

A question takes the compiler seconds, so what was asked before about the same files is read from `.tools/bicep`, and
infra/ is compiled once: what it deploys with some parameters is asked of the compiled template.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
MAIN = INFRA / "main.bicep"
SNAPSHOTS = ROOT / "tests" / "infra" / "snapshots"
KEPT = ROOT / ".tools" / "bicep"
TOOLS = ROOT.parent / "shared" / "tools" / "bicep"
GRAPH_TYPES = TOOLS / "microsoft-graph-v1.0-1.0.0.tgz"
WHY_ABSENT = "no Bicep compiler: neither `bicep` on PATH nor a copy in ../shared/tools/bicep that runs here"
PLACE = (
    *("--subscription-id", "00000000-0000-0000-0000-000000000001"),
    *("--tenant-id", "00000000-0000-0000-0000-000000000002"),
    *("--location", "westeurope"),
)
"""Where snapshots pretend to deploy."""

_PATIENCE = 120.0


class BicepMissingError(RuntimeError):
    """No compiler is to be had here."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the compiler said."""

    code: int
    stdout: str
    stderr: str


@cache
def find() -> Path | None:
    """Return the compiler, None where there is none that runs."""
    on_path = shutil.which("bicep")
    if on_path is not None:
        return Path(on_path)
    copy = TOOLS / "bicep"
    if not copy.is_file():
        return None
    works = subprocess.run([str(copy), "--version"], capture_output=True, timeout=_PATIENCE, check=False)
    return copy if works.returncode == 0 else None


def build() -> Answer:
    """Compile and lint infra/: the template, and what compiler and linter have to say.

    Raises:
        BicepMissingError: there is no compiler.

    """
    return _kept("build", lambda: _run("build", MAIN, "--stdout"), INFRA)


def template() -> dict[str, Any]:
    """Return the compiled template."""
    built = build()
    assert built.code == 0, built.stderr
    return json.loads(built.stdout)


def validate(parameters: Path) -> Answer:
    """Compare a snapshot with what infra/ deploys now; code 1 and the differing properties where they differ."""
    text = parameters.read_text(encoding="utf-8")
    committed = parameters.with_suffix(".snapshot.json").read_text(encoding="utf-8")

    def run() -> Answer:
        file = _of_the_template(text, f"validated-{parameters.stem}")
        _write(file.with_suffix(".snapshot.json"), committed)
        return _run("snapshot", file, "--mode", "validate", *PLACE)

    return _kept(f"validate {parameters.name}", run, INFRA, parameters.parent)


def predict(parameters: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return the resources that infra/ would deploy with these parameters beside name and region."""
    values = {"environmentName": "example", "location": "westeurope", **parameters}
    text = "\n".join(["using ''", *(f"param {name} = {_literal(value)}" for name, value in values.items())]) + "\n"

    def run() -> Answer:
        file = _of_the_template(text, hashlib.sha256(text.encode()).hexdigest()[:16])
        said = _run("snapshot", file, "--mode", "overwrite", *PLACE)
        written = file.with_suffix(".snapshot.json")
        return Answer(said.code, written.read_text(encoding="utf-8") if said.code == 0 else "", said.stderr)

    answer = _kept(f"predict {text}", run, INFRA)
    assert answer.code == 0, answer.stderr
    return json.loads(answer.stdout)["predictedResources"]


def _of_the_template(parameters: str, name: str) -> Path:
    """Write parameters for the compiled template, and beside them the template; return their file."""
    built = json.dumps(template())
    compiled = KEPT / "sets" / f"template-{hashlib.sha256(built.encode()).hexdigest()[:16]}.json"
    file = KEPT / "sets" / f"{name}.bicepparam"
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(compiled, built)
    _write(file, re.sub(r"^using '.*'$", f"using '{compiled.name}'", parameters, count=1, flags=re.MULTILINE))
    return file


def write_snapshots() -> None:
    """Predict the committed parameter sets anew; what changed is seen in the diff."""
    for parameters in sorted(SNAPSHOTS.glob("*.bicepparam")):
        said = _run("snapshot", parameters, "--mode", "overwrite", *PLACE)
        assert said.code == 0, said.stderr


def read_config(path: Path) -> dict[str, Any]:
    """Read a configuration; lines of comments are allowed in it."""
    return json.loads(re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE))


def _literal(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool | int) else f"'{value}'"


def _run(command: str, file: Path, *options: str) -> Answer:
    compiler = find()
    if compiler is None:
        raise BicepMissingError(WHY_ABSENT)
    done = subprocess.run(
        [str(compiler), command, str(file), "--config", str(_config()), *options],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def _config() -> Path:
    """Return infra's configuration, with the Graph types from disk where a copy lies there."""
    source = INFRA / "bicepconfig.json"
    if not GRAPH_TYPES.is_file():
        return source
    config = read_config(source)
    config["extensions"]["microsoftGraphV1"] = os.path.relpath(GRAPH_TYPES, KEPT)
    text = json.dumps(config)
    KEPT.mkdir(parents=True, exist_ok=True)
    target = KEPT / f"config-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    if not target.is_file():
        _write(target, text)
    return target


def _kept(question: str, ask: Callable[[], Answer], *folders: Path) -> Answer:
    """Return the kept answer to a question about the files of these folders, or ask and keep it."""
    compiler = find()
    if compiler is None:
        raise BicepMissingError(WHY_ABSENT)
    digest = hashlib.sha256(json.dumps([question, compiler.stat().st_size, compiler.stat().st_mtime]).encode())
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    kept = KEPT / f"{digest.hexdigest()[:32]}.json"
    with _alone(kept.with_suffix(".lock")):
        if kept.is_file():
            return Answer(**json.loads(kept.read_text(encoding="utf-8")))
        answer = ask()
        _write(kept, json.dumps(asdict(answer)))
    return answer


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Let one process at a time ask the same question."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _write(target: Path, text: str) -> None:
    fresh = target.with_suffix(f".{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.rename(target)


if __name__ == "__main__":
    write_snapshots()

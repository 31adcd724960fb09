"""The Bicep compiler for the tests: the one on PATH, else the copy in ../shared; its answers are kept by content.

A build takes three seconds, so what was asked before about the same files is read from `.tools/bicep`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
KEPT = ROOT / ".tools" / "bicep"
TOOLS = ROOT.parent / "shared" / "tools" / "bicep"
GRAPH_TYPES = TOOLS / "microsoft-graph-v1.0-1.0.0.tgz"
WHY_ABSENT = "no Bicep compiler: neither `bicep` on PATH nor a copy in ../shared/tools/bicep that runs here"
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


def ask(command: str, file: Path, *options: str) -> Answer:
    """Run a command of the compiler over a file; the same question about the same files is answered from disk.

    `file` lies in a folder that holds everything it names, or in a folder beside infra/.

    Raises:
        BicepMissingError: there is no compiler.
    """
    compiler = find()
    if compiler is None:
        raise BicepMissingError(WHY_ABSENT)
    config = _config(file)
    question = json.dumps([command, str(file), options, compiler.stat().st_size, compiler.stat().st_mtime, str(config)])
    kept = KEPT / f"{_hash(question, {INFRA, file.parent})}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.with_suffix(".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.is_file():
            return Answer(**json.loads(kept.read_text(encoding="utf-8")))
        done = subprocess.run(
            [str(compiler), command, str(file), "--config", str(config), *options],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        answer = Answer(done.returncode, done.stdout, done.stderr)
        fresh = kept.with_suffix(".fresh")
        fresh.write_text(json.dumps(asdict(answer)), encoding="utf-8")
        fresh.rename(kept)
    return answer


def _config(file: Path) -> Path:
    """Return the configuration: infra's, with the Graph types from disk where a copy lies there."""
    own = file.parent / "bicepconfig.json"
    source = own if own.is_file() else INFRA / "bicepconfig.json"
    if not GRAPH_TYPES.is_file():
        return source
    config = json.loads(source.read_text(encoding="utf-8"))
    config["extensions"]["microsoftGraphV1"] = os.path.relpath(GRAPH_TYPES, KEPT)
    text = json.dumps(config)
    KEPT.mkdir(parents=True, exist_ok=True)
    target = KEPT / f"config-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    if not target.is_file():
        fresh = target.with_suffix(f".{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        fresh.rename(target)
    return target


def _hash(question: str, folders: set[Path]) -> str:
    digest = hashlib.sha256(question.encode())
    for path in sorted(path for folder in folders for path in folder.rglob("*.bicep*")):
        digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]

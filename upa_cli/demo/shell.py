"""The commands that a reader types in another terminal: the program's name, and variables in their shell's words."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Literal

Shell = Literal["sh", "fish", "csh", "pwsh"]
_NAMES: dict[str, Shell] = {"fish": "fish", "csh": "csh", "tcsh": "csh", "pwsh": "pwsh", "powershell": "pwsh"}


def shell_of(environ: Mapping[str, str]) -> Shell:
    """Return the reader's shell, as the environment shows it: sh, bash and zsh have the same words."""
    name = PurePath(environ.get("SHELL", "").replace("\\", "/")).stem.lower()
    return _NAMES.get(name, "pwsh" if not name and "PSModulePath" in environ else "sh")


def program() -> str:
    """Return the command that calls `upa` here: its name where the path leads to this installation, else its place."""
    beside = Path(sys.executable).parent / "upa"
    found = shutil.which("upa")
    if found is not None and beside.exists() and Path(found).resolve() == beside.resolve():
        return "upa"
    place = beside if beside.exists() else Path(sys.executable)
    shown = os.path.relpath(place) if place.is_relative_to(Path.cwd()) else str(place)
    return shlex.quote(shown) + ("" if beside.exists() else " -m upa_cli")


def environment_file(folder: Path, values: Mapping[str, str], shell: Shell) -> str:
    """Write the variables into a file of the folder, and return the line that sets them in a shell."""
    words = {"sh": "export {name}={value}", "fish": "set -gx {name} {value}", "csh": "setenv {name} {value}"}
    template = words.get(shell, "$env:{name} = {value}")
    place = folder / ("env.ps1" if shell == "pwsh" else "env")
    lines = [template.format(name=name, value=quoted(value, shell)) for name, value in values.items()]
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    place.chmod(0o600)
    shown = quoted(str(place.resolve()), shell)
    return f"{'source' if shell in ('fish', 'csh') else '.'} {shown}"


def quoted(text: str, shell: Shell) -> str:
    """Quote a text for a shell."""
    if shell == "pwsh":
        return "'" + text.replace("'", "''") + "'"
    if shell == "fish":
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return shlex.quote(text)

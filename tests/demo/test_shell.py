"""What the demo tells its reader to type works in their shell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from upa_cli.demo.shell import environment_file, program, quoted, shell_of

VALUES = {"UPA_A": 'it\'s a "test" $HOME `x` \\', "UPA_B": "https://127.0.0.1:1/?a=b&c=d"}


@pytest.mark.parametrize(
    ("environ", "shell"),
    [
        ({"SHELL": "/bin/bash"}, "sh"),
        ({"SHELL": "/usr/bin/zsh"}, "sh"),
        ({"SHELL": "/usr/bin/fish"}, "fish"),
        ({"SHELL": "/bin/tcsh"}, "csh"),
        ({"SHELL": "/usr/bin/pwsh"}, "pwsh"),
        ({"PSModulePath": "C:\\x"}, "pwsh"),
        ({}, "sh"),
    ],
)
def test_the_shell_is_the_readers(environ: dict[str, str], shell: str) -> None:
    """As the environment tells."""
    assert shell_of(environ) == shell


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "fish"])
def test_the_line_sets_the_variables_as_they_are(tmp_path: Path, shell: str) -> None:
    """Carried out in that shell: quotes, dollars and backslashes arrive."""
    there = shutil.which(shell)
    if there is None:
        pytest.skip(f"{shell} isn't here")
    line = environment_file(tmp_path, VALUES, "fish" if shell == "fish" else "sh")
    script = f'{line}; printf "%s|%s" "$UPA_A" "$UPA_B"'
    done = subprocess.run([there, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "|".join(VALUES.values())


def test_powershell_gets_its_own_words(tmp_path: Path) -> None:
    """Single quotes are doubled; nothing else means anything in them."""
    line = environment_file(tmp_path, VALUES, "pwsh")

    assert line == f". '{tmp_path / 'env.ps1'}'"
    assert (tmp_path / "env.ps1").read_text(encoding="utf-8").splitlines()[0] == (
        "$env:UPA_A = 'it''s a \"test\" $HOME `x` \\'"
    )
    assert quoted("a'b", "csh") == quoted("a'b", "sh")


def test_the_program_is_called_as_it_can_be_called() -> None:
    """The words start this installation's upa."""
    done = subprocess.run(f"{program()} --version", shell=True, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("upa ")

"""Microsoft's triggers as a child process."""

from __future__ import annotations

from pathlib import Path

from functions_host.azure.program import AzureProgram, Supervisor

PROGRAM = """#!/bin/sh
echo "ready {\\"home\\": \\"$HOME\\", \\"cache\\": \\"$XDG_CACHE_HOME\\"}"
cat > /dev/null
"""


def test_the_program_keeps_its_timers_past_in_the_hosts_own_state(tmp_path: Path) -> None:
    """The SDK writes it below HOME: two hosts of one user would take each other's occurrences for missed ones."""
    program = tmp_path / "triggers"
    program.write_text(PROGRAM, encoding="utf-8")
    program.chmod(0o700)
    supervisor = Supervisor(AzureProgram(program), tmp_path / "state" / "azure-triggers.json")

    supervisor.start()
    said = supervisor.client()
    supervisor.stop()

    assert said["home"] == str(tmp_path / "state" / "timers")
    assert said["cache"] not in ("", said["home"])

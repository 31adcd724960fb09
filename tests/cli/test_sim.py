"""`upa sim`: what it prints is enough to be used as it stands, and its mistakes are one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from tenant_sim import TenantSim
from tenant_sim.main import describe
from upa_cli.main import command_line
from upa_cli.shell import exits


def test_what_it_prints_is_a_tenant_to_work_with(tmp_path: Path) -> None:
    """Addresses answer under the CA file, and the connector file is valid and passes the doctor's checks of access."""
    command = [sys.executable, "-m", "upa_cli", "sim", "--users", "5", "--directory", str(tmp_path), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            shown = json.loads("".join([*iter(process.stdout.readline, "}\n"), "}"]))
            with requests.Session() as session:
                session.trust_env = False
                asked = session.get(shown["control"], verify=shown["ca_file"], timeout=10).json()
            environ = {**os.environ, **shown["environment"], "UPA_CONFIG": shown["connector_file"], "NO_COLOR": "1"}
            environ["UPA_STATE"] = f"folder:{tmp_path / 'state'}"
            runner = CliRunner()
            checked = runner.invoke(command_line(), ["config", "check"], env=environ)
            looked = runner.invoke(command_line(), ["doctor", "--json"], env=environ)
        finally:
            process.terminate()
        code = process.wait(20)

    assert (asked["tenant_id"], asked["users"]) == (shown["tenant_id"], 5)
    assert checked.exit_code == exits.OK, checked.output
    assert looked.exit_code in (exits.OK, exits.CHANGES), looked.output  # a warning at most
    assert code == exits.OK


def test_a_connector_file_that_was_edited_stays(tmp_path: Path) -> None:
    """The next start writes its addresses beside it, and names both; every path is absolute."""
    sim, told = TenantSim(), []
    with sim.serve(directory=os.path.relpath(tmp_path)) as served:
        describe(served, 0, False, told.append)
        edited = served.directory / "upa.yaml"
        edited.write_text("mine", encoding="utf-8")
        describe(served, 0, False, told.append)

        assert edited.read_text(encoding="utf-8") == "mine"
        assert "connectors:" in (tmp_path / "upa.new.yaml").read_text(encoding="utf-8")
        assert any("is there already and stays" in line for line in told)
        assert all(
            Path(value).is_absolute()
            for name, value in served.environment().items()
            if name.endswith(("BUNDLE", "CERT_FILE"))
        )


def test_mistakes_are_one_line(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A foreign host name, a feed that is none, a clock nobody knows: exit code 64 and one line that says what to do.

    A feed that is missing, empty, separated by semicolons or in Windows-1252 has its own sentence each.
    """
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "semicolons.csv").write_text("WorkerID;UserID\n1;a\n", encoding="utf-8")
    (tmp_path / "old.csv").write_bytes("WorkerID,UserID\n1,Zürich\n".encode("cp1252"))
    for arguments, text in (
        (["--hr", str(tmp_path / "empty.csv")], "empty.csv is empty: its first line names the columns"),
        (["--hr", str(tmp_path / "semicolons.csv")], "the columns are separated by semicolons"),
        (["--hr", str(tmp_path / "old.csv")], "has to be saved as UTF-8"),
        (["--hosts", "example.com"], "name one each for login, graph, site and admin"),
        (["--hr", "/nowhere.csv"], "/nowhere.csv: there is no such file"),
        (["--clock", "sundial"], "write 'wall' or 'scaled:"),
    ):
        result = CliRunner().invoke(command_line(), ["sim", "--users", "1", *arguments])
        told = result.stderr + capfd.readouterr().err

        assert result.exit_code == exits.USAGE
        assert text in told
        assert told.count("\n") == 1

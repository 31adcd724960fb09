"""Bad input of every kind ends in one line, an honest exit code and no stack trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Office
from upa_cli.__main__ import main as start
from upa_cli.shell import exits
from upa_cli.shell.context import Cli, Options
from upa_cli.shell.failures import guarded
from upa_cli.shell.output import clean
from upa_core.domain.spreadsheet import safe_cell

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)
FILES = {
    "bomb": BOMB,
    "python": "version: 1\nconnectors: !!python/object/apply:os.system ['touch pwned']\n",
    "deep": "[" * 5000 + "]" * 5000,
    "huge": "version: 1\n# " + "x" * 5_000_000,
    "binary": "\x00\x01\x02",
    "empty": "",
    "list": "- 1\n- 2\n",
    "escape": "version: \x1b[31mred\n",
}


@pytest.mark.parametrize("kind", FILES)
def test_a_hostile_connector_file_is_a_config_error(office: Office, kind: str) -> None:
    """A bomb, a tag that would run code, a deep, huge, binary or empty file: exit code 3, no trace, no escape code."""
    office.config.write_text(FILES[kind], encoding="utf-8")
    answer = office.upa("status")

    assert answer.code == exits.CONFIG
    assert "Traceback" not in answer.err + answer.out
    assert "\x1b" not in answer.err
    assert not Path("pwned").exists()


def test_a_missing_connector_file_is_named(office: Office) -> None:
    """The file that isn't there is named with the way to one, exit code 3."""
    answer = office.upa("plan", "--config", str(office.folder / "no.yaml"))

    assert (answer.code, answer.err) == (
        exits.CONFIG,
        f"{office.folder}/no.yaml: there is no such file. Name one with UPA_CONFIG or --config; upa init writes one\n",
    )


def test_the_doctor_names_a_setting_that_isnt_there_and_where_it_goes(office: Office) -> None:
    """`${NAME}` in the connector file: the line, the name, this shell, and the function app."""
    office.write(replace=("folder: Imports", "folder: ${UPA_LIBRARY}"))
    answer = office.upa("doctor")

    assert answer.code == exits.CONFIG
    assert "${UPA_LIBRARY}: the setting UPA_LIBRARY isn't there or is empty; set it where upa runs" in answer.err
    assert "for the function app in extraSettings" in answer.err


def test_no_place_for_state_is_named(office: Office) -> None:
    """Without any setting for state the message says what to set."""
    answer = office.upa("status", UPA_STATE="")

    assert answer.code == exits.CONFIG
    assert "set UPA_STATE (folder:<path> or a container URL)" in answer.err


@pytest.mark.parametrize("place", ["nonsense", "http://example.com/x", "https://example.com", "folder:"])
def test_a_wrong_place_for_state_is_a_config_error(office: Office, place: str) -> None:
    """A place that is neither folder nor container is refused with what to write."""
    assert office.upa("status", "--state", place).code == exits.CONFIG


def test_an_unknown_connector_gets_a_suggestion(office: Office) -> None:
    """A misspelt connector: exit code 64, and the near name."""
    near, far = office.upa("status", "--connector", "peoples"), office.upa("run", "--connector", "\x1b[2Jx")

    assert (near.code, near.err) == (exits.USAGE, "no connector named 'peoples'; did you mean people?\n")
    assert (far.code, "\x1b" in far.err) == (exits.USAGE, False)


def test_several_connectors_ask_for_a_name(office: Office) -> None:
    """With two connectors, commands about one want its name; `status` tells both."""
    text = office.config.read_text(encoding="utf-8")
    second = text.partition("connectors:\n")[2].replace("name: people", "name: others")
    for target in ("CostCenter", "Division", "Badge"):
        second = second.replace(f"target: {target}", f"target: {target}2")
    office.config.write_text(text + second, encoding="utf-8")

    asked, both = office.upa("plan"), office.upa("status", "--json")

    assert (asked.code, asked.err.endswith("name one with --connector (people, others)\n")) == (exits.USAGE, True)
    assert [one["connector"] for one in both.json["connectors"]] == ["people", "others"]


def test_unreadable_state_is_told_without_a_trace(office: Office) -> None:
    """A damaged or newer state document is named, exit code 1."""
    office.upa("run")
    state = office.folder / "state" / "connectors" / "people" / "state.json"
    for damage in ("{", '{"version": 99}', "[]"):
        state.write_text(damage, encoding="utf-8")
        answer = office.upa("status")
        assert answer.code == exits.FAILED
        assert answer.err.startswith("connectors/people/state.json ")
        assert "Traceback" not in answer.err


def test_a_refused_credential_is_access_denied(office: Office) -> None:
    """Without the role the run exits with 4 and points to the doctor."""
    office.sim.apps.identity.revoke("graph", "User.Read.All")
    answer = office.upa("run", "--json")

    assert (answer.code, answer.json["error"]["exit_code"]) == (exits.ACCESS, exits.ACCESS)
    assert "upa doctor" in answer.json["error"]["next"]


def test_an_unreachable_service_is_try_later(office: Office) -> None:
    """A service that doesn't answer: exit code 5, and nothing is lost."""
    office.sim.faults.add(surface="graph", drop="before")
    answer = office.upa("why", office.upn("ada"))

    assert answer.code == exits.LATER
    assert answer.err.endswith("Next: nothing is lost; try again in a few minutes\n")


def test_names_with_odd_characters_reach_the_screen_escaped(office: Office) -> None:
    """Control characters in a person's values can't move the cursor or colour the screen."""
    office.edit("ada", employeeOrgData={"costCenter": "\u202eevil", "division": "a\u0007b"})
    shown = office.upa("sync-user", office.upn("ada"), "--dry-run").out + office.upa("plan").out

    assert ("\u202e" in shown, "\u0007" in shown) == (False, False)
    assert "\\u202eevil" in shown


def test_a_user_name_with_a_quote_is_looked_up(office: Office) -> None:
    """o'brien#ext# is a name like any other."""
    name = "o'brien_contoso.com#EXT#@contoso.onmicrosoft.com"
    person = office.sim.directory.add({"userPrincipalName": name, "displayName": "O", "userType": "Guest"})

    assert office.upa("why", name, "--json").json["person"] == person


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
    ],
)
def test_formulas_in_csv_are_disarmed(cell: str, safe: str) -> None:
    """What begins like a formula, also after spaces or in full width, begins with an apostrophe instead."""
    assert (safe_cell(cell), safe_cell("a=1"), safe_cell(None)) == (safe, "a=1", "")


def test_clean_text_is_printable() -> None:
    """Clean text keeps every script and shows the rest as escapes."""
    assert clean("Zoë 漢字\n\x1b[0m\u2028") == "Zoë 漢字\\x0a\\x1b[0m\\u2028"


def test_a_defect_shows_its_trace_only_with_debug(capsys: pytest.CaptureFixture[str]) -> None:
    """An unexpected error is one line and exit code 70; --debug shows where."""

    def broken(_: Cli) -> int:
        return 1 // 0

    codes, told = [], []
    for debug in (False, True):
        codes.append(guarded(Options(debug=debug), broken, {}))
        told.append(capsys.readouterr().err)

    assert codes == [exits.INTERNAL, exits.INTERNAL]
    assert told[0].startswith("a defect of upa: ZeroDivisionError")
    assert ("Traceback" in told[0], "Traceback" in told[1]) == (False, True)


def test_the_real_program_pipes_without_colour(office: Office) -> None:
    """`python -m upa_cli` in a pipe prints no escape codes, and its exit code is the command's."""
    command = [sys.executable, "-m", "upa_cli", "plan"]
    environ = {**os.environ, **office.environ}
    environ.pop("NO_COLOR")
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == exits.CHANGES, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stdout.startswith("Plan of people: 3 people with values to set")


def test_a_terminal_without_unicode_gets_question_marks(office: Office) -> None:
    """Where the output can't be encoded the command still ends with its own exit code."""
    command = [sys.executable, "-m", "upa_cli", "sync-user", office.upn("ada"), "--dry-run"]
    environ = {**os.environ, **office.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == exits.CHANGES, done.stderr
    assert "CostCenter: (unknown) ? CC-1" in done.stdout


def test_ctrl_c_is_told_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A command stopped with Ctrl-C ends with 130 and says that it can be repeated."""

    def stopped(_: Cli) -> int:
        raise KeyboardInterrupt

    code = guarded(Options(), stopped, {})

    assert (code, capsys.readouterr().err) == (
        exits.INTERRUPTED,
        "stopped; nothing is lost\nNext: run the same command again to go on\n",
    )


def test_the_program_starts_without_the_simulator_or_the_sdk() -> None:
    """`upa --help` imports neither simulator, functions host, msgraph nor azure: it answers at once."""
    code = (
        "import sys; from upa_cli.main import command_line\ntry: command_line()(['--help'])\nexcept SystemExit: pass\n"
    )
    code += "print([m for m in ('tenant_sim', 'functions_host', 'msgraph', 'azure', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("help run", "run --help"),
        ("help run show", "run show --help"),
        ("escrow help", "escrow --help"),
        ("run show -h", "run show --help"),
        ("help", "--help"),
    ],
)
def test_help_is_a_word_too(office: Office, asked: str, shown: str) -> None:
    """`upa help run` prints what `upa run --help` prints, and so does -h."""
    answer = office.upa(*asked.split())

    assert answer.code == exits.OK
    assert answer.out == office.upa(*shown.split()).out
    assert answer.out.startswith("Usage: ")


def test_help_on_a_command_that_isnt_there_suggests_one(office: Office) -> None:
    """As the command itself would."""
    answer = office.upa("help", "rnu")

    assert answer.code == exits.USAGE
    assert "Did you mean 'run'" in answer.err


def test_ctrl_c_while_the_program_still_loads_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Loading takes a second on a slow machine; nobody wants a stack trace of it."""

    class Loading:
        def __getattr__(self, _: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "upa_cli.main", Loading())
    with pytest.raises(SystemExit) as stopped:
        start()

    assert stopped.value.code == exits.INTERRUPTED
    assert capsys.readouterr().err == "stopped before anything was done\n"

"""`upa run`, `upa status`, `upa runs`, `upa plan` against a tenant on loopback."""

from __future__ import annotations

import csv
import json
import re

from tests.cli.conftest import Office
from tests.cli.terminal import talk
from upa_cli.shell import exits
from upa_cli.shell.context import Cli, Options
from upa_core.domain.people.shadow import Shard
from upa_core.state.change_people import change_people_between_runs


def test_a_first_run_delivers_and_the_second_finds_nothing(office: Office) -> None:
    """The first run exports everybody and waits for the import job; the second reports that nothing changed."""
    first = office.upa("run", "--json")
    second = office.upa("run")

    assert (first.code, first.json["outcome"]) == (exits.OK, "complete")
    assert first.json["runs"][0]["counts"]["exported"] == 3
    assert office.profile("ada")["CostCenter"] == "CC-1"
    assert (second.code, second.out) == (exits.OK, "Nothing changed: no file, no import job.\n")


def test_progress_goes_to_the_error_stream(office: Office) -> None:
    """Standard output holds the result alone; what happens meanwhile is told on the error stream."""
    answer = office.upa("run")

    assert "import job is Submitted" in answer.err
    assert answer.out.startswith("Run 2026")
    assert answer.out.count("\n") == 1


def test_a_terminal_shows_what_is_waited_for(office: Office) -> None:
    """While SharePoint works there is a live line with the wait and the next look; in colour, unlike in a pipe."""
    environ = {name: value for name, value in office.environ.items() if name != "NO_COLOR"}
    code, shown = talk(office.folder, ["run"], environ=environ)
    piped = office.upa("status", NO_COLOR="")

    assert code == exits.OK
    assert "looking again at" in shown
    assert "\x1b[2m" in shown
    assert "\x1b" not in piped.out + piped.err


def test_a_plan_writes_nothing(office: Office) -> None:
    """A plan exits with 2 where something would change, and leaves neither state nor library touched."""
    answer = office.upa("plan")

    assert answer.code == exits.CHANGES
    assert "3 people with values to set" in answer.out
    assert not (office.folder / "state").exists() or not list((office.folder / "state").rglob("*.json"))
    assert "sharepoint Files/AddUsingPath" not in office.sim.calls.counts()


def test_a_plan_without_changes_exits_with_0(office: Office) -> None:
    """After a run the plan is empty."""
    office.upa("run")

    answer = office.upa("plan")

    assert answer.code == exits.OK
    assert answer.out.startswith("Plan of people: nothing would change for 0 people.\n")


def test_a_plan_shows_old_and_new(office: Office) -> None:
    """A changed value shows as old → new; a removed one as cleared."""
    office.upa("run")
    office.edit("ada", employeeOrgData={"costCenter": "CC-9", "division": None})

    changes = office.upa("plan", "--json").json["people"][0]["changes"]

    assert changes == {"CostCenter": {"old": "CC-1", "new": "CC-9"}, "Division": {"old": "Research", "new": ""}}


def test_redacted_values_show_nowhere(office: Office) -> None:
    """The value of a mapping marked `redact` appears in no command's output, in text, CSV or JSON."""
    told = [office.upa("plan"), office.upa("plan", "--json"), office.upa("plan", "--csv", "-")]
    told += [office.upa("sync-user", office.upn("cy"), "--dry-run"), office.upa("run"), office.upa("run", "--debug")]
    told += [
        office.upa("why", office.upn("cy")),
        office.upa("why", office.upn("cy"), "--json"),
        office.upa("state", "show"),
    ]

    assert office.profile("cy")["Badge"] == "secret-7"
    assert not [answer for answer in told if "secret-7" in answer.out + answer.err]
    assert re.search(r"^Badge +\*\*\* *$", told[6].out, re.MULTILINE)


def test_csv_of_a_plan_is_no_formula(office: Office) -> None:
    """A value that a spreadsheet would execute is quoted with an apostrophe."""
    office.edit("ada", employeeOrgData={"costCenter": '=HYPERLINK("http://evil")', "division": "+1"})
    office.edit("bo", employeeOrgData={"costCenter": " @SUM(1)", "division": "fine"})
    place = office.folder / "plan.csv"

    assert office.upa("plan", "--csv", str(place)).code == exits.CHANGES
    with place.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    new = {row["new"] for row in rows}
    assert {'\'=HYPERLINK("http://evil")', "'+1", "' @SUM(1)", "fine", "***", "CC-3", ""} == new


def test_proposed_mappings_show_up_in_plans_only(office: Office) -> None:
    """A proposed mapping is planned for everybody, apart: it isn't sent, and doesn't change the exit code."""
    office.upa("run")
    beside = (
        "      - {target: Division, source: employeeOrgData.costCenter, state: proposed}\n"
        "      - {target: Gone, source: employeeOrgData.costCenter, state: retired}\n"
    )
    office.write(more=beside)
    place = office.folder / "plan.csv"
    plan, text = office.upa("plan", "--json"), office.upa("plan", "--csv", str(place))
    ran = office.upa("run")
    changes = {one["user"]: one["changes"] for one in plan.json["proposed"]["people"]}

    assert (plan.code, text.code, plan.json["proposed"]["properties"]) == (exits.OK, exits.OK, ["Division"])
    assert plan.json["people"] == []
    assert changes[office.upn("ada")] == {"Division": {"old": "Research", "new": "CC-1"}}
    assert "Proposed (Division): 3 people with values to set, 0 with values to clear." in text.out
    assert place.read_text(encoding="utf-8-sig").count('"proposed: not sent"') == 3
    assert (ran.code, office.profile("ada")["Division"], len(office.sim.jobs)) == (exits.OK, "Research", 1)


def test_a_proposed_mapping_that_refuses_a_value_is_told(office: Office) -> None:
    """`on_invalid: fail_run` of a proposed mapping spoils neither the plan nor a run."""
    options = "type: integer, on_invalid: fail_run, state: proposed"
    office.write(more=f"      - {{target: N, source: employeeOrgData.division, {options}}}\n")

    plan = office.upa("plan")

    assert plan.code == exits.CHANGES
    assert "Proposed (N): " in plan.out
    assert office.upa("run").code == exits.OK


def test_the_csv_names_everybody_and_says_who_is_out_of_scope_and_why(office: Office) -> None:
    """Each row has object id and user name, for people read now and for those who wait in the outbox."""
    office.write(
        staging=True,
        replace=(
            "    threshold:",
            "    scope: {clauses: ['employeeOrgData.costCenter NOT EQUALS CC-2']}\n    threshold:",
        ),
    )
    place = office.folder / "plan.csv"

    def rows() -> set[tuple[str, str, str, str, str]]:
        office.upa("plan", "--csv", str(place))
        with place.open(encoding="utf-8-sig", newline="") as stream:
            found = csv.DictReader(stream)
            return {(r["person"], r["user"], r["property"], r["kind"] or r["result"], r["why"]) for r in found}

    fresh = rows()
    office.upa("run")
    waiting = rows()

    out = (office.people["bo"], office.upn("bo"), "", "out_of_scope", "not employeeOrgData.costCenter NOT EQUALS CC-2")
    assert out in fresh
    assert (office.people["ada"], office.upn("ada"), "CostCenter", "set", "") in fresh
    assert waiting == fresh


def test_staging_mode_pulls_and_sends_nothing_until_go(office: Office) -> None:
    """In staging mode `run` exits with 2 and sends nothing; after `upa go` it delivers."""
    office.write(staging=True)
    staged, plan = office.upa("run"), office.upa("plan")
    queued = len(office.sim.jobs)
    gone, live = office.upa("go"), office.upa("run")

    assert (staged.code, queued) == (exits.CHANGES, 0)
    assert staged.out == "Staging mode: people were pulled, nothing was sent. Next: upa plan, then upa go\n"
    assert plan.out.endswith("Staging mode: nothing is sent until you say so. Next: upa canary USER, then upa go\n")
    assert gone.out == "people leaves staging mode. Next: upa run, or wait for the timer\n"
    assert (live.code, office.profile("ada")["CostCenter"]) == (exits.OK, "CC-1")


def test_a_changed_mapping_waits_for_go(office: Office) -> None:
    """Once live, a changed mapping is planned and not sent; status says why, and `upa go` lets it out."""
    office.write(staging=True)
    office.upa("go")
    office.upa("run")
    jobs = len(office.sim.jobs)
    office.write(staging=True, replace=("source: employeeOrgData.division, on_empty: clear", "constant: All"))
    staged, status, plan = office.upa("run"), office.upa("status"), office.upa("plan", "--json")
    again, live = office.upa("go"), office.upa("run")

    assert (staged.code, plan.json["mode"], jobs) == (exits.CHANGES, "staging", 1)
    assert "staging mode: mappings, scope or source changed" in status.out
    assert {target for one in plan.json["people"] for target in one["changes"]} == {"Division"}
    assert again.out == "people leaves staging mode. Next: upa run, or wait for the timer\n"
    assert (live.code, len(office.sim.jobs), office.profile("cy")["Division"]) == (exits.OK, jobs + 1, "All")


def test_go_on_a_live_connector_changes_nothing(office: Office) -> None:
    """Saying go twice, or to a connector without staging mode, is told as such."""
    without = office.upa("go")
    office.write(staging=True)
    office.upa("go")

    assert without.out == "people has no staging mode (`staging: false`): it is live.\n"
    assert office.upa("go").out == "people is live already. Next: upa status\n"


def test_a_paused_connector_sends_nothing_until_it_is_resumed(office: Office) -> None:
    """`upa pause` keeps a run from exporting, `upa resume` lets it."""
    office.upa("pause")
    paused = office.upa("run", "--json")
    office.upa("resume")

    assert (paused.code, paused.json["outcome"]) == (exits.CHANGES, "paused")
    assert office.upa("run").code == exits.OK


def test_quarantine_tells_its_next_try_and_resume_is_the_way_back_on(office: Office) -> None:
    """Refused by Graph: exit code 4, then the status says when it is tried again; switched off, a run is refused."""
    identity = office.sim.apps.identity
    identity.revoke("graph", "User.Read.All")
    refused = office.upa("run")
    shown = office.upa("status")
    place = office.folder / "state" / "connectors" / "people" / "state.json"
    stored = json.loads(place.read_text(encoding="utf-8"))
    stored["quarantine"] |= {"since": "2026-10-01T00:00:00Z", "off_since": "2026-11-01T00:00:00Z"}
    place.write_text(json.dumps(stored), encoding="utf-8")
    off = office.upa("run")
    planned = office.upa("plan", "--no-pull")
    identity.grant("graph", "User.Read.All")
    office.upa("resume")

    assert (refused.code, shown.code) == (exits.ACCESS, exits.FAILED)
    assert shown.out.startswith("people is quarantined since ")
    assert "  quarantine    since " in shown.out
    assert "; next try " in shown.out
    assert (off.code, "credentials" in off.err, off.err.rstrip().endswith("upa resume")) == (exits.REFUSED, True, True)
    assert "Switched off by quarantine" in planned.out
    assert office.upa("run").code == exits.OK
    assert office.upa("status", "--json").json["connectors"][0]["quarantine"] is None


def test_without_waiting_the_next_run_goes_on(office: Office) -> None:
    """`--no-wait` leaves the import job at SharePoint; the next run waits for it."""
    sent = office.upa("run", "--no-wait", "--json")
    status = office.upa("status", "--json").json["connectors"][0]
    done = office.upa("run", "--json")

    assert (sent.code, sent.json["outcome"]) == (exits.OK, "waiting")
    assert status["current_job"]["connector"] == "people"
    assert (done.code, done.json["outcome"]) == (exits.OK, "complete")


def test_a_user_can_be_sent_again(office: Office) -> None:
    """`--resend --users` sends a person whose values SharePoint has confirmed already, and nobody else."""
    office.upa("run")
    office.sim.profiles.set(office.people["ada"], "CostCenter", "by hand")

    answer = office.upa("run", "--resend", "--users", office.upn("ada"), "--json")

    assert answer.json["runs"][0]["counts"]["exported"] == 1
    assert office.profile("ada")["CostCenter"] == "CC-1"


def test_everybody_can_be_sent_again(office: Office) -> None:
    """`--resend` forgets the shadow and sends all values."""
    office.upa("run")

    assert office.upa("run", "--resend", "--json").json["runs"][0]["counts"]["exported"] == 3


def test_status_tells_the_state_and_its_exit_code(office: Office) -> None:
    """A connector that ran is healthy, exit code 0; the JSON document is that of the HTTP API."""
    office.upa("run")
    answer = office.upa("status", "--json")

    assert answer.code == exits.OK
    assert [(one["connector"], one["state"]) for one in answer.json["connectors"]] == [("people", "healthy")]


def test_runs_lists_reports_and_one_run_by_its_id(office: Office) -> None:
    """`upa runs` lists the newest first; with an id it shows that run's files."""
    run = office.upa("run", "--json").json["runs"][0]["run"]

    assert [run] == [report["run"] for report in office.upa("runs", "--json").json["runs"]]
    assert f"upa-people-{run}-1.json" in office.upa("runs", run).out
    assert office.upa("runs", "20200101T000000Z-aaaa").code == exits.REFUSED
    assert office.upa("runs", "../../etc").code == exits.USAGE


def test_resending_a_declined_value_says_that_it_was_not_sent(office: Office) -> None:
    """Neither sync-user nor run --users --resend claims to have sent what an administrator rejected."""
    office.upa("run")
    office.edit("ada", employeeOrgData={"costCenter": "CC-9"})
    cli = Cli(Options(), office.environ)

    def decline(shard: Shard, person: str) -> None:
        shard.declined[person] = {"CostCenter": "CC-9"}

    change_people_between_runs(cli.ports, cli.connector, [office.people["ada"]], decline)
    resent = office.upa("run", "--users", office.people["ada"], "--resend", "--json")
    synced = office.upa("sync-user", office.people["ada"])
    listed = office.upa("declined", "list", "--json").json

    assert resent.json["declined"] == {office.people["ada"]: ["CostCenter"]}
    assert "Not sent: CostCenter of" in synced.out
    assert listed["people"][0]["values"] == {"CostCenter": "CC-9"}
    assert office.profile("ada")["CostCenter"] == "CC-1"
    office.upa("declined", "lift", office.people["ada"])
    office.upa("run")
    assert office.profile("ada")["CostCenter"] == "CC-9"


def test_plan_writes_the_files_that_a_run_would_send(office: Office) -> None:
    """Byte for byte but for the run's id in the name; SharePoint gets nothing."""
    folder = office.folder / "would-send"
    planned = office.upa("plan", "--files", str(folder))
    [written] = folder.iterdir()
    assert (planned.code, len(office.sim.jobs)) == (exits.CHANGES, 0)
    office.upa("run")
    [sent] = (office.folder / "state").rglob("files/upa-*.json")

    assert written.read_bytes() == sent.read_bytes()
    assert written.stat().st_mode & 0o077 == 0

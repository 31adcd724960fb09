"""`upa hold`, `escrow`, `state`, `reset`, `archive`, `jobs`, `why`, `sync-user`: the pipeline in operation."""

from __future__ import annotations

import csv
import io
import json
import re
import time
import zipfile

import pytest

from tests.cli.conftest import Office
from tests.cli.terminal import talk
from upa_cli.shell import exits


def lose_divisions(office: Office) -> str:
    """Clear a value of three people, over the limit of two; returns the held run's id."""
    for name in office.people:
        office.edit(name, employeeOrgData={"costCenter": None, "division": None})
    return office.upa("run", "--json").json["step"]["why"]


def test_a_plan_over_the_threshold_is_held_and_approved(office: Office) -> None:
    """Clears of three people are held, exit code 2; `hold show` tells them; approving and running delivers them."""
    office.upa("run")
    lose_divisions(office)
    status, shown = office.upa("status"), office.upa("hold", "show", "--json")
    run = shown.json["held"]["run"]
    approved = office.upa("hold", "approve", run)
    office.upa("run")

    assert (status.code, shown.code) == (exits.CHANGES, exits.CHANGES)
    assert shown.json["held"]["why"].startswith("clears of 3 people in 24 h; the limit is 2: ")
    assert approved.out == f"Run {run} of 3 people is approved. Next: upa run, or wait for the timer.\n"
    assert {office.profile(name)["CostCenter"] for name in office.people} == {""}


def test_a_rejected_plan_is_not_planned_again(office: Office) -> None:
    """After `hold reject` SharePoint keeps what it has and the next plan is empty."""
    office.upa("run")
    lose_divisions(office)
    rejected = office.upa("hold", "reject")

    assert rejected.code == exits.OK
    assert office.upa("plan").code == exits.OK
    assert office.profile("ada")["CostCenter"] == "CC-1"
    assert "Rejected: CostCenter = (empty)" in office.upa("why", office.upn("ada")).out


def test_a_run_opens_into_its_people(office: Office) -> None:
    """Timeline, counts and old → new with results; filters and CSV give the same values; redacted ones stay hidden."""
    office.upa("run")
    run = office.upa("runs", "--json").json["runs"][0]["run"]
    shown, asked = office.upa("run", "show", run, "--json"), office.upa("run", "show", run, "--property", "Badge")
    one = office.upa("run", "show", run, "--user", office.upn("ada"), "--result", "accepted", "--json")
    office.upa("run", "show", run, "--csv", str(office.folder / "run.csv"))
    rows = list(csv.DictReader(io.StringIO((office.folder / "run.csv").read_text(encoding="utf-8-sig"))))

    steps = [step["what"] for step in shown.json["run"]["timeline"]]
    assert steps[:4] == ["pulled", "planned", "uploaded", "handed over"]
    assert len(shown.json["people"]) == shown.json["run"]["people"] == len(office.people)
    assert [person["user"] for person in one.json["people"]] == [office.upn("ada")]
    assert {row["result"] for row in rows} == {"accepted"}
    assert {row["new"] for row in rows if row["property"] == "Badge"} <= {"***", ""}
    assert asked.code == exits.OK
    assert "cleared" not in asked.out
    assert office.upa("run", "show", "nonsense").code == exits.USAGE
    assert office.upa("run", "show", "20200101T000000Z-aaaa").code == exits.REFUSED
    assert office.upa("run", "show", run, "--after", "9.9.9").code == exits.REFUSED


def test_lists_are_saved_as_csv(office: Office) -> None:
    """Runs and declined values, all of them, with what the screen shows."""
    office.upa("run")
    lose_divisions(office)
    office.upa("hold", "reject")
    runs, values = office.folder / "runs.csv", office.folder / "declined.csv"
    office.upa("runs", "--csv", str(runs))
    office.upa("declined", "list", "--csv", str(values), "--limit", "1")
    told = list(csv.DictReader(io.StringIO(runs.read_text(encoding="utf-8-sig"))))
    kept = list(csv.DictReader(io.StringIO(values.read_text(encoding="utf-8-sig"))))

    assert [row["status"] for row in told] == ["rejected", "complete"]
    assert (told[1]["people"], told[1]["exported"]) == ("3", "3")
    assert len({row["person"] for row in kept}) > 1
    assert {(row["property"], row["value"]) for row in kept} <= {("CostCenter", ""), ("Division", "")}
    assert office.upa("runs", told[0]["run"], "--csv", str(runs)).code == exits.USAGE


def test_what_changed_in_the_connector_file_between_two_runs(office: Office) -> None:
    """Each run names the file it was planned with; a line that was added is shown, nothing where nothing differs."""
    office.upa("run")
    first = office.upa("runs", "--json").json["runs"][0]["run"]
    same = office.upa("config", "diff", first)
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace("    staging: ", "    # staging was tried\n    staging: "), encoding="utf-8")
    changed = office.upa("config", "diff", first)

    assert (same.code, changed.code) == (exits.OK, exits.CHANGES)
    assert "+    # staging was tried" in changed.out
    assert office.upa("config", "diff", "nonsense").code == exits.USAGE


@pytest.mark.parametrize(("decision", "named"), [("approve", True), ("approve", False), ("reject", False)])
def test_a_decision_said_twice_is_answered_as_the_first_time(office: Office, decision: str, named: bool) -> None:
    """Also after the run has ended; the other decision is refused then."""
    office.upa("run")
    lose_divisions(office)
    run = office.upa("hold", "show", "--json").json["held"]["run"]
    said = [run] if named else []
    first = office.upa("hold", decision, *said, "--json")
    again = office.upa("hold", decision, *said, "--json")
    office.upa("run")
    later = office.upa("hold", decision, *said, "--json")
    other = office.upa("hold", "reject" if decision == "approve" else "approve", *said)
    told = office.upa("hold", decision, *said).out
    became = {"approve": r"approved run .+ at 2.+ UTC; it ended at 2.+ UTC as complete: 3 people accepted, 0 in escrow"}
    became["reject"] = r"rejected run .+ at 2.+ UTC, and nothing of it was sent"

    assert first.code == again.code == later.code == exits.OK
    assert first.json == again.json == later.json
    assert (first.json["run"], first.json["people"]) == (run, 3)
    assert (other.code, "holds no plan" in other.err) == (exits.REFUSED, True)
    assert re.search(became[decision], other.err)
    assert re.search(became[decision], told)
    assert "upa run" not in told


def test_deciding_about_nothing_is_refused(office: Office) -> None:
    """Without a hold there is nothing to decide; with another run's id the held one is named."""
    none = office.upa("hold", "approve")
    office.upa("run")
    lose_divisions(office)
    other = office.upa("hold", "approve", "20200101T000000Z-aaaa")

    assert (none.code, none.err) == (exits.REFUSED, "people holds no plan: nothing to decide. See upa status\n")
    assert other.code == exits.REFUSED
    assert "held is 2026" in other.err


def test_escrow_is_listed_retried_and_dropped(office: Office) -> None:
    """Whoever has no profile is listed with the reason; once it is there, a retry delivers; drop takes them out."""
    office.hire("dora", profile=False, employeeOrgData={"costCenter": "CC-4"})
    office.hire("eve", profile=False, employeeOrgData={"costCenter": "CC-5"})
    office.upa("run")
    listed = office.upa("escrow", "list", "--json").json
    dropped = office.upa("escrow", "drop", office.upn("eve"))
    office.sim.profiles.create(office.people["dora"])
    retried = office.upa("escrow", "retry", office.upn("dora"))
    office.upa("run")

    assert (listed["total"], listed["by_reason"]) == (2, {"profile_not_created": 2})
    assert {one["user"] for one in listed["people"]} == {office.upn("dora"), office.upn("eve")}
    assert (dropped.out, retried.out) == (
        "1 person is no longer in escrow.\n",
        "1 person is due now. Next: upa run, or wait for the timer.\n",
    )
    assert office.profile("dora")["CostCenter"] == "CC-4"
    assert office.upa("escrow", "list").out == "Nobody is in escrow.\n"


def test_who_isnt_in_escrow_cant_be_dropped(office: Office) -> None:
    """A person who isn't in escrow is refused by name."""
    answer = office.upa("escrow", "drop", office.upn("ada"))

    assert (answer.code, answer.err) == (
        exits.REFUSED,
        f"{office.upn('ada')} isn't in escrow. See upa why {office.upn('ada')}\n",
    )


def test_why_tells_the_whole_story(office: Office) -> None:
    """Planned values, what the import job's log said, what is confirmed, escrow and the next try."""
    office.hire("dora", profile=False, employeeOrgData={"costCenter": "CC-4", "division": "Ops"})
    office.upa("run")
    answer = office.upa("why", office.upn("dora"))

    assert answer.code == exits.OK
    assert "CostCenter: (unknown) → CC-4" in answer.out
    assert "IdentityNotResolvable" in answer.out
    assert "profile_not_created" in answer.out
    assert "SharePoint has no profile for them yet; they are retried until it appears. Next try: 2026" in answer.out


def test_users_are_named_by_id_or_name(office: Office) -> None:
    """The object id, in any case, and the user principal name mean the same person; an unknown name is refused."""
    office.upa("run")
    by_id = office.upa("why", office.people["ada"].upper(), "--json").json
    by_name = office.upa("why", office.upn("ada"), "--json").json
    unknown, neither = office.upa("why", "nobody@contoso.com"), office.upa("why", "ada")

    assert by_id == by_name
    assert (unknown.code, neither.code) == (exits.REFUSED, exits.USAGE)
    assert unknown.err.startswith("the directory knows no user nobody@contoso.com")


def test_sync_user_takes_entras_five_steps(office: Office) -> None:
    """A dry run shows five steps and sends nothing; a real one delivers that person."""
    office.upa("run")
    office.edit("ada", employeeOrgData={"costCenter": "CC-8", "division": "Research"})
    dry = office.upa("sync-user", office.upn("ada"), "--dry-run", "--json")
    before = office.profile("ada")["CostCenter"]
    real = office.upa("sync-user", office.upn("ada"))

    assert (dry.code, [step["step"] for step in dry.json["steps"]]) == (
        exits.CHANGES,
        ["connect", "import", "scope", "match", "action"],
    )
    assert dry.json["steps"][-1]["details"] == {"CostCenter": {"old": "CC-1", "new": "CC-8"}}
    assert (before, real.code, office.profile("ada")["CostCenter"]) == ("CC-1", exits.OK, "CC-8")


def test_plan_and_sync_user_tell_who_is_out_of_scope_and_why(office: Office) -> None:
    """A clause that isn't met is named, for one person and counted for all; who leaves is told."""
    office.upa("run")
    office.write(
        replace=("    threshold:", "    scope: {clauses: ['employeeOrgData.division EQUALS Research']}\n    threshold:")
    )
    plan = office.upa("plan", "--json").json
    person = office.upa("sync-user", office.upn("bo"), "--dry-run")

    assert plan["counts"]["out_of_scope"] == 2
    assert plan["scope"]["out"] == {"not employeeOrgData.division EQUALS Research": 2}
    assert sorted(plan["scope"]["leave"]) == sorted([office.people["bo"], office.people["cy"]])
    assert plan["scope"]["people"][office.people["bo"]] == "not employeeOrgData.division EQUALS Research"
    assert ": out of scope: not employeeOrgData.division EQUALS Research" in office.upa("why", office.upn("bo")).out
    assert office.upa("why", office.people["ada"], "--json").json["scope"] == "in scope"
    office.sim.directory.remove(office.people["cy"])
    assert office.upa("why", office.people["cy"], "--json").json["scope"] == "not in Entra"
    assert person.code == exits.REFUSED
    assert "3. scope: out of scope: not employeeOrgData.division EQUALS Research" in person.out


def test_state_goes_out_and_comes_back(office: Office) -> None:
    """An exported state restores a connector whose storage was lost; every value is sent again."""
    office.upa("run")
    place = office.folder / "people.zip"
    exported = office.upa("state", "export", str(place))
    again = office.upa("state", "export", str(place))
    elsewhere = f"folder:{office.folder / 'other'}"
    restored = office.upa("state", "import", str(place), "--state", elsewhere)
    plan = office.upa("plan", "--full", "--json", "--state", elsewhere).json

    assert (exported.code, again.code, restored.code) == (exits.OK, exits.USAGE, exits.OK)
    assert plan["counts"]["updated"] == 3
    assert office.upa("status", "--state", elsewhere).code == exits.OK


def test_a_trusted_shadow_sends_nothing_again(office: Office) -> None:
    """With --trust-shadow the restored connector knows what SharePoint holds."""
    office.upa("run")
    place = office.folder / "people.zip"
    office.upa("state", "export", str(place))
    elsewhere = f"folder:{office.folder / 'other'}"
    office.upa("state", "import", str(place), "--trust-shadow", "--state", elsewhere)

    assert office.upa("plan", "--full", "--state", elsewhere).code == exits.OK


def test_a_rewound_watermark_reads_changes_again(office: Office) -> None:
    """Changes made after the export are read once more; what is confirmed isn't sent again."""
    office.upa("run")
    place = office.folder / "people.zip"
    office.upa("state", "export", str(place))
    office.edit("ada", employeeOrgData={"costCenter": "CC-9", "division": "Research"})
    office.upa("run")
    rewound = office.upa("state", "rewind", str(place))
    again = office.upa("run", "--json").json

    assert rewound.code == exits.OK
    assert (again["pull"]["rows"], again["outcome"]) == (1, "no_change")


@pytest.mark.parametrize("content", [b"", b"not a zip", "zip without manifest", "foreign", "newer"])
def test_only_our_own_files_are_imported(office: Office, content: bytes | str) -> None:
    """A file that isn't a state export of this connector is refused in one line and changes nothing."""
    place = office.folder / "strange.zip"
    if isinstance(content, bytes):
        place.write_bytes(content)
    else:
        with zipfile.ZipFile(place, "w") as archive:
            if content != "zip without manifest":
                version, name = (99, "people") if content == "newer" else (1, "../../etc")
                archive.writestr("manifest.json", json.dumps({"version": version, "connector": name, "target": "x"}))
    answer = office.upa("state", "import", str(place))

    assert answer.code in (exits.USAGE, exits.REFUSED)
    assert answer.err.count("\n") == 1
    assert not list((office.folder / "state").rglob("state.json"))


def test_resets_touch_one_part(office: Office) -> None:
    """--token makes the next round full; the shadow needs --yes; quarantine and escrow go quietly."""
    office.upa("run")
    unsure = office.upa("reset", "--shadow")
    token = office.upa("reset", "--token", "--json")
    full = office.upa("run", "--json").json
    shadow = office.upa("reset", "--shadow", "--yes")

    assert (unsure.code, token.json["reset"], full["pull"]["kind"]) == (exits.USAGE, ["token"], "full")
    assert full["outcome"] == "no_change"
    assert (shadow.code, office.upa("plan").code) == (exits.OK, exits.CHANGES)


def test_an_archive_holds_what_was_sent(office: Office) -> None:
    """`archive get` writes report, plan, import file and outcome; the import file is what SharePoint got."""
    run = office.upa("run", "--json").json["runs"][0]["run"]
    listed = office.upa("archive", "list", "--json").json["files"]
    got = office.upa("archive", "get", run, "--out", str(office.folder / "out"), "--json").json

    assert [(one["run"], one["people"], one["jobs"][0]["state"]) for one in listed] == [(run, 3, "Succeeded")]
    sent = (office.folder / "out" / run / "files" / f"upa-people-{run}-1.json").read_text(encoding="utf-8-sig")
    assert {one["IdName"] for one in json.loads(sent)["value"]} == set(office.people.values())
    assert "report.json" in got["files"]


def test_a_cancelled_import_job_is_planned_again(office: Office) -> None:
    """What is still Submitted can be cancelled; the run ends as failed, and a later one delivers its people."""
    office.sim.timer_job.plan("next", hang="Submitted")
    office.upa("run", "--no-wait")
    job = office.upa("jobs", "list", "--json").json["jobs"][0]
    cancelled = office.upa("jobs", "cancel", job["id"])
    after = office.upa("run", "--json")
    office.upa("reset", "--quarantine")
    office.upa("run")

    assert (job["ours"], cancelled.out) == (True, f"Cancelled import job {job['id']}.\n")
    assert after.json["outcome"] == "failed"
    assert office.profile("ada")["CostCenter"] == "CC-1"


def test_import_jobs_that_ended_cant_be_cancelled(office: Office) -> None:
    """SharePoint cancels only what is Submitted; other ids are refused."""
    office.upa("run")
    job = office.upa("jobs", "list", "--json").json["jobs"][0]["id"]
    unknown = "00000000-0000-0000-0000-00000000dead"
    codes = [office.upa("jobs", "cancel", one).code for one in (job, unknown, "'; --")]

    assert codes == [exits.REFUSED, exits.REFUSED, exits.USAGE]


def test_import_jobs_that_cant_be_listed_are_asked_one_by_one(office: Office) -> None:
    """Where SharePoint hits its list view threshold, our import job is shown, and the list is incomplete."""
    office.upa("run", "--no-wait")
    message = "The attempted operation is prohibited because it exceeds the list view threshold."
    error = {
        "ErrorMessage": message,
        "ErrorTypeName": "Microsoft.SharePoint.SPQueryThrottledException",
        "ErrorCode": -1,
    }
    office.sim.faults.add(
        surface="admin", operation="GetImportProfilePropertyJobs", status=200, body=[{"ErrorInfo": error}]
    )

    answer = office.upa("jobs", "list", "--json")

    assert (answer.code, answer.json["complete"], len(answer.json["jobs"])) == (exits.OK, False, 1)


def test_forget_leaves_nothing_of_a_person_in_storage(office: Office) -> None:
    """After `upa forget` no blob names the person; somebody still in Entra is told to come back."""
    office.upa("run")
    person = office.people["ada"]

    def naming() -> list[str]:
        files = (path for path in (office.folder / "state").rglob("*") if path.is_file())
        return [str(path) for path in files if person.encode() in path.read_bytes().lower()]

    before = naming()
    forgotten = office.upa("forget", office.upn("ada"), "--yes")

    assert (forgotten.code, bool(before), naming()) == (exits.OK, True, [])
    assert forgotten.out == (
        f"people holds nothing of {person} any more; 2 archived files written again without them.\n"
        "They are still in Entra. If they are in scope, they come back with the next full round.\n"
    )


def test_forgetting_asks_first_and_waits_for_what_is_on_its_way(office: Office) -> None:
    """Without --yes and a terminal nothing is deleted; with an import job in flight it is refused, and says why."""
    office.upa("run", "--no-wait")
    unasked = office.upa("forget", office.upn("ada"))
    busy = office.upa("forget", office.upn("ada"), "--yes", "--json")

    assert (unasked.code, busy.code) == (exits.USAGE, exits.REFUSED)
    assert "confirm with --yes" in unasked.err
    assert "a run is open" in busy.json["error"]["message"]


def test_in_a_terminal_forgetting_is_asked_for(office: Office) -> None:
    """A no leaves everything; a yes forgets."""
    office.upa("run")
    command = ["forget", office.upn("ada")]
    declined = talk(office.folder, command, ["n"], office.environ)
    known = office.upa("why", office.upn("ada"), "--json").json["known"]
    agreed = talk(office.folder, command, ["y"], office.environ)

    assert (declined[0], known["CostCenter"], agreed[0]) == (exits.INTERRUPTED, "CC-1", exits.OK)
    assert office.upa("why", office.upn("ada"), "--json").json["timeline"] == []


def test_somebody_who_left_is_forgotten_by_object_id(office: Office) -> None:
    """Whom the directory no longer knows by name is named by id."""
    office.upa("run")
    office.sim.directory.remove(office.people["bo"])

    answer = office.upa("forget", office.people["bo"], "--yes", "--json")

    assert (answer.code, answer.json["in_directory"], answer.json["archived"]) == (exits.OK, False, 2)


def test_one_person_is_written_at_once(office: Office) -> None:
    """Before the probe it says what to run; after it the profile holds the value without an import job."""
    office.upa("run")
    office.edit("ada", employeeOrgData={"costCenter": "CC-8", "division": "Research"})
    jobs = len(office.sim.jobs)
    early = office.upa("sync-user", office.upn("ada"), "--now")
    probed = office.upa("doctor", "--probe-individual", office.upn("bo"), "--with-bulk")
    slowly = {"UPA_CLOCK": f"scaled:{office.sim.clock.now().timestamp()}:{time.time()}:1"}  # a claim is minutes
    told = office.upa("sync-user", office.upn("ada"), "--now", **slowly)
    again = office.upa("sync-user", office.upn("ada"), "--now", "--json")

    assert (early.code, "--with-bulk" in early.out) == (exits.REFUSED, True)
    assert "CostCenter (string) can be set and read back" in probed.out
    assert (told.code, office.profile("ada")["CostCenter"], len(office.sim.jobs)) == (exits.OK, "CC-8", jobs)
    assert "4 calls of PeopleManager in 2 requests" in told.out
    assert (again.json["outcome"], again.json["now"]["calls"]) == ("no_change", 0)

"""The HTTP API through the handlers of function_app.py: what it does, what it refuses, who is recorded."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_world import ApiWorld, api_world
from upa_core import bootstrap
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.runs import Decision
from upa_core.domain.documents.storage_layout import decision_key
from upa_core.services.insight.import_jobs import list_import_jobs
from upa_core.state.document import get_document, state_of

STRANGER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiWorld]:
    with api_world(tmp_path_factory.mktemp("api"), people=24) as made:
        yield made


@pytest.fixture
def world(shared: ApiWorld, tmp_path: Path) -> Iterator[ApiWorld]:
    """A pipeline that was run once; what a test stores is put back after it."""
    with shared.put_back(tmp_path / "before"):
        yield shared


def _principal(**claims: str) -> dict[str, str]:
    names = {"oid": "http://schemas.microsoft.com/identity/claims/objectidentifier"}
    listed = [{"typ": names.get(kind, kind), "val": value} for kind, value in claims.items()]
    document = {"auth_typ": "aad", "claims": listed, "name_typ": "name", "role_typ": "roles"}
    return {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(document).encode()).decode()}


def _decision(world: ApiWorld, run: str) -> Decision:
    stored = get_document(world.on.ports.store, decision_key(run), Decision)
    assert stored is not None
    return stored.value


@pytest.fixture
def signed_in(world: ApiWorld, monkeypatch: pytest.MonkeyPatch) -> ApiWorld:
    """The world with App Service authentication on."""
    monkeypatch.setenv("UPA_ENTRA_AUTH", "true")
    bootstrap.app.cache_clear()
    return world


def test_the_same_idempotency_key_asks_for_one_run(world: ApiWorld) -> None:
    """Repeated under its key a request is answered as the first time, and says so."""
    key = {"Idempotency-Key": "deploy-42"}
    first, second = (world.post("/api/runs", {"kind": "full"}, headers=key) for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"]
    assert ("Idempotency-Replayed" in first.headers, second.headers["Idempotency-Replayed"]) == (False, "true")


def test_an_idempotency_key_belongs_to_one_request(world: ApiWorld) -> None:
    """Under the same key another body is refused with 422, and nothing is asked for."""
    world.post("/api/runs", {"kind": "delta"}, headers={"Idempotency-Key": "k"})
    other = world.post("/api/runs", {"kind": "full"}, headers={"Idempotency-Key": "k"})
    requested = state_of(world.on.ports.store, "demo").load().value.requested

    assert other.status_code == 422
    assert requested is not None
    assert not requested.full


def test_a_refused_request_leaves_its_key_free(world: ApiWorld) -> None:
    """A mistake under a key can be mended under the same key."""
    wrong = world.post("/api/runs", {"kind": "all"}, headers={"Idempotency-Key": "k"})
    right = world.post("/api/runs", {"kind": "full"}, headers={"Idempotency-Key": "k"})

    assert (wrong.status_code, right.status_code) == (400, 202)


@pytest.mark.parametrize("key", ["x" * 201, "a b", ""])
def test_a_strange_idempotency_key_is_refused(world: ApiWorld, key: str) -> None:
    """A key is short printable text."""
    assert world.post("/api/runs", {}, headers={"Idempotency-Key": key}).status_code == 400


def test_a_body_over_64_kib_is_refused(world: ApiWorld) -> None:
    """413 before anything of the body is decoded."""
    assert world.post("/api/runs", b"[" * 70_000).status_code == 413


def test_runs_are_listed_newest_first_and_page_by_page(world: ApiWorld) -> None:
    """`before` goes on where the page before ended."""
    world.on.clock.sleep(7200)
    world.run(full=True)
    everything = [run["id"] for run in world.get("/api/runs").json()["runs"]]
    first = world.get("/api/runs?limit=1").json()["runs"][0]["id"]
    second = world.get(f"/api/runs?before={first}").json()["runs"]

    assert len(everything) == 2
    assert everything == sorted(everything, reverse=True)
    assert [first, second[0]["id"]] == everything


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "before=yesterday", "lmit=5", "before="])
def test_a_query_that_cannot_be_used_is_refused(world: ApiWorld, query: str) -> None:
    """400 with the reason, also for a parameter that nobody knows."""
    answer = world.get(f"/api/runs?{query}")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_a_person_is_found_by_id_and_by_name(world: ApiWorld) -> None:
    """The object id and the user principal name lead to the same timeline."""
    person = world.people[3]
    name = world.on.sim.directory.get(person)["userPrincipalName"]
    by_id, by_name = world.get(f"/api/users/{person}"), world.get(f"/api/users/{name}")

    assert by_id.json() == by_name.json()
    assert by_id.json()["user"]["userPrincipalName"] == name
    assert len(by_id.json()["connectors"][0]["timeline"]) == 1


@pytest.mark.parametrize(
    ("user", "status"), [(STRANGER, 404), ("nobody@contoso.com", 404), ("..%2Fx", 404), ("x", 400)]
)
def test_a_person_nobody_knows_is_not_found(world: ApiWorld, user: str, status: int) -> None:
    """404 for somebody unknown, 400 for what names nobody; a slash is no route."""
    assert world.get(f"/api/users/{user}").status_code == status


def test_redacted_values_are_hidden_everywhere(world: ApiWorld) -> None:
    """A mapping marked `redact` shows `***` on the person's page and in the samples of a hold."""
    text = world.on.connector_file.read_text(encoding="utf-8")
    source = "source: employeeOrgData.costCenter\n"
    world.on.connector_file.write_text(text.replace(source, source + "        redact: true\n"), encoding="utf-8")
    bootstrap.app.cache_clear()
    person = next(
        p for p in world.people if (world.on.sim.directory.get(p).get("employeeOrgData") or {}).get("costCenter")
    )
    value = world.on.sim.directory.get(person)["employeeOrgData"]["costCenter"]
    told = world.get(f"/api/users/{person}")
    held = world.get(f"/api/holds/{world.hold()}")

    assert value not in told.text + held.text
    assert told.json()["connectors"][0]["known"]["CostCenter"] == "***"
    assert any(one["changes"].get("CostCenter") == {"old": "***", "new": ""} for one in held.json()["samples"])


def test_a_held_plan_is_shown_with_samples_and_approved(world: ApiWorld) -> None:
    """Samples are old → new; who approved is recorded as given, not proven; an export message goes out."""
    run = world.hold()
    held = world.get(f"/api/holds/{run}").json()
    answer = world.post(f"/api/holds/{run}/approve", {"by": "Ann"})

    assert 0 < len(held["samples"]) <= 20
    assert all(change["new"] == "" for one in held["samples"] for change in one["changes"].values())
    assert answer.json()["by"] == _decision(world, run).by == "Ann (not verified, by function key)"
    assert [json.loads(message)["run"] for message in world.exports.messages] == [run]


def test_approving_twice_is_one_approval_and_rejecting_afterwards_is_refused(world: ApiWorld) -> None:
    """The first decision counts."""
    run = world.hold()
    answers = [world.post(f"/api/holds/{run}/{verb}").status_code for verb in ("approve", "approve", "reject")]

    assert answers == [200, 200, 409]


def test_a_rejected_plan_says_who_decided(world: ApiWorld) -> None:
    """After the decision the hold is gone: 409 names the decision and whose it was."""
    run = world.hold()
    world.post(f"/api/holds/{run}/reject", {"by": "Ann"})
    again = world.get(f"/api/holds/{run}")

    assert again.status_code == 409
    assert "Ann (not verified, by function key) rejected run " in again.json()["detail"]


def test_a_run_opens_page_by_page_and_as_csv(world: ApiWorld) -> None:
    """Pages hold each person once, clears first; CSV has the same values in the same columns, in the same order."""
    run = world.hold()
    whole = world.get(f"/api/runs/{run}").json()
    people, after = [], ""
    while True:
        page = world.get(f"/api/runs/{run}/people", params={"limit": 3, "after": after}).json()
        people += page["people"]
        if not (after := page["after"]):
            break
    text = world.get(f"/api/runs/{run}/people", params={"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(text.text)))

    assert whole["people"] == len(people) == len({one["person"] for one in people}) > 3
    assert whole["properties"]["CostCenter"]["cleared"] == sum(one["kind"] == "cleared" for one in rows)
    assert (whole["status"], whole["timeline"][-1]["at"]) == ("held", None)
    assert [(one["person"], value["property"]) for one in people for value in one["values"]] == [
        (row["person"], row["property"]) for row in rows
    ]
    assert text.headers["Content-Type"].startswith("text/csv")
    assert {row["result"] for row in rows} == {"planned"}


@pytest.mark.parametrize(
    "query", ["after=1", "after=9.9.9", "result=x", "kind=x", "person=x", "limit=0", "limit=1001", "format=x", "x=1"]
)
def test_a_question_that_makes_no_sense_is_refused(world: ApiWorld, query: str) -> None:
    """A misspelt filter never looks like a run without people."""
    run = world.get("/api/runs").json()["runs"][0]["id"]

    assert world.get(f"/api/runs/{run}/people?{query}").status_code == 400
    assert world.get("/api/runs/20200101T000000Z-abcd/people").status_code == 404


def test_escrow_is_told_by_cause_and_retried_and_given_up(world: ApiWorld) -> None:
    """A person who was asked for is a cause; retrying and giving up say how many; what names nobody is refused."""
    base, person = "/api/connectors/demo/escrow", world.people[2]
    world.post("/api/runs", {"people": [person]})
    [cause] = [one for one in world.get(base).json()["causes"] if one["reason"] == "requested"]
    retried = world.post(f"{base}/retry", {"reason": "requested", "by": "Ann"}).json()
    refused = [
        world.post(f"{base}/give-up", body).status_code
        for body in ({}, {"reason": "x"}, {"ids": []}, {"ids": ["x"]}, {"property": 1}, {"x": 1})
    ]
    given_up = world.post(f"{base}/give-up", {"ids": [person]}).json()

    assert (cause["property"], cause["people"], cause["examples"][0]["id"]) == ("*", 1, person)
    assert retried == {"connector": "demo", "people": 1, "by": "Ann (not verified, by function key)"}
    assert refused == [400] * 6
    assert given_up["people"] == 1
    assert not [one for one in world.get(base).json()["causes"] if one["reason"] == "requested"]
    assert world.get("/api/connectors/nobody/escrow").status_code == 404


def test_declined_values_are_listed_and_lifted(world: ApiWorld) -> None:
    """After a rejection its people are listed; lifting makes them due, and the list is empty."""
    world.post(f"/api/holds/{world.hold()}/reject")
    listed = world.get("/api/connectors/demo/declined").json()["people"]
    lifted = world.post(
        "/api/connectors/demo/declined/lift", {"ids": [one["id"] for one in listed], "by": "Ann"}
    ).json()

    assert listed
    assert lifted == {"connector": "demo", "lifted": len(listed), "by": "Ann (not verified, by function key)"}
    assert world.get("/api/connectors/demo/declined").json()["people"] == []
    assert world.post("/api/connectors/demo/declined/lift", {"ids": ["x"]}).status_code == 400
    assert world.post("/api/connectors/other/declined/lift").status_code == 404


def test_one_person_is_not_written_before_a_probe_has_passed(world: ApiWorld) -> None:
    """Writing somebody at once answers with what differs and why it wasn't written; odd requests are refused."""
    person = world.people[0]
    world.on.sim.directory.edit(person, employeeOrgData={"costCenter": "CC-at-once", "division": None})
    path = f"/api/connectors/demo/users/{person}/sync"
    answer = world.post(path, {"by": "Ann"})

    assert answer.status_code == 200
    assert (answer.json()["run"], answer.json()["calls"]) == ("", 0)
    assert all("--with-bulk" in why for why in answer.json()["refused"].values())
    assert answer.json()["refused"]
    assert world.post("/api/connectors/demo/users/ada/sync").status_code == 400
    assert world.post(path.replace("demo", "other")).status_code == 404
    assert world.post("/api/connectors/demo/pause").status_code == 200
    assert world.post(path).status_code == 409


@pytest.mark.parametrize("body", [{"by": "x" * 101}, {"by": 1}, {"who": "Ann"}, b"[]", b"{"])
def test_a_decision_with_a_strange_body_decides_nothing(world: ApiWorld, body: Any) -> None:
    """400, and the plan stays held."""
    run = world.hold()

    assert world.post(f"/api/holds/{run}/approve", body).status_code == 400
    assert world.get(f"/api/holds/{run}").status_code == 200


def test_pausing_and_resuming_change_the_state(world: ApiWorld) -> None:
    """The first line of the status follows at once; resuming sends an export message and one to pull."""
    world.post("/api/connectors/demo/pause")
    paused = world.get("/api/status").json()["connectors"][0]["state"]
    before = list(world.exports.messages)
    world.post("/api/connectors/demo/resume")

    assert paused == "paused"
    assert world.get("/api/status").json()["connectors"][0]["state"] == "healthy"
    assert (len(before), len(world.exports.messages)) == (0, 1)


def _switch_off(world: ApiWorld) -> None:
    now = world.on.clock.now()
    off = Quarantine(QuarantineReason.CREDENTIALS, now - timedelta(days=28), "HTTP 403", "pull", off_since=now)
    state_of(world.on.ports.store, "demo").update(lambda state: replace(state, quarantine=off))


def test_a_connector_that_is_switched_off_is_asked_for_nothing_until_it_is_resumed(world: ApiWorld) -> None:
    """409 says since when, why and how to go on; resuming tries at once; the refused request's key stays free."""
    _switch_off(world)
    key = {"Idempotency-Key": "k"}
    refused = world.post("/api/runs", {"connector": "demo"}, headers=key)
    off = world.get("/api/status").json()["connectors"][0]
    world.post("/api/connectors/demo/resume", {"by": "Ann"})
    on = world.get("/api/status").json()["connectors"][0]

    assert refused.status_code == 409
    assert "credentials: HTTP 403); when it is fixed: upa resume" in refused.json()["detail"]
    assert (off["state"], on["state"]) == ("quarantined", "quarantined")
    assert off["quarantine"]["off_since"] is not None
    assert (on["quarantine"]["off_since"], on["quarantine"]["off_after"] > off["now"]) == (None, True)
    assert [json.loads(message)["connector"] for message in world.pulls.messages] == ["demo"]
    assert world.post("/api/runs", {"connector": "demo"}, headers=key).status_code == 202


def test_a_connector_nobody_knows_is_not_found(world: ApiWorld) -> None:
    """404 names those that there are."""
    answer = world.post("/api/connectors/nobody/pause")

    assert (answer.status_code, answer.json()["detail"]) == (404, "there are: demo")


def test_without_entra_authentication_the_principal_header_is_not_believed(world: ApiWorld) -> None:
    """Anybody could send the header while App Service doesn't: it isn't recorded."""
    run = world.hold()
    answer = world.post(f"/api/holds/{run}/approve", headers=_principal(oid=STRANGER, name="The boss"))

    assert answer.json()["by"] == _decision(world, run).by == "function key"


def test_with_entra_authentication_the_signed_in_user_is_recorded(signed_in: ApiWorld) -> None:
    """Name and object id of the principal count, whatever the body claims."""
    run = signed_in.hold()
    who = _principal(oid=STRANGER, preferred_username="ann@contoso.com")
    answer = signed_in.post(f"/api/holds/{run}/approve", {"by": "The boss"}, headers=who)

    assert answer.json()["by"] == _decision(signed_in, run).by == f"ann@contoso.com ({STRANGER})"


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"X-MS-CLIENT-PRINCIPAL": "no base64 !"},
        {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(b"[]").decode()},
        {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(b'{"auth_typ":"github","claims":[]}').decode()},
        {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(b"[" * 30_000).decode()},
        _principal(name="nobody in particular"),
    ],
    ids=["none", "garbage", "list", "other provider", "deep", "without an id"],
)
def test_with_entra_authentication_nobody_in_particular_is_refused(signed_in: ApiWorld, header: dict[str, str]) -> None:
    """401 for reading and deciding alike where the header names no Entra user."""
    assert signed_in.get("/api/status", headers=header).status_code == 401
    assert signed_in.post("/api/connectors/demo/pause", headers=header).status_code == 401
    assert signed_in.get("/api/ui", headers=header).status_code == 401
    assert not state_of(signed_in.on.ports.store, "demo").load().value.paused


def test_no_answer_may_be_kept_or_guessed_at(world: ApiWorld) -> None:
    """Every answer, good or bad, bears no-store, nosniff and no-referrer."""
    for path in ("/api/status", "/api/runs/x", f"/api/users/{world.people[0]}", "/api/openapi.json", "/api/ui"):
        headers = world.get(path).headers
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_broken_connector_file_is_a_problem_and_no_crash(world: ApiWorld) -> None:
    """500 with the text for the administrator, as a problem document; the page says it too."""
    world.on.connector_file.write_text("version: 1\nconnectors: []\n", encoding="utf-8")
    bootstrap.app.cache_clear()
    answer, page = world.get("/api/status"), world.get("/api/ui")

    assert (answer.status_code, answer.json()["title"]) == (500, "An administrator must act")
    assert page.status_code == 500
    assert "connectors" in page.text


def test_the_samples_of_a_held_plan_begin_its_list_of_people(world: ApiWorld) -> None:
    """Where all get the same properties: whoever looks twice sees the same, and JSON and CSV begin with them."""
    run = world.hold()
    samples = [one["id"] for one in world.get(f"/api/holds/{run}").json()["samples"]]
    listed = [one["person"] for one in world.get(f"/api/runs/{run}/people?limit=20").json()["people"]]
    rows = world.get(f"/api/runs/{run}/people?limit=20&format=csv").text.splitlines()[1:]

    assert 1 < len(samples) <= 20
    assert samples == sorted(samples)
    assert samples == listed
    assert all(person in row for person, row in zip(samples, rows, strict=False))


def test_staging_mode_is_ended_once(world: ApiWorld) -> None:
    """Who did it is recorded; a connector that is live already is told so, and nothing is written."""
    assert world.post("/api/connectors/demo/go").status_code == 409
    assert not state_of(world.on.ports.store, "demo").load().value.released
    text = world.on.connector_file.read_text(encoding="utf-8")
    world.on.connector_file.write_text(text.replace("staging: false", "staging: true"), "utf-8")
    bootstrap.app.cache_clear()
    went = world.post("/api/connectors/demo/go", {"by": "Ann"})

    assert (went.status_code, went.json()["staging"]) == (200, False)
    assert state_of(world.on.ports.store, "demo").load().value.released
    assert world.get("/api/status").json()["connectors"][0]["state"] != "staging"
    assert world.post("/api/connectors/demo/go").status_code == 409


def test_the_last_calls_are_told_without_people(world: ApiWorld) -> None:
    """What asking for a person cost is a call of the connector; filters that aren't known are refused."""
    person = world.people[0]
    world.get(f"/api/users/{person}")
    answer = world.get("/api/connectors/demo/calls?service=graph&limit=1")

    assert answer.json()["calls"][0]["name"] == "/v1.0/$batch"
    assert person not in answer.text
    assert world.get("/api/connectors/demo/calls?failed=true").json()["calls"] == []
    rows = world.get("/api/connectors/demo/calls?service=graph&limit=1&format=csv").text.splitlines()
    assert (rows[0].split(",")[0], len(rows)) == ('"at"', 2)
    for wrong in ("format=xml", "service=mail", "status=99", "failed=yes", "limit=201"):
        assert world.get(f"/api/connectors/demo/calls?{wrong}").status_code == 400


def test_import_jobs_are_told_as_the_command_line_tells_them(world: ApiWorld) -> None:
    """All, one by its id, as CSV; what SharePoint doesn't know is 404, and a wrong question is refused."""
    path = "/api/connectors/demo/jobs"
    told = world.get(path).json()
    known = list_import_jobs(world.on.ports, world.on.connector).jobs
    first = told["jobs"][0]

    assert (told["complete"], told["why"]) == (True, "")
    assert [job["id"] for job in told["jobs"]] == [job["id"] for job in known]
    assert first["state"] in ("Succeeded", "Error")
    assert [job["id"] for job in world.get(f"{path}?id={first['id']}").json()["jobs"]] == [first["id"]]
    assert len(world.get(f"{path}?limit=1&format=csv").text.splitlines()) == 2
    assert world.get(f"{path}?id=5f05e38c-bd0e-49ec-8c9c-c4cfe370248c").status_code == 404
    for wrong in ("format=xml", "id=7", "limit=0", "limit=1001", "state=Error"):
        assert world.get(f"{path}?{wrong}").status_code == 400


def test_lists_are_csv_too(world: ApiWorld) -> None:
    """Runs, escrow, drift, declined values: headings even where there is nothing; another format is refused."""
    for path in ("runs?", "connectors/demo/escrow?", "connectors/demo/drift?", "connectors/demo/declined?"):
        answer = world.get(f"/api/{path}format=csv")

        assert answer.headers["Content-Type"].startswith("text/csv")
        assert answer.text.startswith('"')
        assert "Link" not in answer.headers
        assert world.get(f"/api/{path}format=xml").status_code == 400
    assert '"complete"' in world.get("/api/runs?format=csv").text

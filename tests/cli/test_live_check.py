"""`upa live-check` on the simulator: each check holds, and differs where the tenant behaves otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tenant_sim import TenantSim
from tests.cli.conftest import Office
from upa_cli.live.catalog import BY_ID, CHECKS, next_batch
from upa_cli.live.check import ImportCheck
from upa_cli.live.imports import IMPORTS
from upa_cli.live.questions import person_now
from upa_cli.live.tenant import live_tenant
from upa_cli.shell import exits
from upa_core.bootstrap import build

DOCS = Path(__file__).parents[2] / "docs"
PERSON = "ada@contoso.onmicrosoft.com"
PROPERTIES = ("--property", "UpaTest", "--property", "UpaTest2", "--date", "UpaDate", "--date", "UpaDate2")
ALL = (*PROPERTIES, "--boolean", "UpaFlag", "--integer", "UpaNumber")
UNTRIED = {"managed-identity"}
"""What the simulator's certificate app can't try."""


@pytest.fixture
def tenant(office: Office) -> Office:
    """A test tenant with properties that nothing else uses."""
    for name, kind in (
        ("UpaTest", "string"),
        ("UpaTest2", "string"),
        ("UpaDate", "date"),
        ("UpaDate2", "date"),
        ("UpaFlag", "boolean"),
        ("UpaNumber", "integer"),
    ):
        office.sim.profiles.define(name, kind, max_length=400 if kind == "string" else None)
    group = office.sim.groups.add("Test", office.people["ada"], office.people["bo"])
    office.sim.apps.identity.grant("graph", "GroupMember.Read.All")
    office.sim.managers.set(office.people["ada"], office.people["bo"])
    joined = f"    with:\n      - {{as: test, kind: group, group: {group}}}\n"
    office.write(more=joined + '    scope: {clauses: ["test.member IS NOT NULL"]}\n')
    return office


def check(tenant: Office, *arguments: str, code: int = exits.OK) -> dict[str, dict[str, Any]]:
    answer = tenant.upa(
        "live-check", "--json", "--yes", "--person", PERSON, "--record", str(tenant.folder / "record.json"), *arguments
    )
    wrong = [one for one in json.loads(answer.out)["checks"] if one["result"] == "differs"] if answer.out else []
    assert answer.code == code, f"{answer.err} {wrong}"
    return {one["id"]: one for one in answer.json["checks"]}


def test_every_check_holds_against_the_simulator(tenant: Office) -> None:
    """All checks are decided in one command, what isn't tried says why, and the profile is as it was before."""
    tenant.sim.profiles.set(tenant.people["ada"], "UpaTest", "mine")
    report = tenant.folder / "live-check.md"
    found = check(tenant, *ALL, "--report", str(report))

    assert {name: one["evidence"] for name, one in found.items() if one["result"] == "differs"} == {}
    assert {name for name, one in found.items() if one["result"] == "untried"} == UNTRIED
    assert len(found) == len(CHECKS) >= 26
    assert tenant.profile("ada")["UpaTest"] == "mine"
    assert tenant.profile("ada").get("UpaTest2", "") == ""
    assert not [item for item in tenant.sim.library.files() if "live-check" in str(item)]
    text = report.read_text()
    assert "confirms SP-36" in text
    assert PERSON not in text
    assert tenant.served.urls.admin not in text


def test_it_goes_on_where_it_stopped(tenant: Office) -> None:
    """Without waiting, each call looks once at the import job; results are kept, and one file is queued for them."""
    tenant.sim.timer_job.settings.mode = "reads"
    arguments = ("--only", "escapes", "--only", "unknown-job", "--property", "UpaTest", "--no-wait")
    calls = [
        tenant.upa(
            "live-check",
            "--json",
            "--yes",
            "--person",
            PERSON,
            "--record",
            str(tenant.folder / "record.json"),
            *arguments,
        )
    ]
    while calls[-1].code == exits.LATER and len(calls) < 20:
        calls.append(
            tenant.upa(
                *("live-check", "--json", "--person", PERSON, "--record"),
                str(tenant.folder / "record.json"),
                *arguments,
            )
        )
    first, last = ({one["id"]: one for one in call.json["checks"]} for call in (calls[0], calls[-1]))

    assert calls[-1].code == exits.OK
    assert (first["unknown-job"]["result"], first["escapes"]["result"]) == ("holds", "open")
    assert calls[0].json["waiting_for"]
    assert last["escapes"]["result"] == "holds"
    assert last["unknown-job"]["at"] == first["unknown-job"]["at"]
    assert [job.state.name for job in tenant.sim.jobs] == ["SUCCEEDED", "SUCCEEDED"]  # the check, the old value
    assert tenant.profile("ada").get("UpaTest", "") == ""


def more_roles(sim: TenantSim) -> None:
    sim.apps.client.grant("sharepoint", "TermStore.ReadWrite.All")


def refuse(operation: str, status: int = 403) -> Callable[[TenantSim], None]:
    return lambda sim: sim.faults.add(operation=operation, status=status) and None


def plan(outcome: str | None = None, **fields: Any) -> Callable[[TenantSim], None]:
    return lambda sim: sim.timer_job.plan("next", outcome, **fields) and None


def settings(**fields: Any) -> Callable[[TenantSim], None]:
    def change(sim: TenantSim) -> None:
        for name, value in fields.items():
            setattr(sim.timer_job.settings, name, value)

    return change


def define(name: str, **fields: Any) -> Callable[[TenantSim], None]:
    return lambda sim: sim.profiles.define(name, **fields) and None


def rights(**fields: str) -> Callable[[TenantSim], None]:
    def change(sim: TenantSim) -> None:
        for name, value in fields.items():
            setattr(sim.single_writes.rules, name, value)

    return change


CONTRARY: dict[str, Callable[[TenantSim], None]] = {
    "queue-accepted": refuse("QueueImportProfileProperties"),
    "two-roles": refuse("QueueImportProfileProperties"),
    "app-read": refuse("GetPropertiesFor"),
    "app-write": refuse("SetSingleValueProfileProperty"),
    "clear-date": refuse("SetSingleValueProfileProperty"),
    "person-now": rights(app_writes="none"),
    "no-profile": refuse("GetPropertiesFor"),
    "no-digest": refuse("files.add"),
    "job-named": plan("empty_job_id"),
    "editable-refused": define("AboutMe", editable=False),
    "multi-refused": define("SPS-Skills", editable=False, multi_value=False),
    "missing-refused": define("UpaNoSuchProperty"),
    "deleted-for-good": refuse("recyclebin.list"),
    "label-read": refuse("list.label"),
    "delta-taken": refuse("users.delta", 400),
    "delta-latest": refuse("users.delta", 400),
    "hr-tracked": refuse("users.delta", 400),
    "group-delta": refuse("groups.delta", 400),
    "group-list": refuse("groups.transitiveMembers", 400),
    "manager-expand": refuse("users.list", 400),
    "manager-read": refuse("users.manager", 400),
    "manager-tracked": refuse("users.delta", 400),
    "log-form": plan("no_log"),
    "spares-others": plan(applied=0.0),
    "within-a-day": plan("slow", slow=20.0),
    "date-text": settings(import_dates="reformatted"),
    "date-zone": settings(server_zone_min=-480),
    "too-long": define("UpaTest", max_length=None),
    "escapes": plan(applied=0.0),
    "date-form": plan(applied=0.0),
    "boolean-form": plan(applied=0.0),
    "integer-form": plan(applied=0.0),
    "id-case": plan(applied=0.0),
    "newtonsoft": plan(applied=0.0),
}


@pytest.mark.parametrize("name", CONTRARY)
def test_a_check_differs_where_the_tenant_does(tenant: Office, name: str) -> None:
    """A tenant that behaves the other way is noticed, and the exit code says so."""
    CONTRARY[name](tenant.sim)
    found = check(tenant, "--only", name, *ALL, code=exits.CHANGES if name != "too-long" else exits.OK)

    assert found[name]["result"] == ("untried" if name == "too-long" else "differs"), found[name]["evidence"]


def test_without_a_group_in_the_connector_its_checks_say_what_they_need(tenant: Office) -> None:
    """Nothing is asked about a group that nobody named; a person without a manager is an answer, too."""
    tenant.write()
    tenant.sim.managers.set(tenant.people["ada"], None)
    names = ("group-delta", "group-list", "manager-expand", "manager-read")
    found = check(tenant, *(word for name in names for word in ("--only", name)), *ALL)

    assert [found[name]["result"] for name in names] == ["untried", "untried", "untried", "holds"]
    assert "kind: group" in found["group-delta"]["evidence"]


def test_minutes_are_not_at_once(tenant: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who is written and read back in two minutes isn't written at once; the old value is put back."""
    for name, value in tenant.environ.items():
        monkeypatch.setenv(name, value)
    tenant.sim.profiles.set(tenant.people["ada"], "UpaTest", "mine")
    app = build(tenant.environ)
    (connector,) = app.connectors.values()
    live = live_tenant(app, connector, PERSON, {"string": ["UpaTest"]}, editable="AboutMe", multi="SPS-Skills")
    at = iter((0.0, 120.0))
    slow = person_now(replace(live, seconds=lambda: next(at)))

    assert (slow.result, "120.0 s" in slow.evidence) == ("differs", True)
    assert tenant.profile("ada")["UpaTest"] == "mine"


def test_more_roles_than_needed_prove_nothing(tenant: Office) -> None:
    """With a role too many the check of two roles can't be tried, and names the role."""
    more_roles(tenant.sim)
    found = check(tenant, "--only", "two-roles", *ALL)

    assert found["two-roles"]["result"] == "untried"
    assert "TermStore.ReadWrite.All" in str(found["two-roles"]["evidence"])


def test_without_a_property_of_its_kind_a_check_says_what_it_needs(tenant: Office) -> None:
    """An import check without its property is untried and names the option; the others run."""
    found = check(tenant, "--only", "date-zone", "--only", "unknown-job", "--property", "UpaTest")

    assert found["date-zone"]["evidence"] == "name 2 more date properties with --date"
    assert found["unknown-job"]["result"] == "holds"


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("--person", PERSON), exits.USAGE, "--property"),
        (("--property", "UpaTest"), exits.USAGE, "--person"),
        (("--only", "nonsense"), exits.USAGE, "--list"),
        (("--person", PERSON, "--property", "UpaTest"), exits.USAGE, "--yes"),
    ],
)
def test_a_wrong_command_line_says_what_to_write(
    tenant: Office, arguments: tuple[str, ...], code: int, word: str
) -> None:
    """What is missing is named; nothing is called."""
    answer = tenant.upa("live-check", *arguments)

    assert answer.code == code
    assert word in answer.err


def test_a_record_of_somebody_else_is_refused(tenant: Office) -> None:
    """The record belongs to one tenant and person, and a broken one is named."""
    check(tenant, "--only", "unknown-job", "--property", "UpaTest")
    other = ("--person", tenant.upn("bo"), "--property", "UpaTest", "--yes", "--record")
    refused = tenant.upa("live-check", *other, str(tenant.folder / "record.json"))
    broken = tenant.folder / "broken.json"
    broken.write_text("[]")
    unread = tenant.upa("live-check", *other, str(broken))

    assert (refused.code, unread.code) == (exits.USAGE, exits.CONFIG)
    assert "another tenant or person" in refused.err
    assert "isn't a record of live checks" in unread.err


def test_the_record_is_for_its_owner_alone(tenant: Office) -> None:
    """It holds a name and old values: nobody else on the machine may read it."""
    check(tenant, "--only", "unknown-job", "--property", "UpaTest")
    record = tenant.folder / "record.json"

    assert record.stat().st_mode & 0o777 == 0o600
    assert json.loads(record.read_text())["results"]["unknown-job"]["result"] == "holds"


def test_each_check_belongs_to_an_item_of_never_tried_live() -> None:
    """The heading that a check names stands in docs/never-tried-live.md, and its facts in the register."""
    headings = {line[4:] for line in (DOCS / "never-tried-live.md").read_text().splitlines() if line.startswith("### ")}
    facts = "".join(path.read_text() for path in sorted((DOCS / "facts").glob("*.md")))

    assert {check.item for check in CHECKS} <= headings
    assert all(f"| {fact} |" in facts for check in CHECKS for fact in check.facts)
    assert len(BY_ID) == len(CHECKS)
    assert sum(check.first for check in CHECKS) == 6


def test_a_batch_shares_an_import_job_and_no_property() -> None:
    """Checks of one import job never get the same property, one with a file of its own goes alone, all get a turn."""
    properties = {"string": ["A", "B"], "date": ["D", "E"], "boolean": ["F"], "integer": ["N"]}
    open_: list[ImportCheck] = list(IMPORTS)
    jobs = 0
    while open_:
        done = {check.id for check in IMPORTS if check not in open_}
        batch = next_batch(open_, properties, done)
        given = [name for names in batch.properties.values() for name in names]
        assert batch.checks
        assert len(given) == len(set(given))
        assert len(batch.checks) == 1 or not any(check.alone for check in batch.checks)
        open_ = [check for check in open_ if check not in batch.checks]
        jobs += 1

    assert jobs <= 14

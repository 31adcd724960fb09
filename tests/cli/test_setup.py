"""`upa init`, `config`, `doctor`, `canary`, `adopt`, `grant`, `revoke`: the way to a first run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Office
from upa_cli.shell import exits

REPOSITORY = Path(__file__).parents[2]


def init(office: Office, *more: str) -> Answer:
    urls, served = office.served.urls, office.served
    return office.upa(
        "init",
        str(office.folder / "new.yaml"),
        *("--tenant", served.tenant_id, "--sharepoint", urls.admin, "--site", f"{urls.sharepoint}/sites/upa"),
        *("--client-id", served.client_id, "--certificate", str(served.certificate_file)),
        *("--graph", urls.graph, "--authority", urls.login),
        *("--map", "CostCenter=employeeOrgData.costCenter"),
        *more,
    )


def severities(answer: Answer) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in answer.json["connectors"][0]["findings"]:
        found.setdefault(one["check"], set()).add(one["severity"])
    return found


def findings(answer: Answer, severity: str = "error") -> list[tuple[str, str, str]]:
    every = answer.json["connectors"][0]["findings"]
    return [(one["check"], one["evidence"], one["fix"]) for one in every if one["severity"] == severity]


def test_init_writes_a_file_that_config_check_accepts(office: Office) -> None:
    """What `upa init` writes is valid, commented, in staging mode, and holds what was answered."""
    made = init(office)
    checked = office.upa("config", "check", str(office.folder / "new.yaml"), "--json")

    assert (made.code, checked.code) == (exits.OK, exits.OK)
    connector = checked.json["connectors"][0]
    assert (connector["name"], connector["staging"], connector["mappings"]) == ("people", True, ["CostCenter"])
    assert "# Staging mode" in (office.folder / "new.yaml").read_text(encoding="utf-8")


def test_init_never_overwrites_unasked(office: Office) -> None:
    """A file that is there stays; the message names --force."""
    init(office)
    again = init(office)

    assert again.code == exits.USAGE
    assert again.err.endswith("new.yaml exists already: give another file, or --force\n")


@pytest.mark.parametrize(
    "hostile", ['x: y"\n- evil: {', "*anchor", "!!python/object:os.system", "{{7*7}}", "ключ\u202e"]
)
def test_init_quotes_every_answer(office: Office, hostile: str) -> None:
    """An answer can't become YAML of its own: it is refused as a value of its key, or it is that value."""
    answer = office.upa(
        "init", str(office.folder / "h.yaml"), "--tenant", hostile, "--sharepoint", "contoso", "--map", "A=department"
    )

    assert answer.code in (exits.OK, exits.CONFIG, exits.USAGE)
    assert "evil" not in answer.out
    assert answer.code == exits.OK or "source.tenant" in answer.err


def test_init_names_the_option_that_is_missing(office: Office) -> None:
    """Without a terminal to ask in, the missing answer is named as an option."""
    answer = office.upa("init", str(office.folder / "n.yaml"))

    assert (answer.code, answer.err.split(" ", 2)[:2]) == (exits.USAGE, ["give", "--tenant"])


def test_init_makes_addresses_from_sharepoints_name(office: Office) -> None:
    """`contoso` becomes the admin site and the site's address, in the cloud's domain."""
    place = office.folder / "a.yaml"
    common = ("--tenant", "contoso.onmicrosoft.com", "--sharepoint", "contoso", "--map", "Badge=extensionAttribute7")
    assert office.upa("init", str(place), *common).code == exits.OK

    text = place.read_text(encoding="utf-8")
    assert 'admin_url: "https://contoso-admin.sharepoint.com"' in text
    assert 'site_url: "https://contoso.sharepoint.com/sites/upa"' in text


def test_config_check_tells_every_problem_with_its_line(office: Office) -> None:
    """A wrong file exits with 3; each problem has file, line, value and a suggestion; JSON has the same."""
    office.write(replace=("source: employeeOrgData.costCenter", "sorce: employeeOrgData.costCenter"))
    told, document = office.upa("config", "check"), office.upa("config", "check", "--json")

    assert (told.code, document.code, document.json["valid"]) == (exits.CONFIG, exits.CONFIG, False)
    assert "upa.yaml:24:" in told.err
    assert "did you mean source?" in told.err
    assert "source" in {problem["suggestion"] for problem in document.json["problems"]}


def test_config_check_runs_the_examples(office: Office) -> None:
    """An example beside a mapping that doesn't hold is told with its line, exit code 3."""
    office.write(
        replace=(
            "source: employeeOrgData.division, ",
            "source: employeeOrgData.division, examples: [{in: a, out: b}], ",
        )
    )
    answer = office.upa("config", "check")

    assert answer.code == exits.CONFIG
    assert "the example of Division fails: expected 'b', got 'a'" in answer.out


def test_config_schema_is_the_published_one(office: Office) -> None:
    """`upa config schema` prints docs/reference/upa.schema.json."""
    published = (REPOSITORY / "docs/reference/upa.schema.json").read_text(encoding="utf-8")

    assert office.upa("config", "schema").out == published


def test_doctor_finds_a_healthy_connector_well(office: Office) -> None:
    """Everything is checked and fine; --probe leaves neither import job in flight nor file behind."""
    answer = office.upa("doctor", "--probe", "--json")

    assert answer.code == exits.OK
    assert severities(answer) == {
        "storage": {"ok"},
        "roles": {"ok"},
        "certificate": {"ok"},
        "source": {"ok"},
        "library": {"ok"},
        "properties": {"ok"},
        "probe": {"ok", "info"},
    }
    assert office.sim.library.items() == []
    assert "User can override" in answer.out


def test_doctor_finds_missing_roles_and_names_the_grant(office: Office) -> None:
    """Each missing role is told with why it is needed and the command that grants it."""
    office.sim.apps.client.revoke("sharepoint", "User.ReadWrite.All")
    office.sim.apps.identity.revoke("graph", "User.Read.All")

    answer = office.upa("doctor", "--json")

    roles = [(evidence, fix) for check, evidence, fix in findings(answer) if check == "roles"]
    client, identity = office.served.client_id, office.served.identity_client_id
    reads, writes = (
        "which reads users and their changes",
        "which writes user profiles; the bulk import service asks for it",
    )
    assert answer.code == exits.FAILED
    assert roles == [
        (
            f"upa-sync-identity ({identity}) lacks User.Read.All of graph, {reads}",
            f"upa grant graph:User.Read.All --to {identity} --connector people",
        ),
        (
            f"upa-sync ({client}) lacks User.ReadWrite.All of sharepoint, {writes}",
            f"upa grant sharepoint:User.ReadWrite.All --to {client} --connector people",
        ),
    ]


MAIL = "notifications:\n  email: {to: [ops@contoso.com], sender: upa@contoso.com}\n"


def test_doctor_asks_for_mail_only_where_the_connector_file_does(office: Office) -> None:
    """Mail.Send is missing once notifications go out by mail, with the grant that gives it, and enough once granted."""
    identity = office.sim.apps.identity

    def mail() -> list[tuple[str, str, str]]:
        return [one for one in findings(office.upa("doctor", "--json")) if "Mail.Send" in one[1]]

    without = mail()
    office.write(more=MAIL)
    lacking = mail()
    identity.grant("graph", "Mail.Send")

    assert without == []
    assert lacking == [
        (
            "roles",
            f"upa-sync-identity ({identity.app_id}) lacks Mail.Send of graph, which sends notifications by mail",
            f"upa grant graph:Mail.Send --to {identity.app_id} --connector people",
        )
    ]
    assert mail() == []


def test_doctor_finds_a_missing_property_and_suggests_the_near_one(office: Office) -> None:
    """A target that profiles don't have is an error; a near name is suggested."""
    office.write(replace=("target: Division", "target: Divison"))

    found = [one for one in findings(office.upa("doctor", "--json")) if one[0] == "properties"]

    assert [evidence for _, evidence, _ in found] == ["profiles have no property Divison"]
    assert found[0][2].startswith("did you mean Division? Otherwise make Divison in SharePoint admin center")


def test_doctor_examines_proposed_properties_too(office: Office) -> None:
    """A proposed mapping's property must exist and be taken by SharePoint, a retired one's needn't."""
    office.sim.profiles.define("Shift", editable=True)
    mapping = "      - {{target: {}, source: department, state: {}}}\n"
    office.write(more=mapping.format("Desk", "proposed") + mapping.format("Fax", "retired"))
    missing = [evidence for check, evidence, _ in findings(office.upa("doctor", "--json")) if check == "properties"]
    office.write(more=mapping.format("Shift", "proposed"))
    editable = [evidence for check, evidence, _ in findings(office.upa("doctor", "--probe", "--json"))]

    assert missing == ["profiles have no property Desk"]
    assert editable == ["users may edit Shift, so bulk import refuses it"]


def test_doctor_finds_a_missing_library(office: Office) -> None:
    """A folder that isn't there is told with the site it should be on."""
    office.write(replace=("folder: Imports", "folder: Import-Files"))

    found = findings(office.upa("doctor", "--json"))

    assert ("library", "there is no library folder /sites/upa/Import-Files") in {one[:2] for one in found}


@pytest.mark.parametrize("folder", ["Imports", "Imports/today"])
def test_doctor_finds_the_librarys_retention_label(office: Office, folder: str) -> None:
    """The library that the folder is in is asked for its label; one that retains is a warning with a way out."""
    office.sim.library.add_folder("/sites/upa/Imports/today")
    office.sim.library.set_label("/sites/upa/Imports", "Keep 7 years", days=2555)
    office.write(replace=("folder: Imports", f"folder: {folder}"))

    answer = office.upa("doctor", "--json")

    (warning,) = findings(answer, "warning")
    assert (answer.code, warning[0]) == (exits.CHANGES, "library")
    assert "has the retention label 'Keep 7 years'" in warning[1]
    assert "take it off" in warning[2]


def test_doctor_tells_of_a_file_that_a_label_keeps(office: Office) -> None:
    """A record can't be deleted again: that is told beside the label, and nothing crashes."""
    office.sim.library.set_label("/sites/upa/Imports", "Record", record=True)

    warnings = [evidence for _, evidence, _ in findings(office.upa("doctor", "--json"), "warning")]

    assert len(warnings) == 2
    assert "can't be deleted again from /sites/upa/Imports" in warnings[0]


@pytest.mark.parametrize("apps", [0, 1001])
def test_doctor_finds_a_misspelt_extension_in_any_tenant(office: Office, apps: int) -> None:
    """Extensions are compared with the tenant's, in large tenants with those of the application that owns them."""
    for number in range(apps):
        office.sim.apps.add(f"app-{number}")
    office.sim.apps.identity.grant("graph", "Application.Read.All")
    name = office.sim.define_extension(office.sim.apps.client, "CostCenter")["name"]
    office.write(replace=("source: employeeOrgData.costCenter", f"source: {name}"))
    well = office.upa("doctor", "--json")
    office.write(replace=("source: employeeOrgData.costCenter", f"source: {name.replace('Center', 'center')}"))
    wrong = findings(office.upa("doctor", "--json"))

    assert well.code == exits.OK
    assert [(check, fix) for check, _, fix in wrong] == [("source", f"did you mean {name}? Names are case-sensitive")]


def test_an_extension_of_another_tenants_app_is_left_unchecked(office: Office) -> None:
    """In a large tenant an owner that isn't registered there can't be asked: that is told, and is no error."""
    for number in range(1001):
        office.sim.apps.add(f"app-{number}")
    office.sim.apps.identity.grant("graph", "Application.Read.All")
    name = f"extension_{'ab' * 16}_CostCenter"
    office.write(replace=("source: employeeOrgData.costCenter", f"source: {name}"))

    answer = office.upa("doctor", "--json")

    told = [evidence for check, evidence, _ in findings(answer, "info") if check == "source"]
    assert (answer.code, len(told)) == (exits.OK, 1)


def test_probe_has_sharepoint_name_editable_properties(office: Office) -> None:
    """Only the queue call knows what users may edit; its refusal becomes a fix, and nothing stays behind."""
    office.sim.profiles.define("Division", editable=True)

    plain, probed = office.upa("doctor"), office.upa("doctor", "--probe", "--json")

    assert (plain.code, probed.code) == (exits.OK, exits.FAILED)
    evidence = [evidence for check, evidence, _ in findings(probed) if check == "probe"]
    assert evidence == ["users may edit Division, so bulk import refuses it"]
    assert (office.sim.library.items(), office.sim.jobs) == ([], [])


def test_probe_waits_for_an_import_job_in_flight(office: Office) -> None:
    """One import job at a time: while one is in flight, the probe says so and asks nothing."""
    office.upa("run", "--no-wait")
    jobs = len(office.sim.jobs)

    answer = office.upa("doctor", "--probe", "--json")

    assert (answer.code, len(office.sim.jobs)) == (exits.CHANGES, jobs)
    assert [evidence for check, evidence, _ in findings(answer, "warning") if check == "probe"] == [
        "people has an import job in flight, and only one may be"
    ]


def test_doctor_tells_of_a_certificate_that_cant_be_read(office: Office) -> None:
    """A certificate file that is missing is a finding, not a crash."""
    office.write(replace=(str(office.served.certificate_file), str(office.folder / "gone.pem")))

    answer = office.upa("doctor", "--json")

    assert answer.code == exits.FAILED
    assert "gone.pem" in findings(answer)[0][1]


def test_canary_delivers_one_person_in_staging_mode(office: Office) -> None:
    """One person is delivered and read back; nobody else, no watermark, no lane, and the library is empty."""
    office.write(staging=True)

    answer = office.upa("canary", office.upn("ada"), "--json")

    assert (answer.code, answer.json["delivered"]) == (exits.OK, True)
    assert answer.json["properties"]["CostCenter"] == {"before": "", "sent": "CC-1", "now": "CC-1"}
    assert "CostCenter" not in office.profile("bo") or office.profile("bo")["CostCenter"] == ""
    state = office.upa("state", "show", "--json").json
    assert (state["state"]["watermark"], state["lane"]["in_flight"]) == (None, None)
    assert sorted(path.name for path in (office.folder / "state" / "connectors").iterdir()) == ["people"]
    assert office.sim.library.items() == []


def test_canary_without_a_profile_says_so(office: Office) -> None:
    """A person without a profile isn't delivered, and the import job's answer is told; the archive stays."""
    office.hire("dora", profile=False, employeeOrgData={"costCenter": "CC-4"})

    answer = office.upa("canary", office.upn("dora"), "--json")

    assert (answer.code, answer.json["delivered"]) == (exits.FAILED, False)
    assert "IdentityNotResolvable" in answer.json["result"]
    assert office.upa("archive", "get", answer.json["run"], "--out", str(office.folder / "out")).code == exits.OK


def test_adopt_reads_what_profiles_hold(office: Office) -> None:
    """After `upa adopt` the plan holds only what differs."""
    for name, (cost, division) in {"ada": ("CC-1", "Research"), "bo": ("CC-2", "Sales"), "cy": ("old", "")}.items():
        office.sim.profiles.set(office.people[name], "CostCenter", cost)
        office.sim.profiles.set(office.people[name], "Division", division)
        office.sim.profiles.set(office.people[name], "Badge", "secret-7" if name == "cy" else "")

    adopted = office.upa("adopt", "--json")
    people = office.upa("plan", "--json").json["people"]

    assert (adopted.code, adopted.json["people"], adopted.json["left"]) == (exits.OK, 3, 0)
    assert [(one["user"], one["changes"]) for one in people] == [
        (office.upn("cy"), {"CostCenter": {"old": "old", "new": "CC-3"}})
    ]

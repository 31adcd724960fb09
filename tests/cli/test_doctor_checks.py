"""The doctor's checks one by one, on a tenant in process and surroundings made to order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.world import World
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.library_settings import LibraryRules
from upa_core.domain.errors import AccessDeniedError, RefusedError, UnavailableError, UpaError
from upa_core.ports.inspection import Host, LibrarySettings, RetentionLabel, TokenFacts
from upa_core.services.doctor import examine as doctor
from upa_core.services.doctor.library import check_library
from upa_core.services.doctor.probe import explain_refusal, probe

ALL = frozenset({"User.Read.All", "Sites.FullControl.All", "User.ReadWrite.All"})


@dataclass
class Surroundings:
    """Implements the port `Inspection` by what it is told."""

    facts: TokenFacts | UpaError | None
    ends: datetime | None = None
    time: datetime | None = None
    untracked: tuple[str, ...] = ()
    known: Sequence[str] | None = ()
    label: RetentionLabel | UpaError | None = None
    settings: LibrarySettings | UpaError = field(default_factory=LibrarySettings)
    users: Sequence[str] = ("a@b",)
    profiles: Mapping[str, str] | None = field(default_factory=dict)

    def token(self, host: Host) -> TokenFacts | None:
        if isinstance(self.facts, UpaError):
            raise self.facts
        return self.facts

    def certificate_ends(self) -> datetime | None:
        return self.ends

    def server_time(self) -> datetime | None:
        return self.time

    def check_tracked(self, select: Sequence[str]) -> None:
        if self.untracked:
            raise RefusedError("not tracked", details=self.untracked)

    def some_users(self) -> Sequence[str]:
        return self.users

    def extensions(self, wanted: Sequence[str]) -> Sequence[str] | None:
        return self.known

    def retention_label(self) -> RetentionLabel | None:
        if isinstance(self.label, UpaError):
            raise self.label
        return self.label

    def library_settings(self) -> LibrarySettings:
        if isinstance(self.settings, UpaError):
            raise self.settings
        return self.settings

    def profile(self, user_principal_name: str) -> Mapping[str, str] | None:
        return self.profiles


@pytest.fixture
def world() -> World:
    return World(1)


@pytest.fixture
def around(world: World) -> Surroundings:
    return Surroundings(TokenFacts("app-id", "app", world.sim.tenant_id, ALL, with_secret=False))


def found(check: doctor.Check, world: World, around: Surroundings) -> list[tuple[str, str]]:
    return [(one.severity, one.evidence) for one in check(world.ports(), world.connector, around)]


@pytest.mark.parametrize(
    ("days", "severity", "evidence"),
    [
        (-1, "error", "the certificate ended on 2026-11-21"),
        (20, "warning", "the certificate ends on 2026-12-12, in 20 days"),
        (90, "ok", "the certificate is good until 2027-02-20"),
    ],
)
def test_a_certificate_near_its_end(
    world: World, around: Surroundings, days: int, severity: str, evidence: str
) -> None:
    """An ended certificate is an error, one that ends within 30 days a warning."""
    around.ends = world.now + timedelta(days=days)

    assert found(doctor.check_certificate, world, around) == [(severity, evidence)]


@pytest.mark.parametrize(("seconds", "severity"), [(0, "ok"), (200, "warning"), (-400, "error")])
def test_clocks_apart(world: World, around: Surroundings, seconds: int, severity: str) -> None:
    """Two minutes apart is a warning, five an error: login would refuse assertions."""
    around.time = world.now + timedelta(seconds=seconds)

    assert [one[0] for one in found(doctor.check_clock, world, around)] == [severity]


def test_a_client_secret_is_refused(world: World, around: Surroundings) -> None:
    """A token got with a secret is an error: SharePoint refuses it."""
    around.facts = replace(around.facts, with_secret=True)

    assert ("error", "app signed in with a client secret") in found(doctor.check_sign_in, world, around)


def test_another_tenants_token_is_told(world: World, around: Surroundings) -> None:
    """A token of another tenant than the connector's source is an error that names both."""
    around.facts = replace(around.facts, tenant_id="11111111-2222-4333-8444-555555555555")

    assert found(doctor.check_sign_in, world, around)[0][1].endswith(f"the connector reads {world.sim.tenant_id}")


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (AccessDeniedError("no token AADSTS700027"), "upload the certificate's public half to the app registration"),
        (AccessDeniedError("no token AADSTS7000229"), "nobody consented to the app in this tenant"),
        (UnavailableError("managed identity: no answer"), "check the network; a managed identity signs in only where"),
    ],
)
def test_a_failed_sign_in_names_the_way_out(world: World, around: Surroundings, error: UpaError, fix: str) -> None:
    """Each host without a token is an error, with a fix for the login service's code."""
    around.facts = error
    findings = list(doctor.check_sign_in(world.ports(), world.connector, around))

    assert {one.severity for one in findings} == {"error"}
    assert {one.fix.startswith(fix) for one in findings} == {True}


@pytest.mark.parametrize(
    ("label", "severity", "evidence"),
    [
        (None, "ok", "/sites/upa/Imports has no retention label"),
        (
            RetentionLabel("Keep 7 years", keeps=True),
            "warning",
            "/sites/upa/Imports has the retention label 'Keep 7 years', which retains what is deleted",
        ),
        (
            RetentionLabel("Sensitive", keeps=False),
            "info",
            "/sites/upa/Imports has the label 'Sensitive', which retains nothing",
        ),
        (
            RefusedError("HTTP 404"),
            "info",
            "whether /sites/upa/Imports has a retention label couldn't be asked: HTTP 404",
        ),
    ],
)
def test_a_librarys_label_is_told(
    world: World, around: Surroundings, label: RetentionLabel | UpaError | None, severity: str, evidence: str
) -> None:
    """A label that keeps deleted import files is a warning; one that only marks, or can't be asked for, is not."""
    around.label = label

    assert found(check_library, world, around)[-1] == (severity, evidence)


def test_an_untracked_attribute_is_named(world: World, around: Surroundings) -> None:
    """What Graph doesn't track is an error that names the attribute."""
    around.untracked = ("signInActivity",)

    assert found(doctor.check_source, world, around) == [
        ("error", "Graph doesn't track changes of signInActivity: not tracked")
    ]


def test_nobody_to_look_at_is_a_warning(world: World, around: Surroundings) -> None:
    """An empty directory, or users without profiles, leave the properties unchecked, and that is told."""
    around.users = ()
    nobody = found(doctor.check_properties, world, around)
    around.users, around.profiles = ("a@b", "c@d"), None

    assert [nobody[0][0], *found(doctor.check_properties, world, around)] == [
        "warning",
        ("warning", "none of 2 users has a profile to look at"),
    ]


def test_a_check_that_fails_is_a_finding_and_the_others_go_on(world: World, around: Surroundings) -> None:
    """An outage of SharePoint is a warning of its check; storage, sign-in and source are checked all the same."""
    around.profiles = dict.fromkeys(world.connector.targets, "")
    world.sim.faults.add(surface="sharepoint", status=500)
    findings = doctor.examine(world.ports(), world.connector, around, done=lambda _: None)

    by_check = {one.check: one.severity for one in findings}
    assert by_check == {"storage": "ok", "roles": "ok", "source": "ok", "library": "warning", "properties": "ok"}


@pytest.mark.parametrize(
    ("message", "evidence"),
    [
        ("Property Names [Country,CellPhone] are editable by user.", "users may edit Country, CellPhone, so bulk"),
        ("Property Names [Skills] are Taxonomic Properties", "Skills takes terms or several values"),
        ("Property Names [Nope] do not exist.", "profiles have no property Nope"),
        ("Access Denied: This application does not have the required permissions", "SharePoint refuses us:"),
        ("Operation is not valid due to the current state of the object", "SharePoint refuses the map:"),
    ],
)
def test_refusals_of_the_queue_call_are_explained(message: str, evidence: str) -> None:
    """Each known refusal becomes an error with what to do."""
    finding = explain_refusal(message)

    assert (finding.check, finding.severity) == ("probe", "error")
    assert finding.evidence.startswith(evidence)
    assert finding.fix


def test_a_probe_counts_against_the_days_budget_and_leaves_nothing(world: World) -> None:
    """The empty import job is queued, counted, cancelled, and its file deleted."""
    findings = probe(world.ports(), world.connector)

    assert [one.severity for one in findings] == ["ok", "info"]
    assert (world.lane.jobs_total, world.sim.library.items()) == (1, [])


def test_a_probe_that_cant_be_cancelled_is_harmless(world: World) -> None:
    """Where SharePoint won't cancel, the file stays for housekeeping, and the finding says so."""
    world.sim.faults.add(surface="admin", operation="DeleteImportProfilePropertiesJob", status=500)
    findings = probe(world.ports(), world.connector)

    assert findings[-1].evidence == "the empty import job couldn't be cancelled; it changes nobody's profile"
    assert len(world.sim.library.items()) == 1


LIBRARY = "/sites/upa/Imports"


@pytest.mark.parametrize(
    ("settings", "expected", "fix"),
    [
        ({"check_out": True}, ("warning", "requires check-out"), "better switch off 'Require documents to be checked"),
        ({"check_out": True, "required": ("Owner",)}, ("error", "columns Owner forbid"), "make the columns Owner opt"),
        ({"required": ("Owner", "Area")}, ("warning", "must be filled: Owner, Area"), "make the columns Owner, Area"),
        ({"approval": True}, ("warning", "import files stay drafts"), "switch off 'Require content approval'"),
        ({"approval": True, "drafts_hidden": True}, ("error", "end DataFileNotExist"), "switch off 'Require content"),
        (
            {"minor_versions": True, "drafts_hidden": True},
            ("warning", "until they are published"),
            "keep major versions",
        ),
    ],
)
def test_a_library_that_hides_new_files_is_told(
    world: World, around: Surroundings, settings: dict[str, Any], expected: tuple[str, str], fix: str
) -> None:
    """Each setting that hides import files is a finding with its fix, an error where no import job would find one."""
    around.settings = LibrarySettings(**settings)
    first = next(iter(check_library(world.ports(), world.connector, around)))

    assert (first.severity, expected[1] in first.evidence, fix in first.fix) == (expected[0], True, True)


@pytest.mark.parametrize("settings", [{}, {"drafts_hidden": True}, {"minor_versions": True}])
def test_a_library_that_hides_nothing_is_well(world: World, around: Surroundings, settings: dict[str, Any]) -> None:
    """Hidden drafts harm nobody where there are none."""
    around.settings = LibrarySettings(**settings)

    assert {severity for severity, _ in found(check_library, world, around)} == {"ok"}


def test_settings_that_cant_be_asked_are_no_error(world: World, around: Surroundings) -> None:
    """Where the library's settings can't be read, the doctor says where to look, and goes on."""
    around.settings = RefusedError("no")

    assert [severity for severity, _ in found(check_library, world, around)] == ["info", "ok", "ok"]


@pytest.mark.parametrize(("required", "left"), [((), 0), (("Owner",), 0)])
def test_the_doctor_reads_a_librarys_settings_and_leaves_nothing(
    world: World, around: Surroundings, required: tuple[str, ...], left: int
) -> None:
    """On the tenant the settings come over REST; the file that the doctor tries with is gone afterwards."""
    world.sim.library.change_settings(LIBRARY, force_checkout=True, required=required)
    around.settings = read_settings(world)
    severities = [severity for severity, _ in found(check_library, world, around)]

    assert severities == (["error", "error"] if required else ["warning", "ok", "ok"])
    assert len(world.sim.library.items(LIBRARY)) == left


def test_settings_come_from_the_library_that_the_folder_is_in(world: World) -> None:
    """Check-out, approval, drafts and columns to fill are those of the folder's library, without the file's name."""
    world.sim.library.add_folder(f"{LIBRARY}/today")
    before = read_settings(world, f"{LIBRARY}/today")
    world.sim.library.change_settings(
        LIBRARY, force_checkout=True, moderation=True, draft_visibility=2, required=("Owner",)
    )

    assert before == LibrarySettings()
    assert read_settings(world, f"{LIBRARY}/today") == LibrarySettings(True, True, False, True, ("Owner",))


def read_settings(world: World, folder: str = LIBRARY) -> LibrarySettings:
    root = world.sim.urls.sharepoint
    service = Service(root, world.tokens, world.time, session=world.session)
    return LibraryRules(service, f"{root}/sites/upa", folder).settings()

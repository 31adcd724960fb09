"""The doctor's checks as findings: which check, how severe, what was seen, and what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.cli.test_doctor_checks import ALL, Surroundings
from tests.fakes import FakeRowSource
from tests.support.joined import JoinedWorld
from tests.support.world import World
from tests.support.wrapped import Wrapped
from upa_core.domain.errors import AccessDeniedError, ConfigError, RefusedError, UnavailableError, UpaError
from upa_core.domain.people.mapping import direct
from upa_core.ports.inspection import Host, TokenFacts
from upa_core.ports.store import Blob
from upa_core.services.doctor import examine as doctor
from upa_core.services.doctor.examine import examine

EXTENSION = "extension_0123456789abcdef0123456789abcdef_costCenter"


def around(world: World, **fields: Any) -> Surroundings:
    """Return surroundings in which all is well."""
    facts = TokenFacts("app-id", "app", world.sim.tenant_id, ALL, with_secret=False)
    return Surroundings(facts, **{"profiles": dict.fromkeys(world.connector.targets, ""), **fields})


def told(check: doctor.Check, world: World, here: Surroundings, **ports: Any) -> list[tuple[str, str, str]]:
    found = check(replace(world.ports(), **ports), world.connector, here)
    return [(one.check, one.severity, one.evidence) for one in found]


def test_checks_are_made_in_their_order_and_named_as_they_begin() -> None:
    """Sources where the connector has some; the clock where it is the machine's own."""
    names: list[str] = []
    world = JoinedWorld(1)
    world.rows["hr"] = FakeRowSource()
    examine(world.ports(), world.connector, around(world), done=names.append)
    plain = World(1)
    fewer: list[str] = []
    examine(plain.ports(), plain.connector, around(plain), wall_clock=False, done=fewer.append)

    order = ["storage", "last run", "sign-in", "certificate", "source", "library", "properties"]
    assert names == [*order[:5], "rows", *order[5:], "clock"]
    assert fewer == order


@pytest.mark.parametrize(
    ("closed", "skipped"),
    [
        ("graph", {"source": "Graph", "properties": "Graph", "clock": "Graph"}),
        ("library", {"library": "SharePoint", "properties": "SharePoint"}),
        ("admin", {}),
    ],
)
def test_what_needs_a_token_that_nobody_got_is_left_out(closed: Host, skipped: dict[str, str]) -> None:
    """One cause is told once, under sign-in; the others say where to look."""
    world = World(1)
    here = around(world)

    class NoToken(Surroundings):
        """Signs in for all hosts but one."""

        def token(self, host: Host) -> TokenFacts | None:
            if host == closed:
                raise AccessDeniedError("AADSTS700016")
            return super().token(host)

    some = NoToken(here.facts, profiles=here.profiles)
    found = examine(world.ports(), world.connector, some, done=lambda _: None)
    left = {one.check: one for one in found if one.evidence.startswith("not checked")}

    assert {check: one.evidence for check, one in left.items()} == {
        check: f"not checked: nobody could sign in for {service}" for check, service in skipped.items()
    }
    assert {(one.severity, one.fix) for one in left.values()} <= {("info", "see sign-in")}
    assert [one.severity for one in found if one.check == "sign-in"] == ["error"]


@pytest.mark.parametrize(
    ("error", "severity", "fix"),
    [
        (UnavailableError("down"), "warning", "run upa doctor again in a while"),
        (RefusedError("odd"), "error", "see the message; then run upa doctor again"),
    ],
)
def test_a_check_that_cant_be_made_is_a_finding_of_its_name(error: UpaError, severity: str, fix: str) -> None:
    """An outage is a warning, anything else an error; the next checks are made."""
    world = World(1)

    class Broken(Surroundings):
        """Has no answer about the certificate."""

        def certificate_ends(self) -> None:
            raise error

    here = around(world)
    found = examine(world.ports(), world.connector, Broken(here.facts, profiles=here.profiles), done=lambda _: None)
    (one,) = [one for one in found if one.check == "certificate"]

    assert (one.severity, str(error) in one.evidence, one.fix) == (severity, True, fix)
    assert found[-1].check == "properties"


def test_storage_is_written_read_and_left_as_it_was() -> None:
    """What can't be written, reached, or is read as something else, is an error with its own fix."""
    world = World()
    before = dict(world.store.blobs)
    assert told(doctor.check_storage, world, around(world)) == [
        ("storage", "ok", "state can be written, read and deleted")
    ]
    assert world.store.blobs == before

    def no(error: Exception) -> Any:
        def put(*_: Any, **__: Any) -> str:
            raise error

        return Wrapped(world.store, put=put)

    for error, words in (
        (AccessDeniedError("403"), "state can't be written: 403"),
        (UnavailableError("down"), "state can't be reached: down"),
        (OSError("disk"), "state can't be reached: disk"),
    ):
        assert told(doctor.check_storage, world, around(world), store=no(error)) == [("storage", "error", words)]
    for blob in (None, Blob(b"other", "etag")):
        other = Wrapped(world.store, get=lambda _, blob=blob: blob)
        assert told(doctor.check_storage, world, around(world), store=other) == [
            ("storage", "error", "what was written isn't what is read")
        ]


def test_tokens_are_compared_with_the_roles_that_are_needed() -> None:
    """Each missing role once, with the command that grants it; what is there is told by host."""
    world = World(1)
    none = replace(around(world).facts, roles=frozenset(), app_name="")
    found = list(doctor.check_sign_in(world.ports(), world.connector, replace(around(world), facts=none)))
    unread = told(doctor.check_sign_in, world, replace(around(world), facts=None))
    fine = told(doctor.check_sign_in, world, around(world))

    assert {(one.check, one.severity) for one in found} == {("roles", "error")}
    assert sorted(one.fix.split()[2] for one in found) == [
        "graph:User.Read.All",
        "sharepoint:Sites.FullControl.All",
        "sharepoint:User.ReadWrite.All",
    ]
    assert all(one.fix.startswith("upa grant ") and one.fix.endswith("--to app-id --connector hr") for one in found)
    assert all(one.evidence.startswith("app-id lacks ") for one in found)
    assert [one[:2] for one in unread] == [("sign-in", "info")] * 3
    assert [one[:2] for one in fine] == [("roles", "ok")] * 2
    assert fine[0][2].endswith("app (app-id) has User.Read.All")
    assert fine[1][2].endswith("app (app-id) has Sites.FullControl.All, User.ReadWrite.All")


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("AADSTS700016", "the app registration isn't in this tenant"),
        ("AADSTS700027", "upload the certificate's public half"),
        ("AADSTS7000229", "nobody consented to the app in this tenant"),
        ("AADSTS90002", "there is no such tenant"),
        ("AADSTS500011", "the address isn't one of this tenant"),
        ("managed identity", "run upa where the identity lives"),
        ("something else", "check the credentials of this connector"),
    ],
)
def test_each_code_of_the_login_has_its_fix_and_one_cause_is_one_finding(code: str, fix: str) -> None:
    """All hosts that it keeps closed are named in it."""
    world = World()
    errors = iter([AccessDeniedError(f"{code} at https://host-{n}.example/x") for n in range(3)])

    class NoToken(Surroundings):
        """Signs in nowhere."""

        def token(self, host: Host) -> TokenFacts | None:
            raise next(errors)

    closed: set[Host] = set()
    found = list(doctor.check_sign_in(world.ports(), world.connector, NoToken(None), closed=closed))
    hosts = [
        url.split("/")[2]
        for url in (
            world.connector.source.cloud.graph,
            world.connector.target.site_url,
            world.connector.target.admin_url,
        )
    ]

    assert closed == {"graph", "library", "admin"}
    assert [(one.check, one.severity) for one in found] == [("sign-in", "error")]
    assert found[0].evidence.startswith(f"no token for {', '.join(hosts)}: {code}")
    assert found[0].fix.startswith(fix)


def test_one_code_of_the_login_is_one_cause_whatever_the_text_around_it() -> None:
    """So are texts that differ in addresses, ids and names of hosts alone."""
    world = World()
    for texts in (
        ("AADSTS90002: no such tenant, trace 1", "AADSTS90002: nothing of that name", "again AADSTS90002"),
        ("no token for https://a.example/x", "no token for https://b.example/x", "no token for c.example.com/x"),
        (
            "refused 11111111-2222-4333-8444-555555555555",
            "refused 99999999-2222-4333-8444-555555555555",
            "refused 77777777-2222-4333-8444-555555555555",
        ),
    ):
        errors = iter([AccessDeniedError(text) for text in texts])

        class NoToken(Surroundings):
            """Signs in nowhere."""

            def token(self, host: Host, errors: Any = errors) -> TokenFacts | None:
                raise next(errors)

        assert len(list(doctor.check_sign_in(world.ports(), world.connector, NoToken(None)))) == 1


def test_a_token_got_with_a_secret_is_an_error_of_the_sign_in() -> None:
    """By the app's name, or its id where it has none."""
    world = World()
    here = around(world)
    facts = replace(here.facts, with_secret=True, app_name="")
    found = told(doctor.check_sign_in, world, replace(here, facts=facts))

    assert ("sign-in", "error", "app-id signed in with a client secret") in found


def test_roles_for_mail_are_needed_where_notifications_go_out_by_mail() -> None:
    """And only there."""
    world = World(1)
    here = around(world)
    plain, mail = (
        [one.evidence for one in examine(world.ports(), world.connector, here, done=lambda _: None, **asked)]
        for asked in ({}, {"mail": True})
    )

    assert not any("Mail.Send" in one for one in plain)
    assert any("lacks Mail.Send" in one for one in mail)


def test_two_causes_are_two_findings_and_an_outage_isnt_the_credentials_fault() -> None:
    """Each with its own hosts and its own fix."""
    world = World()
    errors = iter(
        [ConfigError("no certificate"), UnavailableError("AADSTS700016 no answer"), ConfigError("no certificate")]
    )

    class NoToken(Surroundings):
        """Signs in nowhere."""

        def token(self, host: Host) -> TokenFacts | None:
            raise next(errors)

    first, second = doctor.check_sign_in(world.ports(), world.connector, NoToken(None))

    assert (first.evidence.count(", "), first.fix) == (1, "check the credentials of this connector")
    assert second.fix.startswith("check the network")


@pytest.mark.parametrize(
    ("tenant", "severities"),
    [("", []), ("11111111-2222-4333-8444-555555555555", ["error"]), (None, []), ("upper", [])],
    ids=["unknown", "another", "the same", "the same in capitals"],
)
def test_a_token_of_another_tenant_is_an_error(tenant: str | None, severities: list[str]) -> None:
    """Compared without letter case, and only where the connector names its tenant by id."""
    world = World()
    mine = world.sim.tenant_id
    theirs = {None: mine, "upper": mine.upper()}.get(tenant, tenant)
    here = around(world)
    facts = replace(here.facts, tenant_id=theirs)
    found = list(doctor.check_sign_in(world.ports(), world.connector, replace(here, facts=facts)))
    named = replace(world.connector, source=replace(world.connector.source, tenant_id="contoso.com"))
    unnamed = list(doctor.check_sign_in(world.ports(), named, replace(here, facts=facts)))

    assert [one.severity for one in found if one.check == "sign-in"] == severities * 3
    assert [one for one in unnamed if one.check == "sign-in"] == []


@pytest.mark.parametrize(
    ("left", "severity", "words"),
    [
        (timedelta(0), "error", "the certificate ended on "),
        (timedelta(seconds=1), "warning", "in 0 days"),
        (timedelta(days=30), "warning", "in 30 days"),
        (timedelta(days=30, seconds=1), "ok", "is good until"),
    ],
)
def test_a_certificate_is_judged_to_the_second(left: timedelta, severity: str, words: str) -> None:
    """It warns thirty days before the end; without one there is nothing to say."""
    world = World()
    ((check, found, evidence),) = told(doctor.check_certificate, world, around(world, ends=world.now + left))

    assert (check, found, words in evidence) == ("certificate", severity, True)
    assert told(doctor.check_certificate, world, around(world)) == []


@pytest.mark.parametrize(
    ("seconds", "severity", "evidence"),
    [
        (0, "ok", "this machine's clock agrees with Graph's within 1 s"),
        (-120, "ok", "this machine's clock agrees with Graph's within 120 s"),
        (121, "warning", "this machine's clock and Graph's are 121 s apart"),
        (300, "warning", "this machine's clock and Graph's are 300 s apart"),
        (-301, "error", "this machine's clock and Graph's are 301 s apart"),
    ],
)
def test_clocks_are_compared_in_seconds(seconds: int, severity: str, evidence: str) -> None:
    """Two minutes are fine, five are the end; without an answer there is nothing to say."""
    world = World()
    here = around(world, time=world.now + timedelta(seconds=seconds))

    assert told(doctor.check_clock, world, here) == [("clock", severity, evidence)]
    assert told(doctor.check_clock, world, around(world)) == []


def test_what_graph_doesnt_track_is_told_with_what_was_meant() -> None:
    """The nearest attribute's name, unless it is the same; a refusal to list is another finding."""
    world = World()
    (near,) = doctor.check_source(world.ports(), world.connector, around(world, untracked=("jobTitel",)))
    (same,) = doctor.check_source(world.ports(), world.connector, around(world, untracked=("jobTitle",)))

    class Closed(Surroundings):
        """May not list users."""

        def check_tracked(self, select: Any) -> None:
            raise AccessDeniedError("403")

    denied = told(doctor.check_source, world, Closed(None))

    assert (near.check, near.severity) == ("source", "error")
    assert near.fix.endswith("tracked by delta? Did you mean jobTitle?")
    assert same.fix.endswith("tracked by delta?")
    assert denied == [("source", "error", "Graph refuses to list users: 403")]
    assert told(doctor.check_source, world, around(world)) == [
        ("source", "ok", f"Graph tracks changes of all {len(world.connector.select)} attributes")
    ]


def test_directory_extensions_are_looked_up_by_name() -> None:
    """One that is near is offered; where they can't be listed it says so, and that is no error."""
    world = World(mappings=(direct(EXTENSION, "UpaCode"),))

    def last(*known: str) -> tuple[str, str, str]:
        *_, one = doctor.check_source(world.ports(), world.connector, around(world, known=known))
        return one.check, one.severity, one.fix

    unlisted = told(doctor.check_source, world, around(world, known=None))

    assert last(EXTENSION) == ("source", "ok", "")
    assert last(EXTENSION.lower()) == (
        "source",
        "error",
        f"did you mean {EXTENSION.lower()}? Names are case-sensitive",
    )
    assert last("extension_x") == ("source", "error", "check extension_app and the name")
    assert last(EXTENSION[:-1], EXTENSION[:-2])[2] == f"did you mean {EXTENSION[:-1]}? Names are case-sensitive"
    assert [one[:2] for one in unlisted] == [("source", "ok"), ("source", "info")]


def test_target_properties_are_looked_up_in_somebodys_profile() -> None:
    """The first who has one; a property is found in any letter case, and a near name is offered."""
    world = World()
    every = dict.fromkeys(world.connector.targets, "")

    def found(**here: Any) -> list[tuple[str, str, str]]:
        found = doctor.check_properties(world.ports(), world.connector, around(world, **here))
        return [(one.check, one.severity, one.fix) for one in found]

    class Second(Surroundings):
        """Only the second user has a profile; or nobody may see any."""

        def profile(self, user_principal_name: str) -> Any:
            if self.untracked:
                raise AccessDeniedError("403")
            return {name.upper(): "" for name in every} if user_principal_name == "c@d" else None

        def some_users(self) -> Any:
            if self.users == ():
                raise AccessDeniedError("403")
            return self.users

    second = Second(None, users=("a@b", "c@d"))

    assert told(doctor.check_properties, world, second) == [
        ("properties", "ok", f"all {len(every)} properties exist in profiles")
    ]
    assert told(doctor.check_properties, world, replace(second, untracked=("x",))) == [
        ("properties", "error", "SharePoint refuses to show profiles: 403")
    ]
    assert [one[:2] for one in told(doctor.check_properties, world, replace(second, users=()))] == [
        ("properties", "info")
    ]
    (nobody,) = found(users=())
    (profileless,) = found(profiles=None)
    assert (nobody[:2], profileless[:2]) == (("properties", "warning"), ("properties", "warning"))
    near = {**every, "UpaDepartement": ""}
    del near["UpaDepartment"], near["UpaCode"]
    coded, titled = found(profiles=near)
    assert (titled[:2], coded[:2]) == (("properties", "error"), ("properties", "error"))
    assert titled[2].startswith("did you mean UpaDepartement? Otherwise make UpaDepartment in ")
    assert coded[2].startswith("make UpaCode in ")

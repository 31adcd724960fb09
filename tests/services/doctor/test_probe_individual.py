"""The probe of single writes: every outcome at SharePoint leads to plain words, and the profile is left as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.fakes.profiles import FakeProfiles
from tests.support.world import World
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.single_profiles import SharePointProfiles
from upa_core.domain.errors import AccessDeniedError, UnavailableError, UpaError
from upa_core.domain.individual.answer import Fault, Profile, Reading, Written
from upa_core.domain.individual.proof import Proof, why_not
from upa_core.domain.people.mapping import Mapping as PropertyMapping
from upa_core.domain.people.mapping import direct
from upa_core.domain.people_calls import Budget
from upa_core.services.admin.requests import request_run
from upa_core.services.doctor.finding import Finding
from upa_core.services.doctor.probe_individual import CALLS_A_PROPERTY, probe_individual
from upa_core.state.individual import people_calls_of, proofs_of

APP = "0a1b"
KINDS = {
    "UpaText": "string",
    "UpaDay": "date",
    "UpaNumber": "integer",
    "UpaFlag": "boolean",
    "UpaList": "strings",
    "UpaBoss": "person",
    "AboutMe": "string",
    "SPS-Skills": "terms",
}


class Tried:
    """A tenant with a property of each type, and one person whose profile is tried."""

    def __init__(self, **connector: Any) -> None:
        mappings = [direct("department", name, type=kind, route="individual") for name, kind in KINDS.items()]
        self.world = World(mappings=tuple(mappings), **connector)
        sim = self.sim = self.world.sim
        for name, kind in KINDS.items():
            if name.startswith("Upa"):
                sim.profiles.define(name, "string" if kind == "strings" else kind, multi_value=kind == "strings")
        sim.single_writes.add_terms("SPS-Skills", "Python")
        sim.single_writes.rules.term_rights = "existing"
        self.person = sim.directory.add({"userPrincipalName": "zoe@contoso.com", "displayName": "Zoe"})
        for name, value in {
            "UpaText": "mine",
            "UpaDay": "2020-03-04",
            "UpaList": "a|b",
            "SPS-Skills": "Python",
        }.items():
            sim.profiles.set(self.person, name, value)
        self.before = self.values()

    def values(self) -> dict[str, str]:
        held = self.sim.profiles.get(self.person)
        return {name: held.get(name, "") for name in KINDS}

    def probe(self, user: str = "zoe@contoso.com", **options: Any) -> list[Finding]:
        service = Service(
            self.sim.urls.admin, self.world.tokens, self.world.time, session=self.world.session, attempts=1
        )
        ports, connector = self.world.ports(), self.world.connector
        again = partial(request_run, ports, connector, full=True)
        profiles = SharePointProfiles(service)
        return probe_individual(ports, connector, profiles, APP, user, plan_anew=again, **options)

    @property
    def proof(self) -> Proof:
        return proofs_of(self.world.store, self.world.connector).load().value.apps[APP]

    def found(self) -> dict[str, str]:
        return {name: one.found for name, one in self.proof.properties.items()}


@pytest.fixture
def tried() -> Tried:
    return Tried()


def test_all_is_well(tried: Tried) -> None:
    """Where an app may write everything, each type is proven, its clear and the order of dates are learnt."""
    findings = tried.probe()

    assert {one.severity for one in findings} == {"ok", "info"}, findings
    assert tried.found() == dict.fromkeys(KINDS, "works")
    assert {name: one.clear for name, one in tried.proof.properties.items()} == {
        name: "null" if kind == "person" else "empty" for name, kind in KINDS.items()
    }
    assert (tried.proof.date_order, tried.values()) == ("mdy", tried.before)
    now = tried.world.time.now()
    assert [why_not(tried.proof, name, kind, now) for name, kind in KINDS.items()] == [""] * len(KINDS)
    assert tried.world.state.requested is not None
    assert tried.world.state.requested.full


@pytest.mark.parametrize(("locale", "order"), [("de-DE", "dmy"), ("sv-SE", "ymd"), ("ja-JP", "ymd")])
def test_dates_in_another_language(tried: Tried, locale: str, order: str) -> None:
    """The order in which the app's language shows dates is learnt, and the profile's own date is put back."""
    tried.sim.single_writes.rules.date_locale = locale
    findings = tried.probe()

    assert {one.severity for one in findings} == {"ok", "info"}, findings
    assert (tried.proof.date_order, tried.values()) == (order, tried.before)


@pytest.mark.parametrize(("clears", "day"), [("null", "null"), ("neither", "")])
def test_what_clears_a_date(tried: Tried, clears: str, day: str) -> None:
    """What clears is what was seen to clear; where nothing does, it is said, and the date is put back."""
    tried.sim.single_writes.rules.clears = clears
    findings = tried.probe()

    assert tried.proof.properties["UpaDay"].clear == day
    assert tried.values()["UpaDay"] == "2020-03-04"
    assert any("UpaDay" in one.evidence and ("nothing clears" in one.evidence) is (day == "") for one in findings)


def test_a_test_value_that_cannot_be_taken_back_is_told(tried: Tried) -> None:
    """Where nothing clears a number that was empty, the doctor says what stays in the profile."""
    tried.sim.single_writes.rules.clears = "neither"
    told = [one for one in tried.probe() if one.severity == "warning"]

    assert {"UpaNumber", "UpaFlag"} <= {word for one in told for word in KINDS if word in one.evidence}


def test_only_what_users_may_edit(tried: Tried) -> None:
    """An app that isn't seen as administrator writes editable properties only: each is told apart, with the reason."""
    tried.sim.single_writes.rules.app_writes = "editable_only"
    findings = tried.probe()

    assert {name for name, found in tried.found().items() if found == "works"} == {"AboutMe", "SPS-Skills"}
    assert tried.proof.properties["UpaText"].code == "PropertyNotEditableException"
    assert any("administrator of profiles" in one.fix for one in findings)
    assert tried.values() == tried.before


def test_nothing_at_all(tried: Tried) -> None:
    """An app that may write nothing proves nothing, and is told what to grant."""
    tried.sim.single_writes.rules.app_writes = "none"
    findings = tried.probe()

    assert "works" not in tried.found().values()
    assert all("User.ReadWrite.All" in one.fix for one in findings)
    assert tried.world.state.requested is None
    assert tried.values() == tried.before


def test_without_the_role(tried: Tried) -> None:
    """An app that can't even read is denied, and an earlier proof is gone."""
    tried.probe()
    tried.sim.apps.client.revoke("sharepoint", "User.ReadWrite.All")
    tried.world.tokens.refresh(tried.sim.urls.admin)
    findings = tried.probe()

    assert [one.severity for one in findings] == ["error"]
    assert "works" not in tried.found().values()


def test_a_private_value(tried: Tried) -> None:
    """A value that only its owner sees isn't proven: it was accepted, and nothing is read."""
    tried.sim.single_writes.private.add((tried.sim.directory.slot_of(tried.person), "UpaText"))
    findings = tried.probe()

    assert tried.found()["UpaText"] == "not_kept"
    assert any("Only me" in one.fix for one in findings)


@pytest.mark.parametrize(("rights", "made"), [("existing", False), ("all", True)])
def test_new_terms(tried: Tried, rights: str, made: bool) -> None:
    """Whether a new term is made is tried only where one is named."""
    tried.sim.single_writes.rules.term_rights = rights
    tried.probe(new_term="Upa probe term")

    assert tried.proof.properties["SPS-Skills"].new_terms is made
    assert tried.values() == tried.before


def test_no_terms_at_all(tried: Tried) -> None:
    """Without the role for the term store the terms alone are denied, everything else is proven."""
    tried.sim.single_writes.rules.term_rights = "none"
    tried.probe()

    assert {name for name, found in tried.found().items() if found != "works"} == {"SPS-Skills"}
    assert tried.found()["SPS-Skills"] == "denied"


def test_a_person_without_terms(tried: Tried) -> None:
    """A profile that holds no term can't tell whether terms can be set."""
    tried.sim.profiles.set(tried.person, "SPS-Skills", "")

    assert any("--new-term" in one.fix for one in tried.probe())
    assert tried.found()["SPS-Skills"] == "unclear"


@pytest.mark.parametrize(("user", "words"), [("nobody@contoso.com", "no profile"), ("Zoe", "user principal name")])
def test_a_user_who_cannot_be_tried(tried: Tried, user: str, words: str) -> None:
    """Somebody without a profile, and what isn't a user principal name, is said; nothing is stored."""
    (finding,) = tried.probe(user)

    assert words in finding.evidence
    assert proofs_of(tried.world.store, tried.world.connector).load().value.apps == {}


def test_a_name_that_goes_to_somebody_else(tried: Tried) -> None:
    """Where the account name changes hands during the probe, the probe ends, and nothing is proven."""
    other = tried.sim.directory.add({"userPrincipalName": "yan@contoso.com", "displayName": "Yan"})

    def swap(_account: str) -> None:
        tried.sim.single_writes.on_read = lambda _account: None
        tried.sim.directory.edit(tried.person, userPrincipalName="zoe2@contoso.com")
        tried.sim.directory.edit(other, userPrincipalName="zoe@contoso.com")

    tried.sim.single_writes.on_read = swap
    (finding,) = tried.probe()

    assert "somebody else" in finding.evidence
    assert proofs_of(tried.world.store, tried.world.connector).load().value.apps == {}


def test_the_probe_keeps_to_the_budget() -> None:
    """Without calls left in the budget nothing is tried, and it is said when there are some."""
    tried = Tried(individual=Budget(per_hour=20))
    (finding,) = tried.probe()

    assert "budget" in finding.evidence
    assert tried.sim.calls.counts() == {}


def test_nothing_to_try(tried: Tried) -> None:
    """A connector without individual mappings has nothing to be tried."""
    world = World()
    service = Service(world.sim.urls.admin, world.tokens, world.time, session=world.session, attempts=1)
    (finding,) = probe_individual(world.ports(), world.connector, SharePointProfiles(service), APP, "zoe@contoso.com")

    assert finding.severity == "info"


def test_a_probe_that_got_no_answer_proves_nothing(tried: Tried) -> None:
    """When a write isn't answered the probe says so; an older proof stays until it is over."""
    tried.probe()
    before = tried.proof
    tried.world.sim.advance(timedelta(minutes=10).total_seconds())
    tried.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", nth=2, drop="before")
    (finding,) = tried.probe()

    assert (finding.severity, tried.proof) == ("error", before)


ACCOUNT = "i:0#.f|membership|zoe@contoso.com"
TITLE = direct("jobTitle", "UpaTitle", route="individual")
HIRED = direct("employeeHireDate", "UpaHired", type="date", route="individual")
AT = direct("employeeHireDate", "UpaAt", type="datetime", route="individual")


class Noting(FakeProfiles):
    """Profiles in memory that note each set, and may show something else than was set."""

    def __init__(self, **values: str) -> None:
        super().__init__()
        self.add("zoe@contoso.com", "zoe", **values)
        self.sets: list[dict[str, Any]] = []
        self.shows: dict[str, str] = {}
        """Property → what is shown whatever was set."""

    def write(self, account: str, values: Mapping[str, Any], names: Sequence[str]) -> Written:
        self.sets.append(dict(values))
        return super().write(account, values, names)

    def _shown(self, account: str, names: Sequence[str], *, hosts: bool) -> Reading:
        found = super()._shown(account, names, hosts=hosts)
        return replace(found, values={**found.values, **self.shows}) if isinstance(found, Profile) else found


class Desk:
    """A probe on profiles in memory."""

    def __init__(self, *mappings: PropertyMapping, profiles: Any = None, **connector: Any) -> None:
        self.world = World(mappings=mappings, **connector)
        self.profiles = Noting() if profiles is None else profiles
        self.planned = 0

    def probe(self, app: str = "app", user: str = "zoe@contoso.com", **options: Any) -> list[tuple[str, str, str]]:
        def anew() -> None:
            self.planned += 1

        ports, connector = self.world.ports(), self.world.connector
        found = probe_individual(ports, connector, self.profiles, app, user, plan_anew=anew, **options)
        return [(one.check, one.severity, one.evidence) for one in found]

    @property
    def apps(self) -> dict[str, Proof]:
        return dict(proofs_of(self.world.store, self.world.connector).load().value.apps)


def test_what_stands_in_the_way_of_a_probe_is_one_finding_and_stores_nothing() -> None:
    """No mapping, no app, no profile, no object id, a read that fails: each by its reason."""
    unread, unowned = Noting(), Noting()
    unread.read = lambda wanted, **_: dict.fromkeys(wanted, Fault("refused", "X"))
    unowned.people[ACCOUNT].object_id = ""
    away = Noting()
    away.hooks.fail("read", UnavailableError("down"))
    cases = [
        (Desk(direct("jobTitle", "UpaTitle")), {}, "info", "no mapping says route: individual, so nothing was tried"),
        (Desk(replace(TITLE, state="retired")), {"with_bulk": True}, "info", "no mapping says route: individual"),
        (Desk(TITLE), {"app": ""}, "error", "the token doesn't tell which app it is for"),
        (Desk(TITLE), {"user": "nobody@contoso.com"}, "error", "the user has no profile"),
        (Desk(TITLE, profiles=unread), {}, "error", "the profile can't be read (X)"),
        (Desk(TITLE, profiles=unowned), {}, "error", "the profile doesn't tell its object id"),
        (Desk(TITLE, profiles=away), {}, "error", "the probe couldn't be made: down"),
    ]
    for desk, options, severity, evidence in cases:
        (found,) = desk.probe(**options)

        assert found[:2] == ("individual", severity), found
        assert found[2].startswith(evidence)
        assert (desk.apps, desk.profiles.sets, desk.planned) == ({}, [], 0)


def test_a_denied_read_takes_the_proof_of_everything() -> None:
    """By the name of the refusal."""
    profiles = Noting()
    profiles.read = lambda wanted, **_: dict.fromkeys(wanted, Fault("denied", "Unauthorized"))
    desk = Desk(TITLE, HIRED, profiles=profiles)
    (found,) = desk.probe()

    assert found == ("individual", "error", "SharePoint denies single profiles: Unauthorized")
    assert {name: one.found for name, one in desk.apps["app"].properties.items()} == {
        "UpaTitle": "denied",
        "UpaHired": "denied",
    }


def test_a_probe_is_made_at_any_hour_and_takes_the_most_calls_that_it_may_need() -> None:
    """Off-peak hours are for writing; where that many aren't left, nothing is tried."""
    desk = Desk(TITLE, individual=Budget(hours=(3, 4)))
    assert desk.probe()[0][1] == "ok"
    poor = Desk(TITLE, individual=Budget(per_hour=5))
    (found,) = poor.probe()

    calls = people_calls_of(desk.world.store, desk.world.connector).load().value
    assert calls.in_day == 1 + CALLS_A_PROPERTY
    assert found == ("individual", "error", "the budget of calls is used up")
    assert poor.profiles.calls == 0


def test_a_test_value_is_set_read_cleared_and_the_old_value_put_back() -> None:
    """Another test value where the profile holds the first; no longer than the property."""
    sets = []
    for held, first in (("mine", "upa probe"), ("upa probe", "upa probe 2"), ("", "upa probe")):
        desk = Desk(TITLE, profiles=Noting(UpaTitle=held))
        found = desk.probe()
        sets.append([one["UpaTitle"] for one in desk.profiles.sets])

        assert found[0] == ("individual", "ok", "UpaTitle (string) can be set and read back; an empty value clears it")
        assert sets[-1] == [first, "", held]
        assert desk.profiles.people[ACCOUNT].values["UpaTitle"] == held
    short = Desk(replace(TITLE, max_length=5))
    short.probe()

    assert short.profiles.sets[0] == {"UpaTitle": "upa p"}


def test_dates_are_tried_first_and_put_back_without_doubt_about_their_order() -> None:
    """The order of dates is learnt from them; moments too are put back in the form that has no order."""
    profiles = Noting(UpaTitle="mine", UpaHired="2020-03-04", UpaAt="2020-03-04 10:20:00")
    desk = Desk(TITLE, AT, HIRED, profiles=profiles)
    desk.probe()
    back = {name: value for one in profiles.sets for name, value in one.items()}

    assert list(profiles.sets[0]) == ["UpaHired"]
    assert desk.apps["app"].date_order == "ymd"
    assert back["UpaTitle"] == "mine"
    assert back["UpaHired"] == "2020-03-04"
    assert back["UpaAt"] == "2020-03-04 10:20:00"
    assert profiles.people[ACCOUNT].values["UpaHired"] == "2020-03-04"


def test_an_old_value_that_isnt_there_afterwards_is_a_warning() -> None:
    """Where it was accepted, and something else is shown; with what to do."""
    desk = Desk(TITLE, profiles=Noting(UpaTitle="mine"))
    real = desk.profiles.write

    def write(account: str, values: Mapping[str, Any], names: Sequence[str]) -> Written:
        written = real(account, values, names)
        return (
            replace(written, after=Profile("zoe", {"UpaTitle": "odd"})) if values == {"UpaTitle": "mine"} else written
        )

    desk.profiles.write = write
    first, second, last = desk.probe()

    assert first[1] == "ok"
    assert second == ("individual", "warning", "UpaTitle of the user couldn't be put back as it was")
    assert last[1] == "info"


def test_a_test_value_that_nothing_clears_stays_where_there_was_none() -> None:
    """It is told; a value that was there is put back."""
    for held, warned in (("", True), ("mine", False)):
        desk = Desk(TITLE, profiles=Noting(UpaTitle=held))
        real = desk.profiles.write

        def write(account: str, values: Mapping[str, Any], names: Sequence[str], real: Any = real) -> Written:
            return real(account, {name: value or "upa probe" for name, value in values.items()}, names)

        desk.profiles.write = write
        told = desk.probe()

        assert told[0][2].endswith("; nothing clears it")
        assert [one for one in told if one[1] == "warning"] == [
            ("individual", "warning", "a test value stays in UpaTitle: nothing clears it")
        ] * warned


@pytest.mark.parametrize("shown", ["another", ""])
def test_what_isnt_read_back_proves_nothing(shown: str) -> None:
    """Accepted, and not kept: nothing is planned for it."""
    profiles = Noting()
    profiles.shows = {"UpaTitle": shown}
    desk = Desk(TITLE, profiles=profiles)
    found = desk.probe()

    assert found[0][:2] == ("individual", "error")
    assert desk.apps["app"].properties["UpaTitle"].found == "not_kept"
    assert desk.planned == 0


def test_everybody_is_planned_anew_where_one_property_is_proven_more_than_before() -> None:
    """Once: the same proof again plans nobody, nor does one of a property that travels by bulk."""
    profiles = Noting()
    profiles.refused = {"UpaHired": "PropertyNotEditableException"}
    desk = Desk(TITLE, HIRED, profiles=profiles)
    first, planned = desk.probe(), desk.planned
    again = desk.probe()
    bulk = Desk(direct("jobTitle", "UpaTitle"))
    found = bulk.probe(with_bulk=True)

    assert (planned, desk.planned, bulk.planned) == (1, 1, 0)
    assert first[-1] == ("individual", "info", "more is proven than before: everybody is planned in a full round")
    assert [one[1] for one in again] == ["error", "ok"]
    assert found[0][1] == "ok"


def test_a_boolean_in_the_connectors_words_is_tried_in_them() -> None:
    """The second word where the profile holds the first."""
    words = direct("accountEnabled", "UpaOn", type="boolean", route="individual", words=("yes", "no"))
    sets = []
    for held in ("", "yes"):
        desk = Desk(words, profiles=Noting(UpaOn=held))
        desk.probe()
        sets.append(desk.profiles.sets[0]["UpaOn"])

    assert sets == ["yes", "no"]


@pytest.mark.parametrize(
    ("error", "words"),
    [(UnavailableError("down"), "the probe couldn't be made: down"), (AccessDeniedError("403"), "SharePoint denies")],
)
def test_a_probe_that_is_cut_off_names_the_property_that_it_left(error: UpaError, words: str) -> None:
    """Where the old value can't be put back; where it can, nothing is left to say of it."""
    for times, left in ((1, False), (9, True)):
        desk = Desk(TITLE, profiles=Noting(UpaTitle="mine"))
        desk.profiles.hooks.fail("write", error, times=times)
        ((check, severity, evidence),) = desk.probe()

        assert (check, severity, evidence.startswith(words)) == ("individual", "error", True)
        assert ("UpaTitle of the user may hold a test value" in evidence) is left
        assert desk.profiles.people[ACCOUNT].values["UpaTitle"] == "mine"

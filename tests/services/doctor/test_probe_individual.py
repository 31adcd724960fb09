"""The probe of single writes: every outcome at SharePoint leads to plain words, and the profile is left as it was."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.support.world import World
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.single_profiles import SharePointProfiles
from upa_core.domain.individual.proof import Proof, why_not
from upa_core.domain.people.mapping import direct
from upa_core.domain.people_calls import Budget
from upa_core.services.admin.requests import request_run
from upa_core.services.doctor.finding import Finding
from upa_core.services.doctor.probe_individual import probe_individual
from upa_core.state.individual import proofs_of

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

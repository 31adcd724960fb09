"""Try single writes on one person's profile: each mapped property is set, read back, cleared, and put back.

Only a trial shows whether an app may do this [SP-116, SP-127]. The results are stored for the tenant and
the app; without it nothing is written individually.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.errors import (
    AccessDeniedError,
    ConflictError,
    RefusedError,
    RetryLaterError,
    SkipError,
    UpaError,
)
from upa_core.domain.individual.answer import Fault, Profile, Reading, Value
from upa_core.domain.individual.compare import DateOrder, holds, order_of, to_iso
from upa_core.domain.individual.proof import Found, Proof, PropertyProof
from upa_core.domain.individual.wire import ClearForm, from_shown, to_wire
from upa_core.domain.language.values import ValueType, as_person, list_text
from upa_core.domain.people.mapping import Mapping
from upa_core.domain.people_calls import Part
from upa_core.ports.bundle import Ports
from upa_core.ports.single_profiles import SingleProfiles
from upa_core.services.doctor.finding import Finding
from upa_core.services.doctor.probe_findings import CHECK, RIGHTS, finding_of
from upa_core.services.doctor.probe_traces import CUT_OFF, expect_traces, help_stranger, restored
from upa_core.state.individual import CallBudget, proofs_of

_TESTS: dict[ValueType, tuple[str, str]] = {
    "string": ("upa probe", "upa probe 2"),
    "date": ("2027-11-22", "2027-11-23"),
    "datetime": ("2027-11-22 00:00:00", "2027-11-23 00:00:00"),
    "boolean": ("True", "False"),
    "integer": ("7", "8"),
    "strings": (list_text(["upa", "probe, one value"]), list_text(["upa probe 2"])),
}
"""Two test values for each type: the second is used where the profile holds the first.

The days show the order of dates.
"""
CALLS_A_PROPERTY = 18
"""At most: two sets of a value, two clears, one set to put the old value back, each with two reads."""


@dataclass(slots=True)
class Probe:
    """One person's profile during the probe."""

    ports: Ports
    profiles: SingleProfiles
    connector: Connector
    account: str
    object_id: str
    budget: CallBudget
    kinds: dict[str, ValueType]
    new_term: str = ""
    order: DateOrder | None = None


def probe_individual(
    ports: Ports,
    connector: Connector,
    profiles: SingleProfiles,
    app: str,
    user: str,
    *,
    new_term: str = "",
    with_bulk: bool = False,
    plan_anew: Callable[[], object] = lambda: None,
) -> list[Finding]:
    """Try every individually mapped property on the profile of `user`, a user principal name; store what was found.

    Eight parameters: the ports that a connector's bundle doesn't hold, and the answers of the administrator.

    Args:
        app: id of the app that the profiles are written as.
        with_bulk: try the properties that travel by bulk too; a probe without it proves them no more.
        new_term: a label that no term has yet, to see whether one is made; it stays in the term set.
        plan_anew: asks for a full round, where more is proven than before.

    """
    taken = [one for one in connector.mappings if one.state != "retired"]
    mappings = [one for one in taken if with_bulk or one.route == "individual"]
    if not mappings:
        return [Finding(CHECK, "info", "no mapping says route: individual, so nothing was tried", _ALSO)]
    if not app:
        return [Finding(CHECK, "error", "the token doesn't tell which app it is for", "see sign-in")]
    budget = CallBudget(ports.store, ports.clock, connector, part=Part(any_hour=True))
    try:
        return _probe(ports, connector, profiles, app, user, new_term, mappings, budget, plan_anew)
    except AccessDeniedError as exc:
        proofs_of(ports.store, connector).update(lambda all_: all_.plus(app, _nothing(ports, mappings)))
        return [Finding(CHECK, "error", f"SharePoint denies single profiles: {exc}", RIGHTS)]
    except (RefusedError, RetryLaterError, SkipError, ConflictError) as exc:
        return [Finding(CHECK, "error", f"the probe couldn't be made: {exc}", "run it again in a while")]
    finally:
        budget.close()


_ALSO = "for upa sync-user --now, add --with-bulk"


def _probe(
    ports: Ports,
    connector: Connector,
    profiles: SingleProfiles,
    app: str,
    user: str,
    new_term: str,
    mappings: list[Mapping],
    budget: CallBudget,
    plan_anew: Callable[[], object],
) -> list[Finding]:
    """Probe the mappings. Eight parameters: see `probe_individual`."""
    account = as_person(user)
    if not budget.take(1 + CALLS_A_PROPERTY * len(mappings)):
        at = budget.free_at()
        return [Finding(CHECK, "error", "the budget of calls is used up", f"run it after {at:%H:%M} UTC")]
    targets = [one.target for one in mappings]
    before = profiles.read({account: targets})[account]
    if before is None:
        return [Finding(CHECK, "error", "the user has no profile", "name somebody who has opened SharePoint once")]
    if isinstance(before, Fault):
        if before.kind == "denied":
            raise AccessDeniedError(before.code)
        return [Finding(CHECK, "error", f"the profile can't be read ({before.code})", "run it again")]
    if not before.object_id:
        return [Finding(CHECK, "error", "the profile doesn't tell its object id, so nothing can be written safely")]
    kinds = {one.target: one.type for one in mappings}
    probe = Probe(ports, profiles, connector, account, before.object_id, budget, kinds, new_term)
    tests = {one.target: _test_value(probe, one, before.values[one.target]) or "" for one in mappings}
    expect_traces(ports, connector, probe.object_id, tests, ports.clock.now() + CUT_OFF)
    found: dict[str, PropertyProof] = {}
    findings: list[Finding] = []
    try:
        for mapping in sorted(mappings, key=lambda one: one.type != "date"):
            shown = before.values[mapping.target]
            try:
                found[mapping.target] = proven = _property(probe, mapping, shown)
                findings.append(finding_of(mapping, proven))
                findings += _put_back(probe, mapping, shown, proven)
            except UpaError as exc:
                raise _cut_off(probe, mapping, shown, exc) from exc
    finally:
        with suppress(ConflictError, RetryLaterError):
            expect_traces(ports, connector, probe.object_id, tests, ports.clock.now())
    proof = Proof(ports.clock.now(), probe.order or "", found)
    before_it = proofs_of(ports.store, connector).load().value.apps.get(app)
    proofs_of(ports.store, connector).update(lambda all_: all_.plus(app, proof))
    known = {} if before_it is None else before_it.properties
    planned = found.keys() & connector.single
    if any(found[name].found == "works" and known.get(name) != found[name] for name in planned):
        plan_anew()
        findings.append(Finding(CHECK, "info", "more is proven than before: everybody is planned in a full round"))
    return findings


def _cut_off(probe: Probe, mapping: Mapping, shown: str, exc: UpaError) -> UpaError:
    """Put the old value back after an error; return the error, which tells where that failed."""
    old = {mapping.target: _old_value(probe, mapping, shown)}
    if restored(probe.ports, probe.profiles, probe.account, probe.object_id, old):
        return exc
    left = f"{exc}; {mapping.target} of the user may hold a test value: look at the profile"
    return AccessDeniedError(left) if isinstance(exc, AccessDeniedError) else RetryLaterError(left)


def _old_value(probe: Probe, mapping: Mapping, shown: str, clear: ClearForm = "empty") -> Value:
    """Return the value that puts back what was shown."""
    if not shown:
        return to_wire(mapping.type, "", clear)
    if mapping.type in ("date", "datetime"):
        return to_iso(shown, probe.order, time=mapping.type == "datetime") or shown
    return from_shown(mapping.type, shown)


def _property(probe: Probe, mapping: Mapping, shown: str) -> PropertyProof:
    """Set a test value, read it back, then clear."""
    kind, target = mapping.type, mapping.target
    wanted = _test_value(probe, mapping, shown)
    if wanted is None:
        return PropertyProof(kind, "unclear", "NoTermToTry")
    found, code, after = _try(probe, target, to_wire(kind, wanted))
    if found != "works":
        return PropertyProof(kind, found, code)
    if kind == "date" and isinstance(after, Profile):
        probe.order = probe.order or order_of(after.values[target], _day_of(wanted))
    if not _holds(probe, kind, wanted, after, target):
        return PropertyProof(kind, "not_kept")
    new_terms = False
    if kind == "terms" and probe.new_term:
        wanted = list_text([probe.new_term])
        found, _, after = _try(probe, target, to_wire(kind, wanted))
        new_terms = found == "works" and _holds(probe, kind, wanted, after, target)
    return PropertyProof(kind, "works", clear=_clear(probe, mapping), new_terms=new_terms)


def _clear(probe: Probe, mapping: Mapping) -> ClearForm:
    """Find the value that clears a property: try an empty text first, then null."""
    forms: tuple[ClearForm, ...] = ("empty", "null")
    for form in forms:
        found, _, after = _try(probe, mapping.target, to_wire(mapping.type, "", form))
        if found == "works" and isinstance(after, Profile) and after.values[mapping.target] == "":
            return form
    return ""


def _try(probe: Probe, target: str, value: Value) -> tuple[Found, str, Reading]:
    written = probe.profiles.write(probe.account, {target: value}, [target])
    fault = written.sets[target]
    if any(isinstance(one, Profile) and one.object_id != probe.object_id for one in (written.before, written.after)):
        if isinstance(written.before, Profile):
            old = {target: from_shown(probe.kinds[target], written.before.values[target])}
            help_stranger(probe.ports, probe.connector, probe.profiles, probe.account, written.before, old)
        raise RetryLaterError("the account name went to somebody else during the probe")
    if fault is None:
        return "works", "", written.after
    return fault.kind, fault.code, written.after


def _holds(probe: Probe, kind: ValueType, wanted: str, after: Reading, target: str) -> bool:
    return isinstance(after, Profile) and holds(kind, wanted, after.values[target], probe.order) is True


def _test_value(probe: Probe, mapping: Mapping, shown: str) -> str | None:
    if mapping.type == "person":
        return probe.account
    if mapping.type == "terms":
        labels = shown.split("|") if shown else [probe.new_term] if probe.new_term else []
        return list_text(labels[:1]) or None
    if mapping.words is not None:
        return mapping.words[1] if shown == mapping.words[0] else mapping.words[0]
    first, second = _TESTS[mapping.type]
    value = second if holds(mapping.type, first, shown, probe.order) is not False and shown else first
    return value[: mapping.max_length] if mapping.type == "string" and mapping.max_length else value


def _day_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _put_back(probe: Probe, mapping: Mapping, shown: str, proven: PropertyProof) -> Iterator[Finding]:
    """Put the profile's old value back; where that fails, report the value that is there now."""
    if proven.found not in ("works", "not_kept"):
        return
    if not shown and proven.clear == "" and proven.found == "works":
        fix = f"empty {mapping.target} of the user by hand"
        yield Finding(CHECK, "warning", f"a test value stays in {mapping.target}: nothing clears it", fix)
        return
    value = _old_value(probe, mapping, shown, proven.clear or "empty")
    found, _, after = _try(probe, mapping.target, value)
    if (
        found != "works"
        or not isinstance(after, Profile)
        or (proven.found == "works" and after.values[mapping.target] != shown)
    ):
        yield Finding(
            CHECK,
            "warning",
            f"{mapping.target} of the user couldn't be put back as it was",
            "look at the profile, and set the value by hand",
        )


def _nothing(ports: Ports, mappings: list[Mapping]) -> Proof:
    denied = {one.target: PropertyProof(one.type, "denied") for one in mappings}
    return Proof(ports.clock.now(), "", denied)

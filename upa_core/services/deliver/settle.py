"""Settle a batch from its archive alone: confirmed values go to the shadow, all others to unknown or escrow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass, field

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.lane import Abandoned, Outcome
from upa_core.domain.documents.runs import BULK, INDIVIDUAL
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.people.escrow_entry import PATIENT, EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.domain.people.verdict import Verdict
from upa_core.domain.plan.batch import BatchForm
from upa_core.domain.plan.refused import Judged, without
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.ages import BatchAges
from upa_core.services.deliver.properties import judge_safely
from upa_core.state.change_people import change_people, change_people_between_runs, next_sequence
from upa_core.state.plan_reader import form_of, people_in
from upa_core.state.run_people.results import note_results


@dataclass(frozen=True, slots=True)
class Settlement:
    """The result of settling a batch; the same at every repetition."""

    confirmed: bool
    exported: int
    escrowed: int
    why: str = ""
    opaque: bool = False
    """Nobody is confirmed and nothing says why: the target may be down."""
    waiting: int = 0
    """Of the people in escrow, those who have no profile yet."""
    properties: Judged = field(default_factory=Judged)
    """What the answer says about whole properties."""


def settle(
    ports: Ports,
    connector: Connector,
    outcome: Outcome,
    ad_hoc: AdHoc | None = None,
    *,
    beside: bool = False,
    tried: Collection[str] = (),
) -> Settlement:
    """Write every property of the batch to the shadow, confirmed or unknown, stamped with the batch's number.

    The people of an ad hoc run aren't planned again by themselves, so unknown values of theirs are due. An import's
    values aren't those of the connector's source, so the connector's own properties become unknown by it and are due.

    Six parameters: with `beside`, the batch belongs to no open run; `tried`: properties that were set aside when the
    batch was planned. Raises `CorruptStateError` where the archive can't be read.
    """
    form = form_of(ports, outcome.route)
    people = people_in(ports, outcome.run, outcome.file, outcome.route)
    verdict = ports.routes[outcome.route].judge(ports, outcome, people)

    def sent(person: str) -> Collection[str]:
        return form.read([people[person]], orjson.loads)[person]

    ages = BatchAges(ports, connector, outcome)
    ages.look(form, people, verdict.failed.keys() & people.keys())
    judged = verdict.confirmed and ad_hoc is None
    properties = judge_safely(ports, connector, verdict.failed, people, sent, tried) if judged else Judged()
    change = _settling(form, outcome, verdict, ages, properties.refused.keys())
    sent_again = ad_hoc is not None and (ad_hoc.kind == "import" or not verdict.confirmed)
    if sent_again:
        _override(ports, connector, outcome, form.read(people.values(), orjson.loads))
    elif beside:
        change_people_between_runs(ports, connector, people, lambda shard, one: change(shard, {one: people[one]}))
    else:
        change_people(ports, connector, people, change, outcome.run)
    note_results(ports.store, outcome.run, outcome.file, list(people), verdict)
    ages.count(verdict)
    escrowed = len(verdict.failed)
    exported = len(people) - escrowed if verdict.confirmed else 0
    level = Level.INFO if verdict.confirmed else Level.WARNING
    fields: Fields = {"file": outcome.file, "exported": exported, "escrowed": escrowed, "why": verdict.why}
    jobs = outcome.import_jobs
    ports.events.emit(Event(EventName.FILE_SETTLED, connector.name, outcome.run, level, fields, jobs))
    if not sent_again:
        _emit_escrowed(ports, connector, outcome, verdict)
    waiting = sum({why.reason for why in one.refused.values()} <= PATIENT for one in verdict.failed.values())
    return Settlement(verdict.confirmed, exported, escrowed, verdict.why, verdict.opaque, waiting, properties)


def _settling(
    form: BatchForm, outcome: Outcome, verdict: Verdict, ages: BatchAges, aside: Set[str]
) -> Callable[[Shard, Mapping[str, bytes]], None]:
    """Return what settling does to a shard. `aside`: properties that are refused for everybody."""

    def change(shard: Shard, pieces: Mapping[str, bytes]) -> None:
        part = form.read(pieces.values(), orjson.loads)
        if outcome.route == INDIVIDUAL:
            _keep_ours(shard, part, outcome, verdict)
        if not verdict.confirmed:
            for person, values in part.items():
                shard.settle(person, dict.fromkeys(values), outcome.sequence)
            ages.note(shard, part)
            return
        named = (person for person in part if person in verdict.failed) if verdict.failed else ()
        failed = {person: verdict.failed[person] for person in named}
        good = {person: values for person, values in part.items() if person not in failed} if failed else part
        shard.confirm(good, outcome.sequence, outcome.ended)
        for person, one in failed.items():
            mine = aside & part[person].keys()
            shard.settle_partly(
                person,
                part[person],
                without(one.refused, mine, part[person]),
                one.confirmed,
                sequence=outcome.sequence,
                now=outcome.ended,
                aside=mine,
            )
            ages.date_back(shard, person)
        ages.note(shard, part)

    return change


def _keep_ours(shard: Shard, part: Mapping[str, Mapping[str, str]], outcome: Outcome, verdict: Verdict) -> None:
    """Remember the values of single writes that aren't confirmed: the profile may hold them."""
    for person, values in part.items() if not verdict.confirmed else ():
        shard.keep_ours(person, values, (), outcome.sequence)
    for person in part.keys() & verdict.failed.keys():
        shard.keep_ours(person, part[person], verdict.failed[person].unsent, outcome.sequence)


def _override(ports: Ports, connector: Connector, outcome: Outcome, people: Mapping[str, Mapping[str, str]]) -> None:
    """Make the connector's own properties in a batch unknown and their people due; other properties are ignored."""
    owned = set(connector.targets)
    everyone = {person: values for person, values in people.items() if owned & values.keys()}

    def change(shard: Shard, part: Mapping[str, Mapping[str, str]]) -> None:
        for person, values in part.items():
            shard.doubt(person, values, now=outcome.ended, sequence=outcome.sequence, reason=EscrowReason.OVERRIDDEN)

    if everyone:
        change_people(ports, connector, everyone, change, outcome.run)


def doubt(ports: Ports, connector: Connector, entry: Abandoned) -> int:
    """Make everything in a file unknown and its people due: an import job that was given up has ended later.

    The doubt is newer than every file so far, so that none of them overwrites it. Returns how many people are in doubt.
    """
    form, pieces = form_of(ports, BULK), people_in(ports, entry.run, entry.file, BULK)
    sequence = next_sequence(ports, connector)
    now = ports.clock.now()

    def change(shard: Shard, person: str) -> None:
        shard.doubt(person, form.read([pieces[person]], orjson.loads)[person], now=now, sequence=sequence)

    change_people_between_runs(ports, connector, pieces, change)
    return len(pieces)


def _emit_escrowed(ports: Ports, connector: Connector, outcome: Outcome, verdict: Verdict) -> None:
    """Emit how many people wait for which reason; a profile that doesn't exist yet is no reason for an alarm."""
    reasons = [reason for one in verdict.failed.values() for reason in {why.reason for why in one.refused.values()}]
    for reason in sorted(set(reasons)):
        level = Level.INFO if reason in PATIENT else Level.WARNING
        fields: Fields = {"file": outcome.file, "reason": reason.value, "people": reasons.count(reason)}
        event = Event(EventName.PERSON_ESCROWED, connector.name, outcome.run, level, fields, outcome.import_jobs)
        ports.events.emit(event)

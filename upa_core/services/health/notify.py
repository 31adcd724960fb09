"""Notify administrators of alarms: once for each reason, and when the alarm is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from upa_core.domain.connector import Connector
from upa_core.domain.documents.storage_layout import notified_key
from upa_core.domain.drift.record import DriftIndex
from upa_core.domain.drift.standing import standing
from upa_core.domain.errors import ConflictError, UpaError
from upa_core.domain.health.alarms import Facts, alarms_of
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.health.health import health
from upa_core.domain.health.notification_log import Notification, NotificationLog, Sample
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.ports.bundle import Ports
from upa_core.ports.messenger import Message, Messenger
from upa_core.services.health.freshness import freshness, tell_freshness
from upa_core.state.document import Document, lane_of, state_of
from upa_core.state.drift.documents import drift_of
from upa_core.state.people import People

SAMPLE_EVERY = timedelta(hours=1)
CERTIFICATE_EVERY = timedelta(hours=12)
_QUIET = {
    EscrowReason.PROFILE_NOT_CREATED.value,
    EscrowReason.REQUESTED.value,
    EscrowReason.NOT_READABLE_YET.value,
    EscrowReason.OVER_BUDGET.value,
}
_A_DAY = {EscrowReason.USER_NAME_CHANGED.value, EscrowReason.OTHER_PERSON.value}
"""SharePoint's own sync needs time to see a new user name: no alarm before a day has passed."""


@dataclass(frozen=True, slots=True)
class Alerting:
    """Who is notified about a connector, and of what."""

    occasions: frozenset[str]
    """The occasions for the channels; every alarm is also an event."""
    silence_after: timedelta
    messengers: Sequence[Messenger] = ()
    certificate_ends: Callable[[], datetime | None] = lambda: None
    """Reads the end of the certificate that the connector signs in with; raises as the tokens do."""


def notification_log_of(ports: Ports, connector: Connector) -> Document[NotificationLog]:
    """Return the document of notifications: those that were raised, and the channels to notify."""
    return Document(ports.store, notified_key(connector.name), NotificationLog(), disposable=True)


def notify(ports: Ports, connector: Connector, alerting: Alerting, *, trouble: str = "") -> None:
    """Judge the connector and send what changed.

    A message is claimed by a conditional write before it is sent, so two instances never send it both; a channel that
    fails is tried again with growing pauses; a death in between repeats a message after a quarter of an hour at worst.

    Args:
        trouble: the error of the tick that called, "" where it went through.

    Raises:
        UpaError: the storage can't be used; nothing was sent.
    """
    document, now = notification_log_of(ports, connector), ports.clock.now()
    before = document.load().value
    certified = _certificate(alerting, before, now)
    escrow = _escrow(ports, connector)
    channels = tuple(messenger.name for messenger in alerting.messengers)
    state, lane = state_of(ports.store, connector.name).load().value, lane_of(ports.store, connector).load().value
    index = drift_of(ports.store, connector.name).load().value if connector.drift is not None else DriftIndex()
    drift = standing(connector, index, state.people.known, now)
    measures = not before.samples or now - before.samples[-1].at >= SAMPLE_EVERY
    figures = freshness(ports, connector, state, lane, index) if measures or connector.objective is not None else None
    unproven = _unproven(ports, connector)
    raised: list[Notification] = []
    ended: list[Notification] = []

    def judge(log: NotificationLog) -> NotificationLog:
        raised.clear()
        ended.clear()
        if not log.samples or now - log.samples[-1].at >= SAMPLE_EVERY:
            log = log.sampled(Sample(now, escrow))
        facts = Facts(
            state=state,
            lane=lane,
            now=now,
            first_seen=log.first_seen or now,
            silence_after=alerting.silence_after,
            token_warn_age=connector.limits.token_warn_age,
            connector=connector.name,
            staging=connector.in_staging(state),
            trouble=trouble,
            escrow=escrow,
            escrow_before=_day_ago(log, now),
            certificate_ends=certified.certificate_ends,
            sources=connector.secondaries,
            drifted=drift.totals.different,
            drifting=drift.totals.differing,
            contested=drift.totals.contested,
            unread=drift.trouble,
            unproven=unproven,
            stale=figures.kept.why if figures is not None and figures.kept is not None else "",
        )
        after = log.judged(list(alarms_of(facts)), channels, now, occasions=alerting.occasions)
        known = {(entry.occasion, entry.reason) for entry in log.entries if not entry.over}
        still = {(entry.occasion, entry.reason) for entry in after.entries if not entry.over}
        raised.extend(e for e in after.entries if not e.over and (e.occasion, e.reason) not in known)
        occasions = {occasion for occasion, _ in still}
        ended.extend(e for e in log.entries if not e.over and e.occasion not in occasions)
        ends, read = certified.certificate_ends, certified.certificate_read
        after = replace(after, trouble=trouble, certificate_ends=ends, certificate_read=read)
        return after.seen(health(connector, state, lane, now, after).condition, now)

    document.update(judge)
    if figures is not None and measures:
        tell_freshness(ports, connector, figures)
    for entry in raised:
        _emit(ports, connector, EventName.ALARM_RAISED, entry, Level.WARNING)
    for entry in ended:
        _emit(ports, connector, EventName.ALARM_ENDED, entry, Level.INFO)
    _send(ports, connector, document, alerting.messengers)


def count_library(ports: Ports, connector: Connector) -> None:
    """Note the size of the library, for the page; called where nobody waits for it."""
    items, now = ports.library.items(), ports.clock.now()
    sample = Sample(now, _escrow(ports, connector), len(items) if items is not None else None)
    notification_log_of(ports, connector).update(lambda log: log.sampled(sample))


def _send(
    ports: Ports, connector: Connector, document: Document[NotificationLog], messengers: Sequence[Messenger]
) -> None:
    now = ports.clock.now()
    stored = document.load()
    due = stored.value.due(now)
    if not due:
        return
    claimed = stored.value.claimed(due, now)
    try:
        document.save(stored, claimed)
    except ConflictError:  # another instance sends them
        return
    by_name = {messenger.name: messenger for messenger in messengers}
    mine = [
        e for e in claimed.entries if any((e.occasion, e.reason, e.over) == (d.occasion, d.reason, d.over) for d in due)
    ]
    for entry in mine:
        failed = tuple(
            name for name in entry.waiting if name in by_name and not _sent(ports, connector, by_name[name], entry)
        )
        document.update(partial(NotificationLog.sent, mine=entry, failed=failed, now=now))


def _sent(ports: Ports, connector: Connector, messenger: Messenger, entry: Notification) -> bool:
    try:
        messenger.send(Message(connector.name, entry.title, entry.detail, entry.todo, entry.over))
    except UpaError as exc:
        fields: Fields = {
            "channel": messenger.name,
            "occasion": entry.occasion,
            "tries": entry.tries,
            "error": str(exc),
        }
        name = EventName.NOTIFICATION_FAILED
        ports.events.emit(Event(name, connector.name, entry.run, Level.WARNING, fields, entry.import_jobs))
        return False
    return True


def _emit(ports: Ports, connector: Connector, name: EventName, entry: Notification, level: Level) -> None:
    fields = {"occasion": entry.occasion, "title": entry.title, "detail": entry.detail}
    ports.events.emit(Event(name, connector.name, entry.run, level, fields, entry.import_jobs))


def _certificate(alerting: Alerting, log: NotificationLog, now: datetime) -> NotificationLog:
    """Read the certificate's end twice a day; a certificate that can't be read is reported as trouble of the token."""
    if log.certificate_read is not None and now - log.certificate_read < CERTIFICATE_EVERY:
        return log
    try:
        return replace(log, certificate_ends=alerting.certificate_ends(), certificate_read=now)
    except UpaError:
        return log


def _unproven(ports: Ports, connector: Connector) -> tuple[str, ...]:
    """Return why properties aren't written singly; nothing where the sign-in fails, which is an alarm of its own."""
    try:
        return tuple(dict.fromkeys(ports.unproven(connector).values()))
    except UpaError:
        return ()


def _escrow(ports: Ports, connector: Connector) -> int:
    index = state_of(ports.store, connector.name).load().value.people
    books = People(ports.store, connector, index).books().values()
    day_ago = ports.clock.now() - timedelta(days=1)
    return sum(
        one.people
        for book in books
        for reason, one in book.reasons.items()
        if reason not in _QUIET and (reason not in _A_DAY or one.oldest <= day_ago)
    )


def _day_ago(log: NotificationLog, now: datetime) -> int | None:
    recent = [sample.escrow for sample in log.samples if now - sample.at <= timedelta(days=1)]
    return min(recent) if recent else None

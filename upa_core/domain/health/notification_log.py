"""The stored record of notifications: each is sent once, and none is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from upa_core.domain.health.alarms import Alarm
from upa_core.domain.pauses import is_early

CLAIM_LASTS = timedelta(minutes=15)
"""An instance that began to send is left alone this long; then another may send."""
_PAUSES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
MAX_TRIES = 12
SAMPLES = 120


@dataclass(frozen=True, slots=True)
class Notification:
    """One alarm, or its end, and the channels that haven't been notified."""

    occasion: str
    reason: str
    since: datetime
    title: str
    detail: str
    todo: str
    waiting: tuple[str, ...]
    """Channels that haven't been notified yet."""
    over: bool = False
    heard: bool = False
    """A channel was notified of it, so its end is notified too."""
    tries: int = 0
    not_before: datetime | None = None
    run: str = ""
    import_jobs: tuple[str, ...] = ()
    urgent: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """Sizes at one moment, for charts and growth."""

    at: datetime
    escrow: int
    library_items: int | None = None


@dataclass(frozen=True, slots=True)
class NotificationLog:
    """The stored notifications of one connector."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    first_seen: datetime | None = None
    trouble: str = ""
    condition: str = ""
    """The connector's condition at the last look."""
    condition_since: datetime | None = None
    entries: tuple[Notification, ...] = ()
    samples: tuple[Sample, ...] = ()
    certificate_ends: datetime | None = None
    certificate_read: datetime | None = None

    def judged(
        self, alarms: list[Alarm], channels: tuple[str, ...], now: datetime, *, occasions: frozenset[str]
    ) -> NotificationLog:
        """Return the document with new reasons added, and with alarms that are gone marked as ended.

        Args:
            alarms: the present alarms, at most one per occasion.
            channels: the channels to notify.
            now: this moment.
            occasions: their subjects, with `recovered` for ends; all alarms are entered all the same.
        """
        entries: list[Notification] = []
        open_now = {entry.occasion: entry for entry in self.entries if not entry.over}
        for alarm in alarms:
            before = open_now.pop(alarm.occasion, None)
            if before is not None and before.reason == alarm.reason:
                entries.append(before)
                continue
            since = before.since if before is not None else now
            heard = before.heard if before is not None else False
            entries.append(
                Notification(
                    occasion=alarm.occasion,
                    reason=alarm.reason,
                    since=since,
                    title=alarm.title,
                    detail=alarm.detail,
                    todo=alarm.todo,
                    waiting=channels if alarm.occasion in occasions else (),
                    heard=heard,
                    run=alarm.run,
                    import_jobs=alarm.import_jobs,
                    urgent=alarm.urgent,
                )
            )
        for gone in open_now.values():
            if "recovered" in occasions and gone.heard:
                entries.append(replace(gone, over=True, waiting=channels, tries=0, not_before=None))
        entries += [entry for entry in self.entries if entry.over and entry.waiting]
        return replace(self, first_seen=self.first_seen or now, entries=tuple(entries))

    @property
    def urgent(self) -> Notification | None:
        """Return the first urgent alarm."""
        return next((entry for entry in self.entries if entry.urgent and not entry.over), None)

    def seen(self, condition: str, now: datetime) -> NotificationLog:
        """Return the document with the connector's condition now, and since when it has lasted."""
        return self if condition == self.condition else replace(self, condition=condition, condition_since=now)

    def due(self, now: datetime) -> tuple[Notification, ...]:
        """Return the notifications that are due now."""
        return tuple(e for e in self.entries if e.waiting and not is_early(e.not_before, now))

    def claimed(self, due: tuple[Notification, ...], now: datetime) -> NotificationLog:
        """Return the document with these notifications claimed by its writer."""
        later = now + CLAIM_LASTS
        return replace(
            self,
            entries=tuple(replace(e, not_before=later, tries=e.tries + 1) if e in due else e for e in self.entries),
        )

    def sent(self, mine: Notification, failed: tuple[str, ...], now: datetime) -> NotificationLog:
        """Return the document after an attempt: failed channels are tried again later, notified ends are removed."""
        waiting = failed if mine.tries < MAX_TRIES else ()
        pause = _PAUSES[min(mine.tries, len(_PAUSES)) - 1]
        heard = mine.heard or len(failed) < len(mine.waiting)
        after = replace(mine, waiting=waiting, heard=heard, not_before=now + pause if waiting else None)
        kept = (after if entry == mine else entry for entry in self.entries)
        return replace(self, entries=tuple(entry for entry in kept if not (entry.over and not entry.waiting)))

    def sampled(self, sample: Sample) -> NotificationLog:
        """Return the document with one more sample."""
        return replace(self, samples=(*self.samples, sample)[-SAMPLES:])

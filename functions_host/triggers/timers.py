"""Timer triggers: one thread each, so that none overlaps itself; a schedule's status survives the process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions_host.clock import Clock
from functions_host.errors import InvocationFailedError
from functions_host.store import Database, from_unix, to_unix
from functions_host.triggers.cron import Schedule

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TimerStatus:
    """The stored facts about a timer between runs."""

    last: datetime | None
    next: datetime | None
    updated: datetime

    def info(self, *, past_due: bool) -> dict[str, Any]:
        """Return the timer's status as the trigger hands it to the function."""
        status = {
            "Last": _iso(self.last) or "0001-01-01T00:00:00",
            "Next": _iso(self.next) or "0001-01-01T00:00:00",
            "LastUpdated": _iso(self.updated),
        }
        return {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}


class Timer:
    """Fires one timer trigger on its schedule."""

    def __init__(
        self,
        name: str,
        text: str,
        schedule: Schedule,
        fire: Callable[[dict[str, Any]], Any],
        *,
        database: Database,
        clock: Clock,
        use_monitor: bool = True,
        run_on_startup: bool = False,
    ) -> None:
        """Keep them. Eight parameters: the settings of a timer trigger."""
        self.name = name
        self._text = text
        self._schedule = schedule
        self._fire = fire
        self._db = database
        self._clock = clock
        self._use_monitor = use_monitor
        self._run_on_startup = run_on_startup
        self._wake = threading.Event()
        self._stopping = False
        self._singleton = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"timer-{name}")

    def start(self) -> None:
        """Begin to keep the schedule."""
        self._first_due = self._due_at_start()
        self._thread.start()

    def stop(self) -> None:
        """Fire no more."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def busy(self) -> bool:
        """Return whether the timer is firing, or overdue."""
        status = self.status()
        overdue = status is not None and status.next is not None and status.next <= self._clock.now()
        return self._singleton.locked() or (overdue and self._thread.is_alive())

    def fire_now(self) -> None:
        """Fire by hand; wait for a run that is under way.

        Raises:
            InvocationFailedError: the function failed.
        """
        with self._singleton:
            status = self.status() or TimerStatus(None, self._schedule.next_after(self._clock.now()), self._clock.now())
            self._fire(status.info(past_due=False))

    def status(self) -> TimerStatus | None:
        """Return the last written status."""
        rows = self._db.execute("SELECT last, next, updated FROM timer WHERE name = ?", (self.name,))
        if not rows:
            return None
        last, next_, updated = rows[0]
        return TimerStatus(
            last=None if last is None else from_unix(last),
            next=None if next_ is None else from_unix(next_),
            updated=from_unix(updated),
        )

    def _due_at_start(self) -> bool:
        """Write the first status, or return whether an occurrence was missed while no host ran."""
        now = self._clock.now()
        status = self.status()
        if status is None or not self._use_monitor:
            self._save(last=status.last if status else None, after=now)
            return False
        rows = self._db.execute("SELECT schedule FROM timer WHERE name = ?", (self.name,))
        if rows[0][0] != self._text:
            self._save(last=status.last, after=status.last or status.updated)
            status = self.status() or status
        return status.next is not None and status.next <= now

    def _run(self) -> None:
        if self._run_on_startup or self._first_due:
            self._occur(past_due=self._first_due)
        while not self._stopping:
            self._wake.clear()
            status = self.status()
            if status is None or status.next is None:
                return
            if status.next <= self._clock.now():
                self._occur(past_due=False)
            elif not self._stopping:
                self._clock.wait(status.next, self._wake)

    def _occur(self, *, past_due: bool) -> None:
        started = self._clock.now()
        status = self.status() or TimerStatus(None, started, started)
        with self._singleton:
            try:
                self._fire(status.info(past_due=past_due))
            except InvocationFailedError:
                log.debug("timer %s failed; there is no retry before the next occurrence", self.name)
        if not self._stopping:
            # Written after the run: a host killed in the middle finds the timer past due. Occurrences that passed
            # during the run are not made up for.
            self._save(last=started, after=self._clock.now())

    def _save(self, *, last: datetime | None, after: datetime) -> None:
        self._db.execute(
            "INSERT INTO timer VALUES(?, ?, ?, ?, ?) ON CONFLICT(name) DO UPDATE SET schedule = excluded.schedule, "
            "last = excluded.last, next = excluded.next, updated = excluded.updated",
            (self.name, self._text, to_unix(last), to_unix(self._schedule.next_after(after)), to_unix(after)),
        )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()

"""Deliver a batch in slices: each is claimed in storage until a moment, and archived before the next one begins.

The claim is the only lock: a value that is set too late would replace a newer, confirmed one. Nothing is sent later
than one request's time-out before the claim ends, measured by the monotonic clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import orjson

from upa_core.domain.documents.individual_keys import progress_key
from upa_core.domain.documents.lane import LogFile
from upa_core.domain.documents.storage_layout import file_key, log_key
from upa_core.domain.errors import (
    AccessDeniedError,
    ConflictError,
    CorruptStateError,
    RefusedError,
    RetryLaterError,
    ThrottledError,
    UnansweredError,
)
from upa_core.domain.individual.answer import Fault, Profile, Reading
from upa_core.domain.individual.batch import Task, split, tasks
from upa_core.domain.individual.record import PersonRecord, Progress, write_records
from upa_core.domain.pauses import try_again_delay
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.services.deliver.delivery import Delivery
from upa_core.services.deliver.individual.lost_names import LostNames
from upa_core.services.deliver.individual.person import WINDOW, Writer
from upa_core.state.change_people import change_people_between_runs, next_sequence
from upa_core.state.document import Document, Stored
from upa_core.state.individual import CallBudget

CLAIM_LASTS: Final = timedelta(minutes=5)
"""After this time another worker may claim the slice."""
REQUEST_TIMEOUT: Final = 75.0
"""Seconds after which a request is given up."""
MAX_PEOPLE: Final = 100
"""People of one slice."""
FEW: Final = 5
"""This many at once where the budget allows no more."""
SHORT_PAUSE: Final = 20.0
"""Seconds: the first pause up to this is waited for; a longer one, or a second one, ends the slice."""
LEAST_PAUSE: Final = timedelta(minutes=1)
"""After a second throttle, also where SharePoint names no pause, or none that makes sense."""
MAX_FAILURES: Final = 12
"""After this many slices in a row without progress the rest of a batch is given up."""


class DeniedError(Exception):
    """The app may not write single profiles: the route stops."""


class Slices:
    """The slices of one batch."""

    def __init__(self, delivery: Delivery, writer: Writer) -> None:
        self._ports, self._delivery, self._writer = delivery.ports, delivery, writer
        key = progress_key(delivery.run.id, delivery.file.name)
        self._document = Document(delivery.ports.store, key, Progress())
        self._budget = CallBudget(delivery.ports.store, delivery.ports.clock, delivery.connector)
        self._sends_until = 0.0
        self._throttles = 0
        self._needed = 1
        self._doubted = 0
        self._names = LostNames(0, begins=False)

    def load(self) -> Stored[Progress]:
        """Return the batch's progress."""
        return self._document.load()

    def work(self) -> list[Task]:
        """Return the batch's tasks, in its order; raises `CorruptStateError` where it is missing or damaged."""
        run, file = self._delivery.run.id, self._delivery.file
        blob = self._ports.store.get(file_key(run, file.name))
        if blob is None or hashlib.sha256(blob.data).hexdigest() != file.sha256:
            raise CorruptStateError(f"{file.name}: the stored batch is missing or damaged")
        return tasks(split(blob.data).values(), orjson.loads)

    def run(self, read: Stored[Progress], work: Sequence[Task]) -> Progress:
        """Claim a slice, write it, archive it; returns the batch's progress.

        Raises `ConflictError` where somebody else claimed it, `DeniedError` after the archive is written.
        """
        now = self._ports.clock.now()
        began = self._ports.clock.monotonic()
        claim = self._ports.ids.token()
        self._doubted = read.value.in_doubt(MAX_PEOPLE)
        mine = replace(read.value, claimed_until=now + CLAIM_LASTS, claim=claim, doubted=self._doubted)
        claimed = self._document.save(read, mine)
        self._sends_until = began + CLAIM_LASTS.total_seconds() - REQUEST_TIMEOUT
        lost = self._budget.lost_names()
        self._names = LostNames(lost, begins=read.value.done == 0)
        todo = work[read.value.done : read.value.done + MAX_PEOPLE]
        records: list[PersonRecord] = []
        trouble: Exception | None = None
        try:
            self._write(todo, read.value.done, records)
        except (RetryLaterError, AccessDeniedError, RefusedError, DeniedError) as exc:
            trouble = exc
        finally:
            self._budget.close()
        if self._names.in_a_row != lost:
            self._budget.note_lost_names(self._names.in_a_row)
        return self._archive(claimed, records, trouble, todo)

    def logs(self, progress: Progress) -> tuple[LogFile, ...]:
        """Return a batch's archived slices when it is given up; whoever may have been written is archived as that."""
        try:
            doubted = self.work()[progress.done : progress.in_doubt(MAX_PEOPLE)]
        except CorruptStateError:
            doubted = []
        if not doubted:
            return progress.logs
        records = [PersonRecord(one.person, "unlooked", sent=tuple(one.values)) for one in doubted]
        return (*progress.logs, self._log(records, len(progress.logs)))

    def _log(self, records: Sequence[PersonRecord], number: int) -> LogFile:
        """Archive a slice."""
        content = write_records(records)
        digest = hashlib.sha256(content).hexdigest()
        key = log_key(self._delivery.run.id, self._delivery.file.name, number, digest)
        self._ports.store.put(key, content)
        return LogFile(job="", name=f"slice {number}", key=key, sha256=digest)

    def _archive(
        self,
        claimed: Stored[Progress],
        records: list[PersonRecord],
        trouble: Exception | None,
        todo: Sequence[Task],
    ) -> Progress:
        before, now = claimed.value, self._ports.clock.now()
        after = replace(before, claimed_until=None, claim="", not_before=None)
        if isinstance(trouble, UnansweredError):
            after = replace(after, doubted=max(after.doubted, before.done + len(records) + 1))
        if records:
            log = self._log(records, len(before.logs))
            after = replace(after, done=before.done + len(records), logs=(*before.logs, log), failures=0)
        if isinstance(trouble, ThrottledError):
            after = replace(after, not_before=max(self._budget.free_at(), now + LEAST_PAUSE))
        elif trouble is not None:
            failures = after.failures + (0 if records else 1)
            after = replace(after, failures=failures, not_before=now + try_again_delay(failures))
        elif not records:
            free = self._budget.free_at(self._needed)
            after = replace(after, not_before=max(free, now + timedelta(seconds=1)))
        try:
            stored = self._document.save(claimed, after).value
        except ConflictError:
            self._doubt(records, todo)
            raise
        if isinstance(trouble, AccessDeniedError | RefusedError | DeniedError):
            raise DeniedError(str(trouble)) from trouble
        return stored

    def _doubt(self, records: Sequence[PersonRecord], todo: Sequence[Task]) -> None:
        """Have values sent again that may have been set after the claim: somebody may have set newer ones.

        A late value counts as ours, so that it isn't taken for a user's edit.
        """
        values = {task.person: task.values for task in todo}
        sent = {one.person: {name: values[one.person][name] for name in one.sent} for one in records if one.sent}
        if not sent:
            return
        ports, connector, now = self._ports, self._delivery.connector, self._ports.clock.now()
        sequence = next_sequence(ports, connector)

        def change(shard: Shard, person: str) -> None:
            shard.keep_ours(person, sent[person], (), sequence)
            shard.settle(person, dict.fromkeys(sent[person]), sequence)
            shard.escrow.ask(person, EscrowReason.REQUESTED, now=now, sequence=sequence)

        change_people_between_runs(ports, connector, sent, change)

    def _write(self, todo: Sequence[Task], done: int, records: list[PersonRecord]) -> None:
        """Write people while time and budget last, and append the record of each; `done`: people before them."""
        at = 0
        while at < len(todo):
            group, lost, taken = self._affordable(todo[at : at + self._names.read_at_once()])
            if not group:
                return
            made, calls = self._budget.made - taken, self._writer.profiles.calls
            doubted = {task.person for task in group[: max(0, self._doubted - done - at)]}
            try:
                whole = self._write_group(group, lost, doubted, records)
            finally:
                spent = self._writer.profiles.calls - calls
                self._budget.put_back(self._budget.made - made - spent)
            if not whole:
                return
            at += len(group)

    def _affordable(self, group: Sequence[Task]) -> tuple[Sequence[Task], set[str], int]:
        """Reserve calls for as many people as the budget allows; returns them, who isn't read, and the calls."""
        lost, read = self._names.unread(group), self._writer.calls_of_a_read
        costs = [read + 2 + len(task.values) if task.account and task.person not in lost else 0 for task in group]
        for size in (len(group), FEW, 1):
            if self._may_send(sum(costs[:size]), one=size == 1):
                return group[:size], lost, sum(costs[:size])
        return [], lost, 0

    def _write_group(
        self, group: Sequence[Task], lost: set[str], doubted: set[str], records: list[PersonRecord]
    ) -> bool:
        """Read some people and write them one by one; False where the time is over before the last of them.

        `lost`: who isn't read; `doubted`: who may have been written before.
        """
        for task in group:
            if task.unanswered:
                self._writer.look_back(task)
        named: dict[str, list[str]] = {}  # of two people with one account name, both are asked for
        for task in group:
            if task.account and task.person not in lost:
                names = named.setdefault(task.account, [])
                names += [name for name in task.values if name not in names]
        readings = self._read(named) if named else {}
        self._names.count(group, readings)
        seen = self._ports.clock.monotonic()
        for task in group:
            look = self._writer.look_again if task.person in doubted else self._writer.look
            if task.person in lost:
                unread = PersonRecord(task.person, "no_profile", code="NotRead")
                records.append(unread if task.person not in doubted else look(task, None) or unread)
                continue
            reading = readings.get(task.account)
            if self._ports.clock.monotonic() - seen > WINDOW and task.account:
                if not self._may_send(self._writer.calls_of_a_read):
                    return False
                reading = self._read({task.account: list(task.values)})[task.account]
            if isinstance(reading, Fault) and reading.kind == "denied":
                raise DeniedError(reading.code)
            record = look(task, reading)
            if record is None:
                if not self._may_send(0):
                    return False
                record = self._set(task, reading, look)
            records.append(record)
        return True

    def _set(self, task: Task, reading: Reading, look: Callable[[Task, Reading], PersonRecord | None]) -> PersonRecord:
        if not isinstance(reading, Profile):
            raise TypeError("nothing is written where no profile was read")
        try:
            record = self._writer.write(task, reading, until=self._sends_until)
        except ThrottledError as exc:
            self._pause(exc)
            again = self._writer.read({task.account: list(task.values)})[task.account]
            known = look(task, again)
            if known is not None:
                return known
            if not isinstance(again, Profile):
                raise TypeError("nothing is written where no profile was read") from exc
            record = self._writer.write(task, again, until=self._sends_until)
        if record.denial:
            raise DeniedError(record.denial)
        return record

    def _read(self, wanted: Mapping[str, Sequence[str]]) -> Mapping[str, Reading]:
        try:
            return self._writer.read(wanted)
        except ThrottledError as exc:
            self._pause(exc)
            return self._writer.read(wanted)

    def _pause(self, exc: ThrottledError) -> None:
        """Wait out a first short pause; raise it again where it is long, or the second of this slice."""
        self._budget.throttled(exc.retry_after)
        self._throttles += 1
        pause = exc.retry_after if exc.retry_after is not None else SHORT_PAUSE
        late = self._ports.clock.monotonic() + pause > self._sends_until
        if self._throttles > 1 or pause > SHORT_PAUSE or late:
            raise exc
        self._ports.clock.sleep(pause)

    def _may_send(self, calls: int, *, one: bool = False) -> bool:
        """Return whether the claim and the budget allow this many more calls."""
        self._needed = calls
        return self._budget.take(calls, one=one) and self._ports.clock.monotonic() < self._sends_until

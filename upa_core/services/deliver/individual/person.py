"""Write one person's differing values, if the profile is theirs, and read them back.

The write follows within `WINDOW` seconds after the read that decides. It reads the profile once more right before it
sets, in the same request: if that profile is a stranger's, its old values are put back, and it is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, TypeVar
from urllib.parse import urlsplit

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.runs import INDIVIDUAL
from upa_core.domain.errors import CorruptStateError, FatalError, InvalidValueError, RetryLaterError, UnansweredError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.individual.answer import Fault, Profile, Reading, Value, Written
from upa_core.domain.individual.batch import Task, tasks
from upa_core.domain.individual.compare import DateOrder, holds, to_iso
from upa_core.domain.individual.edits import is_edited
from upa_core.domain.individual.proof import Proof
from upa_core.domain.individual.record import Ending, PersonRecord, fault_text, own
from upa_core.domain.individual.wire import ClearForm, from_shown, to_wire
from upa_core.domain.language.values import ValueType
from upa_core.domain.people.escrow_entry import UNANSWERED
from upa_core.domain.people.mapping import Mapping as PropertyMapping
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.individual.counted import Counted, calls_of_a_read
from upa_core.state.plan_reader import people_in


def host_of(url: str) -> str:
    """Return the host of an address in lower case, "" where it names none."""
    return (urlsplit(url).hostname or "").lower()


def site_host_of(connector: Connector) -> str:
    """Return the host of personal sites in a connector's geo, "" where the admin site doesn't say or nobody asks."""
    found = re.fullmatch(r"(.+)-admin(\.sharepoint\..+)", host_of(connector.target.admin_url))
    return f"{found[1]}-my{found[2]}" if found is not None and not connector.individual.one_geo else ""


WINDOW: Final = 5.0
"""Seconds between the read that decides about a write, and the write."""
TRIES: Final = 3
"""How often a silent write is looked at, and a stranger's values are put back, where SharePoint stumbles."""
PAUSE: Final = 5.0
"""Seconds between two tries, where SharePoint names no pause."""


_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the people of a batch, one by one."""

    ports: Ports
    profiles: Counted
    connector: str
    run: str
    mappings: Mapping[str, PropertyMapping]
    proof: Proof
    site_host: str = ""
    """Host of personal sites in the target's geo; "" where that isn't looked at."""

    def look(self, task: Task, reading: Reading) -> PersonRecord | None:
        """Judge a read before anything is written; None: a write is needed."""
        if not task.account:
            return PersonRecord(task.person, "no_account")
        if reading is None:
            return PersonRecord(task.person, "no_profile")
        if isinstance(reading, Fault):
            return PersonRecord(task.person, "unreadable", code=reading.code or reading.kind)
        if reading.object_id != task.person.lower():
            return PersonRecord(task.person, "other_person")
        if self.site_host and reading.site_host and host_of(reading.site_host) != self.site_host:
            return PersonRecord(task.person, "other_geo", code=host_of(reading.site_host)[:80])
        different, edited = self._split(task, reading)
        if different:
            return None
        return self._record(task, "read", reading, edited)

    def look_again(self, task: Task, reading: Reading) -> PersonRecord | None:
        """Judge as `look` the read of somebody to whom a write had no answer: it may have reached another profile.

        Where a stranger's profile holds what we sent, it is reported; their old values aren't known. Where nothing
        tells yet, the record keeps the doubt for the next try.
        """
        record = self.look(task, reading)
        if record is None or record.ending == "read":
            return record
        record = replace(record, sent=tuple(task.values))
        if not isinstance(reading, Profile):
            return replace(record, doubted=True)
        return replace(record, stranger=self._found_at_stranger(task, reading))

    def look_back(self, task: Task) -> None:
        """Look at the account name of an earlier write without an answer: it may lead to a stranger now.

        Costs a call; raises as the port's `read`. A batch that isn't there any more tells nothing.
        """
        run, _, file = task.unanswered.removeprefix(UNANSWERED).partition(" ")
        try:
            pieces = people_in(self.ports, run, file, INDIVIDUAL)
            (then,) = tasks([pieces[task.person]], orjson.loads)
        except (CorruptStateError, LookupError):
            return
        self._found_at_stranger(then, self.profiles.read({then.account: list(then.values)})[then.account])

    def _found_at_stranger(self, task: Task, reading: Reading) -> bool:
        """Report, and return, whether a stranger's profile holds what was sent; their old values aren't known."""
        if not isinstance(reading, Profile) or not self._is_stranger(reading, task):
            return False
        shown = [(name, wanted, reading.values.get(name, "")) for name, wanted in task.values.items()]
        held = [name for name, wanted, text in shown if holds(self._kind(name), wanted, text, self._order) is True]
        if held:
            self._report(len(held), put_back=False)
        return bool(held)

    def read(self, wanted: Mapping[str, Sequence[str]]) -> Mapping[str, Reading]:
        """Read people, with the geo where that is looked at; raises as the port."""
        return self.profiles.read(wanted, hosts=bool(self.site_host))

    @property
    def calls_of_a_read(self) -> int:
        """Return the calls that reading one person takes."""
        return calls_of_a_read(hosts=bool(self.site_host))

    def write(self, task: Task, reading: Profile, *, until: float) -> PersonRecord:
        """Write what differs, after `look` found the profile to be the person's own.

        `until`: the monotonic clock after which nothing more is sent. Raises as the port's `write`; without an answer
        what is there is read, and `UnansweredError` is raised where that fails too. After any other error nothing was
        set.
        """
        different, edited = self._split(task, reading)
        values = {name: self._wire(name, task.values[name]) for name in different}
        record = replace(self._record(task, "written", reading, edited), sent=tuple(values))
        names = list(task.values)
        try:
            written = self.profiles.write(task.account, values, names)
        except InvalidValueError as exc:
            return replace(record, ending="invalid", sent=(), code=str(exc).partition(":")[0][:80])
        except UnansweredError:
            after = self._after_silence(task, names, until)
            stranger = self._is_stranger(after, task)
            if stranger:  # the profile's values are in the answer that was lost
                self._put_back(task, None, list(values), until)
            return replace(record, ending="unanswered", after=own(after, task.person), stranger=stranger)
        faults = {name: fault_text(fault) for name, fault in written.sets.items() if fault is not None}
        stranger = self._is_stranger(written.before, task) or self._is_stranger(written.after, task)
        if stranger:
            perhaps = [name for name, fault in written.sets.items() if fault is None or fault.kind == "unclear"]
            self._put_back(task, written, perhaps, until)
        return replace(record, faults=faults, after=own(written.after, task.person), stranger=stranger)

    def _record(self, task: Task, ending: Ending, reading: Profile, edited: tuple[str, ...]) -> PersonRecord:
        kinds: dict[str, str] = {name: self._kind(name) for name in task.values if self._kind(name) != "string"}
        order = self._order or ""
        return PersonRecord(task.person, ending, order, kinds, dict(reading.values), edited=edited)

    @property
    def _order(self) -> DateOrder | None:
        return self.proof.order

    def _split(self, task: Task, profile: Profile) -> tuple[list[str], tuple[str, ...]]:
        """Return the properties to be written, and those that somebody else wrote and that are left alone."""
        different: list[str] = []
        edited: list[str] = []
        for name, wanted in task.values.items():
            kind, shown = self._kind(name), profile.values.get(name, "")
            if holds(kind, wanted, shown, self._order) is True:
                continue
            if name not in self.mappings:
                continue  # no longer mapped since the plan was made
            keep = self.mappings[name].on_user_edit == "keep"
            if keep and is_edited(kind, shown, None, task.ours.get(name, ()), self._order):
                edited.append(name)
            else:
                different.append(name)
        return different, tuple(edited)

    def _kind(self, name: str) -> ValueType:
        return self.mappings[name].type if name in self.mappings else "string"

    def _wire(self, name: str, value: str) -> Value:
        known = self.proof.properties.get(name)
        clear: ClearForm = (known.clear or "empty") if known is not None else "empty"
        return to_wire(self._kind(name), value, clear)

    @staticmethod
    def _is_stranger(reading: Reading, task: Task) -> bool:
        return isinstance(reading, Profile) and reading.object_id != task.person.lower()

    def _after_silence(self, task: Task, names: list[str], until: float) -> Reading:
        """Read what is there after a write without an answer; where that fails too, the write is what is unanswered."""
        try:
            return self._patiently(lambda: self.profiles.read({task.account: names})[task.account], until)
        except (RetryLaterError, FatalError) as exc:
            raise UnansweredError("a write has no answer, and can't be looked at") from exc

    def _patiently(self, call: Callable[[], _Result], until: float) -> _Result:
        """Call again after a pause where SharePoint asks for one or doesn't answer; raises the last error."""
        clock = self.ports.clock
        for left in reversed(range(TRIES)):
            try:
                return call()
            except RetryLaterError as exc:
                pause = exc.retry_after if exc.retry_after is not None else PAUSE
                if not left or clock.monotonic() + pause >= until:
                    raise
                clock.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _put_back(self, task: Task, written: Written | None, names: list[str], until: float) -> None:
        """Restore a stranger's profile where its old values are known; report it in any case."""
        done = False
        if written is not None and self._is_stranger(written.before, task):
            with suppress(FatalError, InvalidValueError, RetryLaterError):
                done = self._patiently(lambda: self._restored(task, written, names), until)
        self._report(len(names), put_back=done)

    def _report(self, properties: int, *, put_back: bool) -> None:
        """Report that a stranger's properties were set, and whether their old values are back."""
        fields = {"properties": properties, "put_back": int(put_back)}
        self.ports.events.emit(Event(EventName.STRANGER_WRITTEN, self.connector, self.run, Level.ERROR, fields))

    def _restored(self, task: Task, written: Written, names: list[str]) -> bool:
        """Set a stranger's old values, if the account still leads to them; return whether they are there.

        What the stranger changed since our write is theirs, and stays.
        """
        before, now = written.before, self.profiles.read({task.account: names})[task.account]
        if not isinstance(before, Profile) or not isinstance(now, Profile) or now.object_id != before.object_id:
            return False
        ours = [name for name in names if not self._is_newer(task, written, name, now.values[name])]
        values = {name: self._shown(name, before.values[name]) for name in ours}
        after = self.profiles.write(task.account, values, ours).after if values else now
        if not isinstance(after, Profile) or after.object_id != before.object_id:
            return False
        return all(after.values[name] == before.values[name] for name in ours)

    def _is_newer(self, task: Task, written: Written, name: str, shown: str) -> bool:
        """Return whether a stranger's value is neither the old one nor ours, in the form in which it was shown."""
        after = written.after
        if not isinstance(after, Profile) or not self._is_stranger(after, task):
            return False
        known = [one.values.get(name) for one in (written.before, after) if isinstance(one, Profile)]
        return shown not in known and holds(self._kind(name), task.values[name], shown, self._order) is not True

    def _shown(self, name: str, shown: str) -> Value:
        kind = self._kind(name)
        if not shown:
            return self._wire(name, "")
        if kind in ("date", "datetime"):
            return to_iso(shown, self._order, time=kind == "datetime") or shown
        return from_shown(kind, shown)

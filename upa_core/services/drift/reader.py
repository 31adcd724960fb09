"""Read people's profiles by their current user names, twenty per request, and check whose profile each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from upa_core.domain.connector import USER_NAME, Connector
from upa_core.domain.drift.compare import DATES
from upa_core.domain.drift.record import Why
from upa_core.domain.errors import InvalidValueError, ThrottledError
from upa_core.domain.individual.answer import Fault, Reading
from upa_core.domain.individual.compare import DateOrder
from upa_core.domain.language.values import as_person
from upa_core.domain.people_calls import WHOLE_SHARE, Part
from upa_core.ports.bundle import Ports
from upa_core.ports.single_profiles import CALLS_OF_A_READ, SingleProfiles
from upa_core.state.individual import CallBudget, proofs_of

AT_ONCE = 20
"""People in one request [SP-114]."""


class NoCallsLeftError(Exception):
    """The tenant's budget has no calls left at the moment."""


@dataclass(frozen=True, slots=True)
class Read:
    """The result of reading one person."""

    values: dict[str, str] = field(default_factory=dict)
    """The shown values, by property."""
    why: Why | None = None
    """Why nothing was read; None: it was."""
    code: str = ""


class Reader:
    """Reads profiles within the budget that all our work shares."""

    def __init__(self, ports: Ports, connector: Connector, profiles: SingleProfiles, part: Part = WHOLE_SHARE) -> None:
        self._ports, self._connector, self._profiles = ports, connector, profiles
        self._budget = CallBudget(ports.store, ports.clock, connector, part=part, block=AT_ONCE)
        self.calls = 0
        """Calls of PeopleManager made so far."""

    def read(self, people: Sequence[str], names: Sequence[str]) -> dict[str, Read]:
        """Read properties of at most `AT_ONCE` people.

        Raises `NoCallsLeftError` before anything is asked of SharePoint, and as `ChangeSource.read` and
        `SingleProfiles.read`; a throttled call is noted for everybody who shares the budget.
        """
        found: dict[str, Read] = {}
        accounts: dict[str, str] = {}
        records = self._ports.source.read(people, ["id", USER_NAME])
        for person in people:
            record = records.get(person)
            account = _account(record.get(USER_NAME)) if record is not None else ""
            if record is None:
                found[person] = Read(why="not_in_directory")
            elif not account:
                found[person] = Read(why="no_user_name")
            elif account in accounts:
                found[person] = Read(why="same_user_name")
            else:
                accounts[account] = person
        if not accounts:
            return found
        if not self._budget.take(len(accounts) * CALLS_OF_A_READ):
            raise NoCallsLeftError
        self.calls += len(accounts) * CALLS_OF_A_READ
        try:
            readings = self._profiles.read(dict.fromkeys(accounts, names))
        except ThrottledError as exc:
            self._budget.throttled(exc.retry_after)
            raise
        for account, person in accounts.items():
            found[person] = _judge(person, readings[account])
        return found

    def order(self) -> DateOrder | None:
        """Return the order in which dates are shown to this app, as the probe found it; None where it isn't known.

        Raises as `SingleProfiles.app`.
        """
        if not any(mapping.type in DATES for mapping in self._connector.active):
            return None
        apps = proofs_of(self._ports.store, self._connector).load().value.apps
        proof = apps.get(self._profiles.app()) if apps else None
        return proof.order if proof is not None else None

    def free_at(self) -> datetime:
        """Return when calls can be reserved again."""
        return self._budget.free_at()

    def close(self) -> None:
        """Give back calls that were reserved and not made."""
        self._budget.close()


def _account(name: object) -> str:
    """Return the account name for a user name, "" where there is none."""
    try:
        return as_person(name)
    except InvalidValueError:
        return ""


def _judge(person: str, reading: Reading) -> Read:
    if reading is None:
        return Read(why="no_profile")
    if isinstance(reading, Fault):
        return Read(why="refused", code=reading.code or reading.kind)
    if not reading.object_id:
        return Read(why="no_object_id")
    if reading.object_id != person.lower():
        return Read(why="other_person")
    return Read(dict(reading.values))

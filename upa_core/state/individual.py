"""Individual writes of a tenant share these: the probe's result, and the budget of calls, which are reserved in blocks.

Every call of PeopleManager is taken from here, for writes and for reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final

from upa_core.domain.connector import Connector
from upa_core.domain.documents.individual_keys import people_calls_key, proof_key
from upa_core.domain.errors import ThrottledError
from upa_core.domain.individual.proof import Proofs
from upa_core.domain.people_calls import WHOLE_SHARE, Part, PeopleCalls
from upa_core.ports.clock import Clock
from upa_core.ports.profiles import Profiles
from upa_core.ports.store import Store
from upa_core.state.document import Document

BLOCK: Final = 100
"""Calls reserved at a time: a slice costs a few writes, and the death of a worker loses few calls."""
PATIENCE: Final = timedelta(minutes=6)
"""A check waits this long for calls: one window and a little more."""


def proofs_of(store: Store, connector: Connector) -> Document[Proofs]:
    """Return the proofs of a connector's target tenant; where they can't be read, nothing is proven."""
    return Document(store, proof_key(connector.target.lane), Proofs(), disposable=True)


def people_calls_of(store: Store, connector: Connector) -> Document[PeopleCalls]:
    """Return the calls of a connector's target tenant; where they can't be read, they are counted anew."""
    return Document(store, people_calls_key(connector.target.lane), PeopleCalls(), disposable=True)


class CallBudget:
    """The calls of PeopleManager that one worker may make: reserved in storage, and given back if they aren't made.

    Reading one person is a call, each value set is another. A background reader that may take a tenth of the share:

        with CallBudget(ports.store, ports.clock, connector, part=Part("drift", 0.1)) as calls:
            if not calls.take(len(accounts)):
                return calls.free_at()  # come again then; nothing was read
            try:
                found = profiles.read(accounts)
            except ThrottledError as exc:
                calls.throttled(exc.retry_after)  # it counts for everybody in the tenant
                raise

    Every method raises `RetryLaterError` where the storage can't be reached, `ConflictError` where too many write.
    """

    def __init__(
        self, store: Store, clock: Clock, connector: Connector, *, part: Part = WHOLE_SHARE, block: int = BLOCK
    ) -> None:
        """Use the budget of a connector's target tenant. Nothing is reserved yet.

        Args:
            store: where the tenant's budget is kept.
            clock: gives the window.
            connector: its `individual` says how large the share is.
            part: who takes calls, and how much of the share at most.
            block: calls reserved at a time, at least.

        """
        self._clock = clock
        self._budget = connector.individual
        self._document = people_calls_of(store, connector)
        self._part, self._block = part, block
        self._left = 0
        self.made = 0
        """Calls taken so far."""

    def __enter__(self) -> CallBudget:
        """Return the budget itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back unused calls; after the death of a worker they are lost."""
        if kind is None or issubclass(kind, Exception):
            self.close()

    def take(self, calls: int, *, one: bool = False) -> bool:
        """Take calls, and reserve another block where there aren't enough; return False where the budget has none.

        With `one`, for one person alone: an unused window that is smaller than that is passed.
        """
        if self._left < calls:
            self._reserve(max(self._block, calls), calls if one else 0)
        if self._left < calls:
            return False
        self._left -= calls
        self.made += calls
        return True

    def put_back(self, calls: int) -> None:
        """Put back calls that were taken and not made; fewer than none: so many more were made than taken."""
        self._left += calls
        self.made -= calls

    def free_at(self, calls: int = 1) -> datetime:
        """Return when this many calls can be reserved again."""
        return self._document.load().value.free_at(self._budget, self._clock.now(), self._part, least=calls)

    def lost_names(self) -> int:
        """Return how many known people in a row had a user name that finds no profile."""
        return self._document.load().value.lost_names

    def note_lost_names(self, people: int) -> None:
        """Store this number of people for everybody in the tenant; 0: one was found again."""
        self._document.update(lambda calls: replace(calls, lost_names=people))

    def throttled(self, pause: float | None) -> int:
        """Note a pause that the service asked for; return how many times in a row it asked."""
        self._left = 0
        now = self._clock.now()
        return self._document.update(
            lambda calls: calls.throttle(pause if pause is not None else 60.0, now)
        ).value.throttled

    def answered(self) -> None:
        """Note that the service answers again."""
        self._document.update(PeopleCalls.answered)

    def close(self) -> None:
        """Give back unused calls."""
        left, self._left = self._left, 0
        if left:
            now = self._clock.now()
            self._document.update(lambda calls: calls.give_back(left, now, self._part))

    def _reserve(self, wanted: int, least: int) -> None:
        granted = 0

        def change(calls: PeopleCalls) -> PeopleCalls:
            nonlocal granted
            after, granted = calls.reserve(wanted, self._budget, self._clock.now(), self._part, least=least)
            return after if granted else calls

        self._document.update(change)
        self._left += granted


class CountedProfiles:
    """Implements the port `Profiles` for a caller who waits: each read takes a call from the tenant's budget.

    Where the share of these five minutes is used up, it waits for the next. `ThrottledError` is raised where it would
    be long, and is noted for everybody where the service raised it.
    """

    def __init__(self, profiles: Profiles, store: Store, clock: Clock, connector: Connector) -> None:
        self._profiles, self._clock = profiles, clock
        self._calls = CallBudget(store, clock, connector, part=Part(any_hour=True), block=1)

    def properties(self, user_principal_name: str) -> Mapping[str, str] | None:
        """Return every property of a profile, None where there is none; raises as the port."""
        until = self._clock.now() + PATIENCE
        while not self._calls.take(1):
            at, now = self._calls.free_at(), self._clock.now()
            if at > until:
                pause = (at - now).total_seconds()
                raise ThrottledError(f"the budget of calls is used up until {at:%Y-%m-%d %H:%M} UTC", retry_after=pause)
            self._clock.sleep(max(1.0, (at - now).total_seconds()))
        try:
            return self._profiles.properties(user_principal_name)
        except ThrottledError as exc:
            self._calls.throttled(exc.retry_after)
            raise

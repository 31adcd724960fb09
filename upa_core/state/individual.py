"""What a tenant's individual writes share: what the probe found, and the budget of calls, reserved in blocks."""

from __future__ import annotations

from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.documents.individual_keys import people_calls_key, proof_key
from upa_core.domain.individual.proof import Proofs
from upa_core.domain.people_calls import PeopleCalls
from upa_core.ports.bundle import Ports
from upa_core.ports.store import Store
from upa_core.state.document import Document

BLOCK = 100
"""Calls reserved at a time: a slice costs a few writes, and a worker that dies takes few calls with it."""


def proofs_of(store: Store, connector: Connector) -> Document[Proofs]:
    """Return the document of a connector's target tenant."""
    return Document(store, proof_key(connector.target.lane), Proofs())


class CallBudget:
    """Calls that one worker may make; what it reserved and didn't use goes back with `close`."""

    def __init__(self, ports: Ports, connector: Connector) -> None:
        self._clock = ports.clock
        self._budget = connector.individual
        self._document = Document(ports.store, people_calls_key(connector.target.lane), PeopleCalls())
        self._left = 0
        self.made = 0
        """Calls taken so far."""

    def take(self, calls: int) -> bool:
        """Take calls, reserving another block where there aren't enough; False where the budget has none."""
        if self._left < calls:
            self._reserve(max(BLOCK, calls))
        if self._left < calls:
            return False
        self._left -= calls
        self.made += calls
        return True

    def free_at(self) -> datetime:
        """Return when calls can be reserved again."""
        return self._document.load().value.free_at(self._budget, self._clock.now())

    def throttled(self, pause: float | None) -> int:
        """Note the pause that the service asked for; returns how many times in a row it has."""
        self._left = 0
        now = self._clock.now()
        return self._document.update(
            lambda calls: calls.throttle(pause if pause is not None else 60.0, now)
        ).value.throttled

    def answered(self) -> None:
        """Note that the service answers again."""
        self._document.update(PeopleCalls.answered)

    def close(self) -> None:
        """Give back what wasn't used."""
        left, self._left = self._left, 0
        if left:
            now = self._clock.now()
            self._document.update(lambda calls: calls.give_back(left, now))

    def _reserve(self, wanted: int) -> None:
        granted = 0

        def change(calls: PeopleCalls) -> PeopleCalls:
            nonlocal granted
            after, granted = calls.reserve(wanted, self._budget, self._clock.now())
            return after if granted else calls

        self._document.update(change)
        self._left += granted
